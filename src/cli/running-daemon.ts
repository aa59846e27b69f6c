/** What the `daemon` verbs share. None of them but start and restart ever starts one. */
import type { DaemonView } from '../protocol/views.ts'
import { type Connection, deadlineAfter, openDaemon, pause, START_TIMEOUT_MS, whenGone } from './client.ts'
import type { Context } from './context.ts'

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
}

/** Stops it and returns when its process has ended; the view says how it was. @throws ImError DAEMON_UNREACHABLE. */
export async function stopDaemon(context: Context): Promise<DaemonView> {
  const { io, timeoutMs } = context
  const connection = runningDaemon(context)
  const deadline = deadlineAfter(io, timeoutMs ?? START_TIMEOUT_MS)
  const signal = deadline === null ? io.interrupted() : AbortSignal.any([io.interrupted(), deadline.signal])
  try {
    const view = await connection.call('daemon.stop', {})
    connection.close()
    await whenGone(context, signal)
    for (let waitMs = 5; view.pid !== null && lives(view.pid); waitMs = Math.min(waitMs * 2, 100)) {
      await pause(io, waitMs, signal)
    }
    return { ...view, running: false, connected: false }
  } finally {
    connection.close()
    deadline?.cancel()
  }
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
