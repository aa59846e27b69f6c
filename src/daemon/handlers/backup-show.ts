import { viewOf } from '../backups.ts'
import { type Handler, requireAccount } from '../core.ts'

export const backupShow: Handler<'backup.show'> = (core, { id }, session) => {
  requireAccount(core)
  return viewOf(core, session, id)
}
