import { ImError } from '../../protocol/errors.ts'
import type { Context } from '../context.ts'
import { daemonLines } from '../describe/daemon.ts'
import { NOT_RUNNING, runningDaemon } from '../running-daemon.ts'

/** Where none runs: the object all the same, and exit 9. */
export async function run(context: Context): Promise<number> {
  const connection = runningDaemon(context)
  try {
    const view = await connection.call('daemon.status', {})
    await context.out.said(view, { id: String(view.pid), text: () => daemonLines(view) })
    return 0
  } catch (error) {
    const none = error instanceof ImError && error.code === 'DAEMON_UNREACHABLE'
    if (none && context.out.reader === 'json') await context.out.said(NOT_RUNNING, { id: null, text: () => '' })
    throw error
  } finally {
    connection.close()
  }
}
