import type { Context } from '../context.ts'
import { daemonLines } from '../describe/daemon.ts'

/** With --foreground it is this process, until SIGTERM; else one is started in the background, if none runs. */
export async function run(context: Context): Promise<number> {
  const { call, flags, io, out, paths } = context
  if (flags.foreground) {
    const { runDaemon } = await import('../../daemon/main.ts')
    return runDaemon({ paths, env: io.env, debug: flags.debug ?? false, signal: io.interrupted() })
  }
  const view = await call('daemon.status', {})
  await out.said(view, { id: String(view.pid), text: () => daemonLines(view) })
  return 0
}
