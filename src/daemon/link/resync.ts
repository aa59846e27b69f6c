import { isLive } from '../../domain/life.ts'
import type { BackupRecord, LogEntryBody } from '../../protocol/records.ts'
import { isForHere, noMark, putBackup, putFriend, putMark, putMessage } from '../mirror/mirror.ts'
import { type BackupRow, type CursorRow, keys } from '../mirror/rows.ts'
import type { Texts } from '../mirror/texts.ts'
import type { Tx } from '../mirror/tx.ts'

/** Where to read on from after a resync: from the arming of whatever waits for words, which only a device can see. */
function replayFrom(records: readonly BackupRecord[], seq: number): number {
  const waits = records.filter(
    ({ state, plan }) =>
      isLive(state) && plan.trigger.conditions.some((condition) => condition.kind === 'message' && condition.sealed),
  )
  return Math.min(seq, ...waits.map((record) => record.armedSeq))
}

/** Makes the mirror anew from the pages of `log.state`. Messages that are already here stay: they are history. */
export async function applyResync(
  tx: Tx,
  epoch: number,
  seq: number,
  items: readonly LogEntryBody[],
  texts: Texts,
): Promise<CursorRow> {
  const kept = new Map([...tx.state.backups.values()].map((row) => [row.record.id, row]))
  for (const space of ['friend', 'mark', 'device', 'log']) await tx.clear(space)
  for (const [id, row] of kept) if (!row.local) tx.remove(keys.backup(id))
  const records = items.flatMap((item) => (item.type === 'backup' ? [item.backup] : []))
  const from = replayFrom(records, seq)
  for (const item of items) await applyState(tx, item, from, kept, texts)
  const cursor: CursorRow = { epoch, seq: from, floor: seq }
  tx.put(keys.cursor, cursor)
  return cursor
}

async function applyState(
  tx: Tx,
  item: LogEntryBody,
  from: number,
  before: ReadonlyMap<string, BackupRow>,
  texts: Texts,
): Promise<void> {
  switch (item.type) {
    case 'message': {
      await putMessage(tx, item.message, null, null)
      const { friend, n } = item.message
      const mark = tx.mark(friend) ?? noMark(friend)
      if (isForHere(tx, item.message) && n > mark.arrived) tx.put(keys.mark(friend), { ...mark, arrived: n })
      return
    }
    case 'mark':
      return putMark(tx, item.mark)
    case 'backup': {
      const record = item.backup
      putBackup(tx, record, {
        logged: true,
        whole: from <= record.armedSeq,
        args: before.get(record.id)?.args ?? null,
      })
      return
    }
    case 'friend':
      return putFriend(tx, item.friend, texts)
    case 'setting':
      return tx.put(keys.setting, item.setting)
    case 'device':
      return tx.put(keys.device(item.device.id), item.device)
    default:
      return item satisfies never
  }
}
