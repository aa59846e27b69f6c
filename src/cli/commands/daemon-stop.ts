import { ImError } from '../../protocol/errors.ts'
import { NOT_RUNNING, stopDaemon } from '../client/running-daemon.ts'
import type { Context } from '../context.ts'

/** None running is what was wanted. */
export async function run(context: Context): Promise<number> {
  const view = await stopDaemon(context).catch((error: unknown) => {
    if (error instanceof ImError && error.code === 'DAEMON_UNREACHABLE') return NOT_RUNNING
    throw error
  })
  const text = view === NOT_RUNNING ? 'no daemon was running' : 'the daemon has stopped'
  await context.out.said(view, { id: null, text: () => text })
  return 0
}
