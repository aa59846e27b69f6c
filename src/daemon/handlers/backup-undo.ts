import { UNDO_FOR_MS } from '../../domain/life.ts'
import { ImError } from '../../protocol/errors.ts'
import { findBackup, itemsOf, viewOf } from '../backups.ts'
import { type Core, type Handler, requireAccepted } from '../core.ts'
import { randomId } from '../ids.ts'
import { submit } from '../link/submit.ts'
import { type ShownBackup, shownBackups } from '../mirror/overlay.ts'
import { keys } from '../mirror/rows.ts'

/** The newest that was cancelled or dismissed within a day. */
function newestUndoable(core: Core): ShownBackup {
  const now = core.link.now()
  const undoable = shownBackups(core.ledger.state)
    .filter(
      ({ record, pending }) => pending === 'cancel' || record.state === 'cancelled' || record.state === 'dismissed',
    )
    .map((shown) => ({ shown, at: shown.record.endedAt ?? now }))
    .filter(({ at }) => now - at <= UNDO_FOR_MS)
    .sort((a, b) => b.at - a.at)
  const newest = undoable[0]
  if (newest === undefined)
    throw new ImError('NO_SUCH_BACKUP', 'There is nothing to undo.', { hint: 'im backup list --all' })
  return newest.shown
}

/** Arms it again. */
export const backupUndo: Handler<'backup.undo'> = async (core, params, session) => {
  requireAccepted(core)
  const shown = params.id === undefined ? newestUndoable(core) : findBackup(core, params.id)
  const { record, pending, row } = shown
  const ended = record.state === 'cancelled' || record.state === 'dismissed'
  if (!ended && pending !== 'cancel') {
    if (record.state === 'sent') throw new ImError('ALREADY_SENT')
    throw new ImError('USAGE', `That backup is ${record.state}: there is nothing to undo.`, {
      hint: `im backup show ${record.id}`,
    })
  }
  const change = randomId(core.host.random)
  await submit(core, (tx, queue) => {
    if (row.local && ended) {
      const { id, plan, content, private: sealed, conflictOf } = record
      tx.remove(keys.backup(id))
      const backups = [{ id, plan, content, private: sealed, conflictOf }]
      queue({ method: 'backup.put', params: { backups } }, { args: row.args })
      return
    }
    const unsent = itemsOf(tx, record.id).filter(
      ({ call, left }) => call.method === 'backup.step' && call.params.step !== 'undo' && !left,
    )
    for (const item of unsent) tx.remove(keys.outbox(item.n))
    if (unsent.length === 0) queue({ method: 'backup.step', params: { id: record.id, change, step: 'undo' } })
  })
  return viewOf(core, session, record.id)
}
