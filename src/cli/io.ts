/** What a run of the command line touches of the world; tests put their own in its place. */
import { fileURLToPath } from 'node:url'
import type { Clock, Timers } from '../host/host.ts'
import { nodeClock, nodeTimers } from '../host/node-host.ts'
import { ImError } from '../protocol/errors.ts'

export interface OutStream {
  write(text: string): unknown
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
}

export interface InStream extends AsyncIterable<Uint8Array | string> {
  readonly isTTY?: boolean | undefined
}

export interface Io {
  stdin: InStream
  stdout: OutStream
  stderr: OutStream
  env: Readonly<Record<string, string | undefined>>
  platform: NodeJS.Platform
  clock: Clock
  timers: Timers
  /** Aborts with an ImError INTERRUPTED at SIGINT, SIGTERM or SIGHUP. From the first call on, they no longer kill. */
  interrupted: () => AbortSignal
  /** From now on SIGHUP calls `run` in place of interrupting. */
  onHangup: (run: () => void) => void
  /** What runs this program again: the node binary and `bin/im.js`. */
  self: readonly [string, string]
}

/** The real world. A reader of stdout that has gone away ends the process quietly. */
export function processIo(): Io {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
      process.exit(0)
    })
  }
  let signal: AbortSignal | null = null
  const hangup = { run: (): void => {} }
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    platform: process.platform,
    clock: nodeClock,
    timers: nodeTimers,
    interrupted: () => {
      signal ??= signalOnInterrupt(hangup)
      return signal
    },
    onHangup: (run) => {
      signal ??= signalOnInterrupt(hangup)
      hangup.run = run
    },
    self: [process.execPath, fileURLToPath(new URL('../bin/im.js', import.meta.url))],
  }
}

function signalOnInterrupt(hangup: { run: () => void }): AbortSignal {
  const controller = new AbortController()
  const interrupt = (): void => controller.abort(new ImError('INTERRUPTED'))
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupt)
  hangup.run = interrupt
  process.on('SIGHUP', () => hangup.run())
  return controller.signal
}
