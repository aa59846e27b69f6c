import { isLive } from '../../domain/life.ts'
import { type Handler, requireAccount, viewContext, whoOf } from '../core.ts'
import { shownBackups } from '../mirror/overlay.ts'
import { backupView } from '../views/backup-view.ts'

/** In the order they were made; by default those that can still be sent. */
export const backupList: Handler<'backup.list'> = (core, { to, states, due, all }, session) => {
  requireAccount(core)
  const recipient = to === undefined ? null : whoOf(core, session)(to)
  const wanted = states === undefined ? null : new Set(states)
  const context = viewContext(core, session)
  return shownBackups(core.ledger.state)
    .filter(({ record }) => recipient === null || record.plan.to === recipient)
    .filter(({ record }) => (due ? record.state === 'due' : true))
    .filter(({ record }) => (wanted === null ? all || isLive(record.state) : wanted.has(record.state)))
    .map((shown) => backupView(shown, context))
}
