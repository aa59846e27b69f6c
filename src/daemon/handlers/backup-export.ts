import { isLive } from '../../domain/life.ts'
import { ImError } from '../../protocol/errors.ts'
import { type Handler, requireAccount, viewContext } from '../core.ts'
import { shownBackups } from '../mirror/overlay.ts'
import { backupView } from '../views/backup-view.ts'

/** Of a page; with the longest texts it stays below what one frame can hold. */
const PAGE = 100

/** A page of what waits, in the order it was made. A page begins behind the id that `after` names. */
export const backupExport: Handler<'backup.export'> = (core, { after }, session) => {
  requireAccount(core)
  const live = shownBackups(core.ledger.state).filter(({ record }) => isLive(record.state) || record.id === after)
  const from = after === null ? 0 : live.findIndex(({ record }) => record.id === after) + 1
  if (after !== null && from === 0) throw new ImError('IO', 'What was exported last is no longer there.')
  const page = live.slice(from, from + PAGE)
  const context = viewContext(core, session)
  return {
    rows: page.filter(({ record }) => isLive(record.state)).map((shown) => backupView(shown, context)),
    next: from + PAGE < live.length ? (page.at(-1)?.record.id ?? null) : null,
  }
}
