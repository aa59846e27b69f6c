/** What the `daemon` verbs share. None of them but start and restart ever starts one. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { runProgram } from '../../host/run-program.ts'
import { ImError } from '../../protocol/errors.ts'
import type { DaemonView } from '../../protocol/views.ts'
import type { Context } from '../context.ts'
import { type Connection, openDaemon, written } from './client.ts'
import { whenEnded } from './dial.ts'
import { holdsOpen } from './holds-open.ts'
import { timeLimit } from './time-limit.ts'

/** Whatever its version: to ask how it is replaces none. */
export function runningDaemon({ io, paths, timeoutMs }: Context): Connection {
  return openDaemon({ io, paths, timeoutMs, onlyRunning: true, anyVersion: true })
}

/** What status says where none runs. */
export const NOT_RUNNING: DaemonView = {
  v: 1,
  running: false,
  pid: null,
  version: null,
  socket: null,
  connected: false,
  relay: null,
  cursor: null,
  outbox: 0,
  armed: 0,
  nextAt: null,
  clockSkewMs: null,
  rssBytes: null,
  uptimeMs: null,
  stale: true,
  notifyFailure: null,
}

/** How long a daemon that is to be stopped may take to answer; `--timeout`, if that is shorter. */
const ANSWER_MS = 5_000
/** It gives its own work 10 s to end. */
const END_MS = 15_000

/**
 * Stops it, whatever its version, and returns when its process has ended; the view says how it was, null that none ran.
 * One that does not answer is ended: what it has acknowledged is on disk.
 */
export async function stopDaemon(context: Context): Promise<DaemonView | null> {
  const { io, paths, timeoutMs } = context
  const answerMs = Math.min(timeoutMs ?? ANSWER_MS, ANSWER_MS)
  const connection = openDaemon({ io, paths, timeoutMs: null, answerMs, onlyRunning: true, anyVersion: true })
  try {
    const view = await connection.call('daemon.status', {})
    // It may be gone before its answer is here.
    await connection.call('daemon.stop', {}).catch(() => {})
    await endOf(context, view.pid)
    return { ...view, running: false, connected: false }
  } catch (error) {
    const code = error instanceof ImError ? error.code : null
    if (code === 'DAEMON_UNREACHABLE') return null
    if (code === 'TIMEOUT') return await endStuck(context)
    throw error
  } finally {
    connection.close()
  }
}

async function endOf({ io, paths }: Context, pid: number | null): Promise<void> {
  const { signal, cancel } = timeLimit(io, END_MS)
  try {
    await whenEnded(io, paths.socket, pid, signal)
  } finally {
    cancel()
  }
}

/** Only the process that holds the lock of the store is that daemon: what was written down may be of one long gone. */
async function endStuck(context: Context): Promise<DaemonView> {
  const { io, out, paths } = context
  const { pid } = written(paths)
  if (pid === null || !(await holdsOpen(pid, join(paths.store, 'LOCK'), io))) {
    throw new ImError('TIMEOUT', 'the daemon runs, but does not answer, and its process is not to be found', {
      hint: `end it yourself, nothing is lost by that; its log: ${paths.logFile}`,
    })
  }
  out.talk(`im: the daemon does not answer; its process ${pid} is ended, nothing is lost by that`)
  process.kill(pid, 'SIGKILL')
  await keepDown(context)
  await endOf(context, pid)
  return { ...NOT_RUNNING, pid }
}

/** A service manager would start what was killed again. */
async function keepDown({ io, paths }: Context): Promise<void> {
  const { daemonServicePlace } = await import('../units/daemon-service.ts')
  const service = daemonServicePlace({ io, paths })
  if (service !== null && existsSync(service.path)) await runProgram(service.stop, io.env)
}
