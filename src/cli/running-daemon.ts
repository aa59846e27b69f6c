/** What the `daemon` verbs share. None of them but start and restart ever starts one. */
import type { DaemonView } from '../protocol/views.ts'
import { type Connection, openDaemon, START_TIMEOUT_MS } from './client.ts'
import type { Context } from './context.ts'
import { whenEnded } from './dial.ts'
import { deadlineAfter } from './time-limit.ts'

export function runningDaemon({ io, paths, timeoutMs }: Context): Connection {
  return openDaemon({ io, paths, timeoutMs, onlyRunning: true })
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
  notifyFailure: null,
}

/** Stops it and returns when its process has ended; the view says how it was. @throws ImError DAEMON_UNREACHABLE. */
export async function stopDaemon(context: Context): Promise<DaemonView> {
  const { io, timeoutMs } = context
  const connection = runningDaemon(context)
  const deadline = deadlineAfter(io, timeoutMs ?? START_TIMEOUT_MS)
  const signal = deadline === null ? io.interrupted() : AbortSignal.any([io.interrupted(), deadline.signal])
  try {
    const view = await connection.call('daemon.status', {})
    // It may be gone before its answer is here.
    await connection.call('daemon.stop', {}).catch(() => {})
    await whenEnded(io, context.paths.socket, view.pid, signal)
    return { ...view, running: false, connected: false }
  } finally {
    connection.close()
    deadline?.cancel()
  }
}
