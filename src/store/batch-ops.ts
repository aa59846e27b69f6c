import { putRow } from './codec.ts'
import type { EngineOp } from './engine.ts'
import type { Batch } from './group-commit.ts'
import { headJson } from './heads.ts'
import { commitKey, headKey, rowPrefix, wakeKey } from './layout.ts'

/** The rows of a batch, then the head and wake index of each of its accounts as they are now, and its number. */
export function batchOps(batch: Batch): EngineOp[] {
  const ops: EngineOp[] = []
  for (const { head, rows } of batch.accounts.values()) {
    const prefix = rowPrefix(head.account)
    for (const [key, json] of rows)
      ops.push(json === null ? { type: 'del', key: prefix + key } : putRow(prefix + key, json))
    ops.push(putRow(headKey(head.account), headJson(head)))
    if (head.wake === head.indexedWake) continue
    if (head.indexedWake !== null) ops.push({ type: 'del', key: wakeKey(head.indexedWake, head.account) })
    if (head.wake !== null) ops.push(putRow(wakeKey(head.wake, head.account), 'null'))
    head.indexedWake = head.wake
  }
  ops.push(putRow(commitKey(batch.commit), String(batch.commit)))
  return ops
}
