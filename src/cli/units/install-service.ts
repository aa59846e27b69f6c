/** Into the hands of the machine's service manager, and out of them. */
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { runProgram } from '../../host/run-program.ts'
import { ImError } from '../../protocol/errors.ts'
import type { Io } from '../io.ts'
import { installedService } from './daemon-service.ts'
import type { Command, ServiceFile } from './service.ts'

type Env = Io['env']

/**
 * Installs it and starts its daemon. `stopOther` ends one that was started by hand: that would keep this one from the store.
 * @throws ImError NO_SERVICE_MANAGER where it cannot be reached, BAD_FILE where something else is in the place.
 */
export async function installService(service: ServiceFile, env: Env, stopOther: () => Promise<unknown>): Promise<void> {
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
  await stopOther()
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
async function runAll(commands: readonly Command[], env: Env): Promise<string | null> {
  let failed: string | null = null
  for (const command of commands) {
    const { ok, missing, complaint } = await runProgram(command, env)
    if (!ok) failed ??= `${command.join(' ')}: ${missing ? 'not found' : complaint}`
  }
  return failed
}

export async function removeService(service: ServiceFile, env: Env): Promise<void> {
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
