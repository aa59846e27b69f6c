import type { BackupRecord } from '../../protocol/records.ts'
import type { RelayResults } from '../../protocol/relay-api.ts'
import { noMark, putBackup, putMark, putMessage } from '../mirror/mirror.ts'
import { keys, type OutboxItem, type QueuedMethod } from '../mirror/rows.ts'
import type { Tx } from '../mirror/tx.ts'

/** The relay's answer to a queued call. */
export type QueuedAnswer = { [M in QueuedMethod]: { method: M; result: RelayResults[M] } }[QueuedMethod]

/** The log may show the same record before or after the answer; whatever came between is still to be read. */
function putAnswered(tx: Tx, record: BackupRecord, args: string | null): void {
  const cursor = tx.state.cursor
  putBackup(tx, record, { logged: false, whole: cursor !== null && cursor.seq <= record.armedSeq, args })
}

/** Takes what the relay answered into the mirror, so that the change is never out of sight. */
export async function applyAnswer(tx: Tx, item: OutboxItem, answer: QueuedAnswer): Promise<void> {
  switch (answer.method) {
    case 'message.send':
      await putMessage(tx, answer.result.message, null, item.key)
      return
    case 'backup.put':
      for (const result of answer.result.results) if (result.ok) putAnswered(tx, result.record, item.args)
      return
    case 'backup.edit':
      putAnswered(tx, answer.result.record, answer.result.conflict === null ? item.args : null)
      if (answer.result.conflict !== null) putAnswered(tx, answer.result.conflict, null)
      return
    case 'backup.send':
      putAnswered(tx, answer.result.record, null)
      await putMessage(tx, answer.result.message, null, null)
      return
    case 'backup.step':
      putAnswered(tx, answer.result.record, null)
      return
    case 'setting.put':
      tx.put(keys.setting, answer.result.setting)
      return
    case 'friend.set':
      tx.put(keys.friend(answer.result.friend.uin), answer.result.friend)
      return
    case 'mark.put':
      if (item.call.method !== 'mark.put') return
      for (const { friend, delivered, read } of item.call.params.marks) {
        putMark(tx, { ...noMark(friend).mark, delivered, read })
      }
      return
    default:
      return answer satisfies never
  }
}
