import { ImError } from '../../protocol/errors.ts'
import { endedError, findBackup, viewOf } from '../backups.ts'
import { type Handler, requireAccepted } from '../core.ts'
import { randomId } from '../ids.ts'
import { submit } from '../link/submit.ts'

export const backupDismiss: Handler<'backup.dismiss'> = async (core, params, session) => {
  requireAccepted(core)
  const shown = findBackup(core, params.id)
  const { id, state } = shown.record
  if (state === 'armed' || state === 'held') {
    throw new ImError('USAGE', 'Only a due reminder can be dismissed.', { hint: `im backup cancel ${id}` })
  }
  if (state !== 'dismissed') {
    const ended = endedError(shown)
    if (ended !== null) throw ended
    const change = randomId(core.host.random)
    await submit(core, (_tx, queue) => queue({ method: 'backup.step', params: { id, change, step: 'dismiss' } }))
  }
  return viewOf(core, session, id)
}
