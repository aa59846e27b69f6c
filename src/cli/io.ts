/** What a run of the command line touches of the world; tests put their own in its place. */
import { writeSync } from 'node:fs'
import { isatty } from 'node:tty'
import { fileURLToPath } from 'node:url'
import type { Clock, Timers } from '../host/host.ts'
import { systemCode } from '../host/host-error.ts'
import { nodeClock, nodeTimers } from '../host/node-clock.ts'
import { ImError } from '../protocol/errors.ts'
import { errorText } from './output/error-line.ts'

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

export interface ProcessIo extends Io {
  /** Whether all that was written has left this process. */
  isDrained: () => boolean
}

/** The real world. */
export function processIo(): ProcessIo {
  let signal: AbortSignal | null = null
  const hangup = { run: (): void => {} }
  const stdout = lazyOutput(1, () => process.stdout, forcedWidth(process.env.IM_FORCE_TTY))
  const stderr = lazyOutput(2, () => process.stderr)
  return {
    stdin: {
      isTTY: isatty(0),
      [Symbol.asyncIterator]: () => process.stdin[Symbol.asyncIterator](),
    },
    stdout,
    stderr,
    isDrained: () => stdout.waiting + stderr.waiting === 0,
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
    get self() {
      return [process.execPath, fileURLToPath(new URL('../bin/im.js', import.meta.url))] as const
    },
  }
}

/** IM_FORCE_TTY=COLUMNS: stdout is written as for a terminal of that width, whatever it is. */
function forcedWidth(width: string | undefined): number | null {
  return width ? Number.parseInt(width, 10) || 80 : null
}

/** What a pipe takes when nothing else is in it. */
const AT_ONCE_CHARS = 16 * 1024

/**
 * A stream that Node makes when it is needed: each costs a millisecond, and stdin, asked only whether it is a terminal, three.
 * Most verbs write once, and that goes without one; who writes again may meet a reader that is slow, and must not stand still
 * for it. A reader that has gone away ends the process quietly.
 */
function lazyOutput(
  fd: 1 | 2,
  open: () => NodeJS.WriteStream,
  width: number | null = null,
): OutStream & { readonly waiting: number } {
  let stream: NodeJS.WriteStream | null = null
  let isFresh = process.platform !== 'win32'
  const opened = (): NodeJS.WriteStream => {
    if (stream !== null) return stream
    stream = open()
    stream.on('error', endUnwritten)
    return stream
  }
  return {
    write: (text) => {
      const rest = isFresh && text.length <= AT_ONCE_CHARS ? writtenAtOnce(fd, text) : text
      isFresh = false
      return rest.length === 0 || opened().write(rest)
    },
    isTTY: width !== null || isatty(fd),
    get columns() {
      return width ?? opened().columns
    },
    get waiting() {
      if (stream === null) return 0
      // What a failed write has left undone is told by the stream, a turn later.
      return stream.errored === null ? stream.writableLength : 1
    },
  }
}

/** Returns what is left of it: a pipe may be full already, and the stream says what else is wrong. */
function writtenAtOnce(fd: number, text: string): Uint8Array {
  const bytes = Buffer.from(text)
  try {
    return bytes.subarray(writeSync(fd, bytes))
  } catch (error) {
    if (systemCode(error) === 'EPIPE') process.exit(0)
    return bytes
  }
}

/** A reader that has gone away wants no more; anything else, as a full disk, is told. */
function endUnwritten(error: Error): void {
  if (systemCode(error) === 'EPIPE') process.exit(0)
  const failure = new ImError('BAD_FILE', `the output cannot be written: ${error.message}`)
  try {
    writeSync(2, errorText(failure, { json: false, debug: false }))
  } catch {
    // It was stderr that could not be written.
  }
  process.exit(failure.exit)
}

function signalOnInterrupt(hangup: { run: () => void }): AbortSignal {
  const controller = new AbortController()
  const signals = ['SIGINT', 'SIGTERM'] as const
  const interrupt = (): void => {
    // The next one, whichever it is, ends the process at once.
    for (const signal of signals) process.off(signal, interrupt)
    controller.abort(new ImError('INTERRUPTED'))
  }
  for (const signal of signals) process.on(signal, interrupt)
  hangup.run = interrupt
  process.on('SIGHUP', () => hangup.run())
  return controller.signal
}
