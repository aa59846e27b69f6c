import type { ServiceView } from '../../protocol/views.ts'
import { stopDaemon } from '../client/running-daemon.ts'
import type { Context } from '../context.ts'
import { daemonService, installedService, lingering } from '../units/daemon-service.ts'
import { installService } from '../units/install-service.ts'
import type { ServiceFile } from '../units/service.ts'

/** Hands the daemon to the machine's service manager. With --print nothing is written. Twice is once. */
export async function run(context: Context): Promise<number> {
  const { flags, io, out } = context
  const { service, warnings } = await daemonService(context)
  if (flags.print) {
    const before = await installedService(service)
    // The file alone is data: what is redirected into one can be used as it is.
    if (out.reader !== 'json' && out.reader !== 'ids') out.talk(`${service.path}:\n`)
    const shown = { id: service.unit, text: () => service.text.trimEnd() }
    await out.said(viewOf(service, before !== 'absent', warnings), shown)
    return 0
  }
  await installService(service, io.env, () => stopDaemon(context))
  const linger = await lingering(io)
  const view = viewOf(service, true, linger === null ? warnings : [...warnings, linger])
  // What was started is the one that answers, or its log says why it does not.
  const { pid } = await context.call('daemon.status', {})
  await out.said(view, {
    id: service.unit,
    text: () => `${service.manager} keeps the daemon, process ${pid}, now and from every login: ${service.path}`,
  })
  return 0
}

function viewOf({ manager, unit, path, text }: ServiceFile, installed: boolean, warnings: ServiceView['warnings']) {
  return { v: 1 as const, manager, unit, path, installed, text, ...(warnings?.length ? { warnings } : {}) }
}
