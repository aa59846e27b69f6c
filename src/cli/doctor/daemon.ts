/** The daemon, and the service manager that keeps it. */
import { existsSync } from 'node:fs'
import { IM_VERSION } from '../../protocol/version.ts'
import { isOlderBuild, written } from '../client/client.ts'
import { runningDaemon, stopDaemon } from '../client/running-daemon.ts'
import type { Context } from '../context.ts'
import { daemonService, daemonServicePlace, installedService, lingering } from '../units/daemon-service.ts'
import { installService } from '../units/install-service.ts'
import { type Check, fine, type RunningDaemon, wrong } from './check.ts'

/** Null where none runs. One of another version is not called: that would replace it, and doctor changes nothing. */
export async function lookForDaemon(context: Context): Promise<RunningDaemon | null> {
  const about = written(context.paths)
  const olderBuild = isOlderBuild(about)
  if (about.version !== IM_VERSION) return { version: about.version, olderBuild, view: null, account: null }
  const connection = runningDaemon({ ...context, timeoutMs: ASK_MS })
  try {
    const view = await connection.call('daemon.status', {})
    const account = await connection.call('account.whoami', {})
    return { version: view.version ?? IM_VERSION, olderBuild, view, account }
  } catch {
    return null
  } finally {
    connection.close()
  }
}

const ASK_MS = 5_000

export const daemon: Check = {
  name: 'daemon',
  look({ context, daemon: running }) {
    const restart = async () => {
      await stopDaemon(context).catch(() => {})
      await context.call('daemon.status', {})
    }
    if (running === null) {
      if (!existsSync(context.paths.store)) return fine('none runs; the first verb starts it')
      return wrong('none runs, so nothing comes due on this machine', 'im daemon start', restart)
    }
    if (running.view === null) {
      const fix = 'im daemon restart'
      return wrong(`it is im ${running.version}, and this is im ${IM_VERSION}`, fix, restart)
    }
    const { pid, outbox } = running.view
    if (running.olderBuild) {
      return wrong(`process ${pid} is of an older build of im ${IM_VERSION}`, 'im daemon restart', restart)
    }
    const waiting = outbox === 0 ? '' : `; ${outbox} waiting for the relay`
    return fine(`process ${pid}, im ${running.version}${waiting}`)
  },
}

export const service: Check = {
  name: 'service',
  async look({ context }) {
    const place = daemonServicePlace(context)
    if (place === null || !existsSync(place.path)) return fine('not installed; im daemon install keeps the daemon')
    const { service: now } = await daemonService(context)
    const installed = await installedService(now)
    if (installed === 'foreign') return fine(`${now.path} is not of our making`)
    if (installed === 'current') return fine(`${now.path}`)
    const fix = 'im daemon install'
    return wrong(`${now.path} is not what would be installed now`, fix, () =>
      installService(now, context.io.env, () => stopDaemon(context)),
    )
  },
}

export const linger: Check = {
  name: 'lingering',
  async look({ context }) {
    const place = daemonServicePlace(context)
    if (place === null || !existsSync(place.path)) return []
    const warning = await lingering(context.io)
    if (warning === null) return fine('the daemon stays when you log out')
    const [detail = '', fix] = warning.message.split('; to keep it: ')
    return wrong(detail, fix)
  },
}
