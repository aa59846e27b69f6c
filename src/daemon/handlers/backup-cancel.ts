import { endedError, findBackup, itemsOf, ownAdd, viewOf } from '../backups.ts'
import { type Core, type Handler, requireAccepted } from '../core.ts'
import { randomId } from '../ids.ts'
import type { Queue } from '../link/outbox.ts'
import { submit } from '../link/submit.ts'
import type { ShownBackup } from '../mirror/overlay.ts'
import { type BackupRow, keys } from '../mirror/rows.ts'
import { nothingSeen } from '../mirror/sightings.ts'
import type { Tx } from '../mirror/tx.ts'

/** Each is cancelled when the relay says so, or at once when its add never left this daemon. Again is no error. */
export const backupCancel: Handler<'backup.cancel'> = async (core, { ids }, session) => {
  requireAccepted(core)
  const found = ids.map((typed) => findBackup(core, typed))
  const open = found.filter((shown) => shown.record.state !== 'cancelled')
  for (const shown of open) {
    const refusedAdd = shown.refused !== null && shown.row.local
    const ended = endedError(shown)
    if (ended !== null && !refusedAdd) throw ended
  }
  const changes = new Map(open.map((shown) => [shown.record.id, randomId(core.host.random)]))
  await submit(core, (tx, queue) => {
    for (const shown of open) cancelOne(core, tx, queue, shown, changes.get(shown.record.id) ?? '')
  })
  return found.map((shown) => viewOf(core, session, shown.record.id))
}

function cancelOne(core: Core, tx: Tx, queue: Queue, { record, row }: ShownBackup, change: string): void {
  if (ownAdd(tx, record.id) === null) {
    queue({ method: 'backup.step', params: { id: record.id, change, step: 'cancel' } })
    return
  }
  for (const item of itemsOf(tx, record.id)) tx.remove(keys.outbox(item.n))
  tx.remove(keys.localDue(record.id))
  const now = core.host.clock.now()
  const cancelled = { ...record, state: 'cancelled' as const, endedAt: now, updatedAt: now, dueAt: null, error: null }
  const ended: BackupRow = { ...row, record: cancelled, seen: nothingSeen(cancelled, false), local: true }
  tx.put(keys.backup(record.id), ended)
}
