import { existsSync } from 'node:fs'
import { ImError } from '../../protocol/errors.ts'
import type { Warning } from '../../protocol/views.ts'
import { isOlderBuild, written } from '../client/client.ts'
import { NOT_RUNNING, runningDaemon } from '../client/running-daemon.ts'
import type { Context } from '../context.ts'
import { daemonLines } from '../describe/daemon.ts'
import { daemonService, daemonServicePlace, installedService, isKeptByAnother } from '../units/daemon-service.ts'

/** That the next verb starts another, or why it does not. */
async function oldOf({ io, paths }: Context): Promise<Warning[]> {
  if (!isOlderBuild(written(paths))) return []
  const then = (await isKeptByAnother({ io, paths })) ? 'its service starts that one' : 'the next verb replaces it'
  return [{ code: 'OLDER_BUILD', message: `it is of an older build of im; ${then}` }]
}

/** That the service manager's file is not what would be written now. */
async function driftOf(context: Context): Promise<Warning[]> {
  const place = daemonServicePlace(context)
  if (place === null || !existsSync(place.path)) return []
  const { service } = await daemonService(context)
  const drifted = (await installedService(service)) === 'drifted'
  const message = `${service.path} is not what would be installed now: im daemon install`
  return drifted ? [{ code: 'SERVICE_DRIFT', message }] : []
}

/** Where none runs: the object all the same, and exit 9. */
export async function run(context: Context): Promise<number> {
  const connection = runningDaemon(context)
  try {
    const view = await connection.call('daemon.status', {})
    const warnings = [...(await oldOf(context)), ...(await driftOf(context))]
    await context.out.said(
      { ...view, ...(warnings.length === 0 ? {} : { warnings }) },
      { id: String(view.pid), text: () => daemonLines(view) },
    )
    return 0
  } catch (error) {
    const none = error instanceof ImError && error.code === 'DAEMON_UNREACHABLE'
    if (none && context.out.reader === 'json') await context.out.said(NOT_RUNNING, { id: null, text: () => '' })
    throw error
  } finally {
    connection.close()
  }
}
