/** Starts the daemon of a profile and waits until it answers. Loaded only when none runs. */
import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { ImError } from '../protocol/errors.ts'
import type { Channel } from '../rpc/peer.ts'
import { type ConnectOptions, deadlineAfter, dial, pause, START_TIMEOUT_MS } from './client.ts'

/** After the one we started has ended, another may still be on its way: whoever won the store's lock. */
const OTHER_WINNER_MS = 3_000

const LOG_LINES = 5

/**
 * @returns a connection to the daemon, which is the one we started or one that was faster.
 * @throws ImError DAEMON_UNREACHABLE with the end of its log, or the signal's reason.
 */
export async function startDaemon(options: ConnectOptions, signal: AbortSignal): Promise<Channel> {
  const { io, paths } = options
  const started = launch(options)
  const deadline = deadlineAfter(io, options.timeoutMs ?? START_TIMEOUT_MS)
  const until = deadline === null ? signal : AbortSignal.any([signal, deadline.signal])
  let giveUpAt: number | null = null
  try {
    for (let waitMs = 10; ; waitMs = Math.min(waitMs * 1.5, 150)) {
      const channel = await dial(paths, until)
      if (channel !== null) return channel
      const now = io.clock.monotonic()
      if (started.ended()) giveUpAt ??= now + OTHER_WINNER_MS
      if (giveUpAt !== null && now >= giveUpAt) throw await notStarted(options)
      await pause(io, waitMs, until)
    }
  } catch (error) {
    if (error instanceof ImError && error.code === 'TIMEOUT') throw await notStarted(options)
    throw error
  } finally {
    deadline?.cancel()
  }
}

/** Its own session, nothing inherited, no directory held: it outlives the terminal and blocks no unmount. */
function launch({ io, paths }: ConnectOptions): { ended: () => boolean } {
  const [node, program] = io.self
  const env = { ...io.env, ...(io.env.IM_HOME ? { IM_HOME: resolve(io.env.IM_HOME) } : {}) }
  const child = spawn(node, [program, 'daemon', 'start', '--foreground', '--profile', paths.profile], {
    detached: true,
    stdio: 'ignore',
    cwd: resolve('/'),
    env,
  })
  let ended = false
  child.once('exit', () => {
    ended = true
  })
  child.once('error', () => {
    ended = true
  })
  child.unref()
  return { ended: () => ended }
}

async function notStarted({ paths }: ConnectOptions): Promise<ImError> {
  const log = await readFile(paths.logFile, 'utf8').catch(() => '')
  const lines = log.trimEnd().split('\n').slice(-LOG_LINES).join('\n')
  const said = lines === '' ? 'and wrote no log' : `its log ends with:\n${lines}`
  return new ImError('DAEMON_UNREACHABLE', `the daemon did not start; ${said}`, {
    hint: 'im daemon start --foreground',
  })
}
