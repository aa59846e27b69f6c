import { ImError } from '../../protocol/errors.ts'
import { MAX_FRAME_BYTES, type NewBackup, type PutResult } from '../../protocol/relay-api.ts'
import { recordOf } from '../mirror/overlay.ts'
import { backupOf } from '../mirror/queued-calls.ts'
import type { OutboxItem } from '../mirror/rows.ts'
import type { Tx } from '../mirror/tx.ts'
import type { QueuedAnswer } from './answers.ts'

const BATCH_ITEMS = 500
const BATCH_BYTES = MAX_FRAME_BYTES / 2

/** The backups a change has queued something about, or dropped something of. */
export function backupsTouched(tx: Tx): string[] {
  const ids = [...tx.puts].map(([key, value]) => {
    const [space, rest = ''] = [key.slice(0, key.indexOf('/')), key.slice(key.indexOf('/') + 1)]
    if (space === 'backup') return rest
    const item =
      space === 'outbox' ? ((value as OutboxItem | undefined) ?? tx.state.outbox.get(Number(rest))) : undefined
    return item === undefined ? null : backupOf(item)
  })
  return [...new Set(ids.filter((id) => id !== null))]
}

function idOf(result: PutResult): string {
  return result.ok ? result.record.id : result.id
}

export interface Answered {
  item: OutboxItem
  answer: QueuedAnswer
}

/** What the answer to a batch means for each of its items. */
export function putAnswers(
  batch: readonly OutboxItem[],
  results: readonly PutResult[],
  deviceId: string,
): { done: Answered[]; refused: { item: OutboxItem; error: ImError }[] } {
  const byId = new Map(results.map((result) => [idOf(result), result]))
  const done: Answered[] = []
  const refused: { item: OutboxItem; error: ImError }[] = []
  for (const item of batch) {
    if (item.call.method !== 'backup.put') continue
    // Taken, but its record did not fit into the answer: it comes in the log. Until then it is what was asked for.
    const taken = (added: NewBackup): PutResult => ({
      ok: true,
      created: true,
      record: { ...recordOf(added, item.at, deviceId), armedSeq: Number.MAX_SAFE_INTEGER },
    })
    const its = item.call.params.backups.map((added) => byId.get(added.id) ?? taken(added))
    const failed = its.find((result) => !result.ok)
    if (failed !== undefined && !failed.ok) refused.push({ item, error: ImError.fromData(failed.error) })
    else done.push({ item, answer: { method: 'backup.put', result: { results: its } } })
  }
  return { done, refused }
}

const bytesOf = (item: OutboxItem): number => Buffer.byteLength(JSON.stringify(item.call))

/** Neighbouring new backups go in one request, as long as it stays well below what a frame may have. */
export function putsAfter(first: OutboxItem, rest: readonly OutboxItem[]): OutboxItem[] {
  if (first.call.method !== 'backup.put' || rest.length === 0) return []
  const batch: OutboxItem[] = []
  let bytes = bytesOf(first)
  for (const item of rest) {
    bytes += bytesOf(item)
    if (item.call.method !== 'backup.put' || batch.length + 1 >= BATCH_ITEMS || bytes > BATCH_BYTES) break
    batch.push(item)
  }
  return batch
}
