import { putRow, toJson } from './codec.ts'
import type { Engine, EngineOp } from './engine.ts'
import { commitKey, EPOCH_KEY, FORMAT_KEY, headKey, wakeKey } from './layout.ts'
import type { FormatRow } from './migrate.ts'
import type { Witness } from './witness.ts'

export interface StoreAbout extends FormatRow {
  epoch: number
}

const ROWS_AT_ONCE = 512

/**
 * Fills an empty engine with rows of accounts, heads and wake index, as another engine held them. It becomes a store with
 * the last batch: one that is cut off has no format, and does not open.
 */
export async function buildStore(
  engine: Engine,
  witness: Witness,
  { epoch, ...format }: StoreAbout,
  rows: AsyncIterable<readonly [key: string, row: string]>,
): Promise<number> {
  let ops: EngineOp[] = []
  let count = 0
  for await (const [key, value] of rows) {
    ops.push({ type: 'put', key, value })
    count++
    if (ops.length < ROWS_AT_ONCE) continue
    await engine.write(ops)
    ops = []
  }
  await engine.write([
    ...ops,
    putRow(FORMAT_KEY, toJson(format)),
    putRow(EPOCH_KEY, toJson(epoch)),
    putRow(commitKey(1), toJson(1)),
  ])
  await witness.write(1)
  return count
}

/** A row as the engine holds it. */
export function rowOf(key: string, value: unknown): [key: string, row: string] {
  const op = putRow(key, toJson(value))
  return [key, op.type === 'put' ? op.value : '']
}

/** An account's head, and its place in the wake index. */
export function* headRows(
  account: string,
  version: number,
  rows: ReadonlyMap<string, number>,
  wake: number | null,
): Generator<[string, string]> {
  yield rowOf(headKey(account), { version, rows: Object.fromEntries(rows), wake })
  if (wake !== null) yield rowOf(wakeKey(wake, account), null)
}
