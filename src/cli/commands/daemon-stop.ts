import { NOT_RUNNING, stopDaemon } from '../client/running-daemon.ts'
import type { Context } from '../context.ts'

/** None running is what was wanted. */
export async function run(context: Context): Promise<number> {
  const stopped = await stopDaemon(context)
  const text = stopped === null ? 'no daemon was running' : 'the daemon has stopped'
  await context.out.said(stopped ?? NOT_RUNNING, { id: null, text: () => text })
  return 0
}
