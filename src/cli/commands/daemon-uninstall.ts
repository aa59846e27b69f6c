import { ImError } from '../../protocol/errors.ts'
import type { Context } from '../context.ts'
import { daemonService, installedService } from '../units/daemon-service.ts'
import { removeService } from '../units/install-service.ts'

/** Removes what `daemon install` made, and stops that daemon; the profile stays. Twice is once. */
export async function run(context: Context): Promise<number> {
  const { io, out } = context
  const { service } = await daemonService(context)
  const before = await installedService(service)
  if (before === 'foreign') {
    throw new ImError('BAD_FILE', `${service.path} was not made by im, so it stays.`, { hint: 'remove it yourself' })
  }
  if (before !== 'absent') await removeService(service, io.env)
  const { manager, unit, path, text } = service
  await out.said(
    { v: 1, manager, unit, path, installed: false, text },
    {
      id: unit,
      text: () =>
        before === 'absent' ? `nothing was installed at ${path}` : `removed ${path}; verbs start the daemon`,
    },
  )
  return 0
}
