/** Starts the daemon of a profile and waits until it answers. Loaded only when none runs. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { runProgram } from '../../host/run-program.ts'
import { ImError } from '../../protocol/errors.ts'
import type { Channel } from '../../rpc/peer.ts'
import type { ConnectOptions } from './client.ts'
import { dial } from './dial.ts'
import { pause, timeLimit } from './time-limit.ts'

/**
 * One that ends at once may have found the store locked: by another that is about to answer, or by one that is about
 * to end. So there is a wait after it, and then another is started; three are enough to know that none will.
 */
const AFTER_END_MS = 1_000
const MOST_STARTS = 3

/** How long it may take to be there when nobody set a time. */
const START_TIMEOUT_MS = 15_000

const LOG_LINES = 5

export interface StartedDaemon {
  /** To the one we started, or to another that was faster. */
  channel: Channel
  /**
   * To be told which process answers. If it is not ours, ours is ended: it could still be on its way to the store, and
   * would take it as soon as the other one lets go.
   */
  answeredBy(pid: number | null): void
}

/** @throws ImError with what keeps it from starting, else DAEMON_UNREACHABLE with the end of its log, or the signal's reason. */
export async function startDaemon(options: ConnectOptions, signal: AbortSignal): Promise<StartedDaemon> {
  const { io, timeoutMs } = options
  const limit = timeLimit(io, timeoutMs ?? START_TIMEOUT_MS, { stop: signal })
  try {
    for (let starts = 0; starts < MOST_STARTS; starts++) {
      const started = (await launchByManager(options)) ?? launch(options)
      const channel = await answerOf(options, started, limit.signal)
      if (channel !== null) return { channel, answeredBy: started.keepOnly }
      const cause = await lastingCause(options)
      if (cause !== null) throw cause
    }
  } catch (error) {
    if (!(error instanceof ImError && error.code === 'TIMEOUT')) throw error
  } finally {
    limit.cancel()
  }
  throw await notStarted(options)
}

/** A connection as soon as anyone answers; null when the started one has ended and nobody did. */
async function answerOf({ io, paths }: ConnectOptions, started: Started, until: AbortSignal): Promise<Channel | null> {
  let giveUpAt = Number.POSITIVE_INFINITY
  for (let waitMs = 10; ; waitMs = Math.min(waitMs * 1.5, 150)) {
    const channel = await dial(paths.socket, until)
    if (channel !== null) return channel
    const now = io.clock.monotonic()
    if (started.ended()) giveUpAt = Math.min(giveUpAt, now + AFTER_END_MS)
    if (now >= giveUpAt) return null
    await pause(io, waitMs, until)
  }
}

interface Started {
  ended: () => boolean
  keepOnly: (pid: number | null) => void
}

/** Where a service manager keeps the daemon it is left to that one; null where none does, or it does not want to. */
async function launchByManager({ io, paths }: ConnectOptions): Promise<Started | null> {
  const { daemonServicePlace } = await import('../units/daemon-service.ts')
  const service = daemonServicePlace({ io, paths })
  if (service === null || !existsSync(service.path)) return null
  const { ok } = await runProgram(service.start, io.env)
  return ok ? { ended: () => false, keepOnly: () => {} } : null
}

/** Its own session, nothing inherited, no directory held: it outlives the terminal and blocks no unmount. */
function launch({ io, paths }: ConnectOptions): Started {
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
  return {
    ended: () => ended,
    keepOnly: (pid) => {
      if (!ended && pid !== null && pid !== child.pid) child.kill()
    },
  }
}

async function notStarted(options: ConnectOptions): Promise<ImError> {
  const cause = await lastingCause(options)
  if (cause !== null) return cause
  const log = await readFile(options.paths.logFile, 'utf8').catch(() => '')
  const lines = log.trimEnd().split('\n').slice(-LOG_LINES).join('\n')
  const said = lines === '' ? 'and wrote no log' : `its log ends with:\n${lines}`
  return new ImError('DAEMON_UNREACHABLE', `the daemon did not start; ${said}`, {
    hint: 'im daemon start --foreground',
  })
}

/** Why the last one that was started has ended, where it was able to say so and another would end just so. */
async function lastingCause({ paths }: ConnectOptions): Promise<ImError | null> {
  const { code, message } = lastWords(await readFile(paths.logFile, 'utf8').catch(() => ''))
  switch (code) {
    case 'STORE_DAMAGED':
      return new ImError(code, 'the store of this profile is damaged; what the relay has can be brought back', {
        hint: 'im daemon repair',
      })
    case 'STORE_FORMAT':
      return new ImError(code, undefined, { hint: 'use the im that wrote it, or a newer one' })
    case 'BAD_FILE':
      return new ImError(code, typeof message === 'string' ? message : undefined)
    default:
      return null
  }
}

function lastWords(log: string): { code?: unknown; message?: unknown } {
  try {
    const last = JSON.parse(log.trimEnd().split('\n').at(-1) ?? '')
    return last.event === 'daemon not started' ? { code: last.code, message: last.error?.message } : {}
  } catch {
    return {}
  }
}
