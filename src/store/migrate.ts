/**
 * How a store of an older format becomes one of the newest. A store's format is a number: `migrations[0]` leads from
 * format 1 to 2, the next from 2 to 3. Each does a bounded piece at a time. A piece, and where the next one begins, go
 * to the disk in one batch, so that a migration that is killed goes on where it was. From its first piece on the store
 * says the new format: an older program no longer opens it.
 */
import { decodeRow, putRow, toJson } from './codec.ts'
import type { Engine, EngineOp, Reading } from './engine.ts'
import { headJson, parseHead, recount } from './heads.ts'
import { commitKey, FORMAT_KEY, headKey, rowPrefix, splitKey } from './layout.ts'
import type { Reserve } from './reserve.ts'
import { stage } from './stage.ts'
import { StoreError, type Write } from './store.ts'
import type { Witness } from './witness.ts'

/** `next`: what the migration is given when it goes on; null: it is done. */
export interface Piece {
  ops: readonly EngineOp[]
  next: string | null
}

/** One piece; `from` is empty at the first. It reads what the pieces before it have left, and changes nothing itself. */
export type Migration = (engine: Reading, from: string) => Promise<Piece>

/** What a store says of itself in the row `!format`. `next`: it is on its way to `format`, to go on there. */
export interface FormatRow {
  format: number
  kind: string
  next?: string
}

export interface MigrateOptions {
  engine: Engine
  witness: Witness | null
  migrations: readonly Migration[]
  /** Asked before each piece. */
  reserve: Reserve | null
}

/** Brings a sound store to the newest format; the number of its last commit. Rejects with 'format', 'damaged', 'full', 'io'. */
export async function migrate(options: MigrateOptions, found: FormatRow, lastCommit: number): Promise<number> {
  const { engine, witness, migrations, reserve } = options
  let { format, next } = found
  let commit = lastCommit
  while (format <= migrations.length || next !== undefined) {
    if (next === undefined) format++
    // That from format 1 stands at 0, and `format` is where it leads.
    const step = migrations[format - 2]
    if (step === undefined) throw new StoreError('format', `there is no way from format ${format - 1} to ${format}`)
    await reserve?.check(Number.POSITIVE_INFINITY)
    const piece = await step(engine, next ?? '')
    next = piece.next ?? undefined
    commit++
    const row: FormatRow = { format, kind: found.kind, ...(next === undefined ? {} : { next }) }
    await engine.write([...piece.ops, putRow(FORMAT_KEY, toJson(row)), putRow(commitKey(commit), toJson(commit))])
    await witness?.write(commit)
  }
  return commit
}

export interface MigratedRow {
  account: string
  key: string
  value: unknown
}

/** At up to some 100 KiB a row, what one piece may hold in memory. */
const ROWS_AT_ONCE = 256

/**
 * A migration that says of each row what is to be written in its account on its account; null: nothing. Rows are
 * counted as ever. A row it writes further on in the order of keys is shown to it as well: it must leave those of the
 * new format alone.
 */
export function eachRow(change: (row: MigratedRow) => readonly Write[] | null, rowsAtOnce = ROWS_AT_ONCE): Migration {
  return async (engine, from) => {
    const rows = await engine.range({ gt: from === '' ? 'a/' : from, lt: 'a0', limit: rowsAtOnce })
    const writes = new Map<string, Write[]>()
    for (const [fullKey, row] of rows) {
      const [account, key] = splitKey(fullKey)
      const changed = change({ account, key, value: decodeRow(fullKey, row) })
      if (changed !== null) writes.set(account, [...(writes.get(account) ?? []), ...changed])
    }
    const ops: EngineOp[] = []
    for (const [account, changes] of writes) ops.push(...(await accountOps(engine, account, changes)))
    return { ops, next: rows.length < rowsAtOnce ? null : (rows.at(-1)?.[0] ?? null) }
  }
}

async function accountOps(engine: Pick<Engine, 'get'>, account: string, writes: readonly Write[]): Promise<EngineOp[]> {
  const key = headKey(account)
  const row = await engine.get(key)
  if (row === undefined) throw new StoreError('damaged', "an account's head is missing")
  const head = parseHead(account, decodeRow(key, row))
  const staged = stage(writes, undefined, head.rows)
  if (staged === null) return []
  const prefix = rowPrefix(account)
  const ops = staged.rows.map(
    ([rest, json]): EngineOp => (json === null ? { type: 'del', key: prefix + rest } : putRow(prefix + rest, json)),
  )
  recount(head, staged.counts)
  return [...ops, putRow(key, headJson({ ...head, version: head.version + 1 }))]
}
