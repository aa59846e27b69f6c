import { stopDaemon } from '../client/running-daemon.ts'
import type { Context } from '../context.ts'
import { daemonLines } from '../describe/daemon.ts'

export async function run(context: Context): Promise<number> {
  await stopDaemon(context)
  const view = await context.call('daemon.status', {})
  await context.out.said(view, { id: String(view.pid), text: () => daemonLines(view) })
  return 0
}
