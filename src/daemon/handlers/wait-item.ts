import { isLive } from '../../domain/life.ts'
import { ImError } from '../../protocol/errors.ts'
import type { MessageView } from '../../protocol/views.ts'
import { findBackup, viewOf } from '../backups.ts'
import { type Core, type Handler, type LocalSession, requireAccount } from '../core.ts'
import { until } from '../until.ts'
import { findMessage } from '../views/messages.ts'
import { messageNow } from './message-send.ts'

function backupOrNull(core: Core, id: string) {
  try {
    return findBackup(core, id)
  } catch (error) {
    if (error instanceof ImError && error.code === 'NO_SUCH_BACKUP') return null
    throw error
  }
}

/** A backup until it is sent or ended, a message until it is delivered or refused; as it stands when the time is over. */
export const waitItem: Handler<'wait.item'> = async (core, { id: typed, confirmed = false, waitMs }, session) => {
  requireAccount(core)
  const backup = backupOrNull(core, typed)
  if (backup === null) {
    const id = await findMessage(core, typed)
    if (id === null) throw new ImError('NO_SUCH_MESSAGE', `There is no backup or message ${typed}.`)
    return delivered(core, session, id, waitMs)
  }
  const { id } = backup.record
  await until(core, session, waitMs, () => {
    const { record, pending, refused } = findBackup(core, id)
    return refused !== null || (pending === null && (confirmed || !isLive(record.state))) ? true : null
  })
  return viewOf(core, session, id)
}

/** As it stands once a device of theirs has it, or it was refused, or the time is over. */
async function delivered(core: Core, session: LocalSession, id: string, waitMs: number | null): Promise<MessageView> {
  const arrived = await until(core, session, waitMs, async () => {
    const view = await messageNow(core, session, id)
    return view.state === 'queued' || view.state === 'sent' ? null : view
  })
  return arrived ?? messageNow(core, session, id)
}
