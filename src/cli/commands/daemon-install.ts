import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { runProgram } from '../../host/run-program.ts'
import { ImError } from '../../protocol/errors.ts'
import type { ServiceView } from '../../protocol/views.ts'
import { stopDaemon } from '../client/running-daemon.ts'
import type { Context } from '../context.ts'
import { daemonService, installedService, lingering } from '../units/daemon-service.ts'
import type { Command, ServiceFile } from '../units/service.ts'

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
  await installService(context, service)
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

/** @throws ImError NO_SERVICE_MANAGER where it cannot be reached, BAD_FILE where something else is in the place. */
export async function installService(context: Context, service: ServiceFile): Promise<void> {
  const { env } = context.io
  const probe = await runProgram(service.probe, env)
  if (!probe.ok) throw unreachable(service, probe.missing, probe.complaint)
  const before = await installedService(service)
  if (before === 'foreign') {
    throw new ImError('BAD_FILE', `${service.path} was not made by im.`, { hint: 'move it away, then install again' })
  }
  if (before !== 'current') {
    await mkdir(dirname(service.path), { recursive: true })
    const bom = service.encoding === 'utf16le' ? '\ufeff' : ''
    await writeFile(service.path, bom + service.text, { encoding: service.encoding, mode: 0o600 })
  }
  // One that was started by hand would keep the manager's from the store.
  await stopDaemon(context).catch((error: unknown) => {
    if (!(error instanceof ImError && error.code === 'DAEMON_UNREACHABLE')) throw error
  })
  // launchd takes up nothing twice.
  if (service.manager === 'launchd') await runAll(service.unload, env)
  const failed = await runAll(service.load, env)
  if (failed === null) return
  if (before === 'absent') await removeService(service, env)
  throw new ImError('IO', `${service.manager} did not take it: ${failed}`, {
    hint: 'im daemon install --print shows it',
  })
}

/** Null, or what the first that failed said. All are run. */
async function runAll(commands: readonly Command[], env: Context['io']['env']): Promise<string | null> {
  let failed: string | null = null
  for (const command of commands) {
    const { ok, missing, complaint } = await runProgram(command, env)
    if (!ok) failed ??= `${command.join(' ')}: ${missing ? 'not found' : complaint}`
  }
  return failed
}

export async function removeService(service: ServiceFile, env: Context['io']['env']): Promise<void> {
  await runAll(service.unload, env)
  await rm(service.path, { force: true })
  await runAll(service.forget, env)
}

function unreachable({ manager, path }: ServiceFile, isMissing: boolean, complaint: string): ImError {
  const why = isMissing ? 'is not on this machine' : `cannot be reached${complaint === '' ? '' : `: ${complaint}`}`
  const asYourself =
    manager === 'systemd' && !isMissing ? 'log in as yourself, not by su or sudo, and try again; or ' : ''
  return new ImError('NO_SERVICE_MANAGER', `${manager} ${why}.`, {
    hint: `${asYourself}start it from your login: im daemon start; im daemon install --print shows ${path}`,
  })
}
