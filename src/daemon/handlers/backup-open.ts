import { findBackup } from '../backups.ts'
import { type Handler, requireAccount } from '../core.ts'
import { openConversation } from '../notifications/open-conversation.ts'

/** From where no conversation can run: in a window or a terminal of this device. */
export const backupOpen: Handler<'backup.open'> = (core, { id }) => {
  requireAccount(core)
  const { record } = findBackup(core, id)
  return openConversation(core, record.plan.to, record.id)
}
