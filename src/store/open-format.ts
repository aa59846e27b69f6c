import { decodeRow, putRow, toJson } from './codec.ts'
import type { Engine, Reading } from './engine.ts'
import { COMMIT_SLOTS, COMMITS, commitKey, EPOCH_KEY, FORMAT_KEY } from './layout.ts'
import { type FormatRow, type Migration, migrate } from './migrate.ts'
import { Reserve, type ReserveOptions } from './reserve.ts'
import { StoreError } from './store.ts'
import type { Witness } from './witness.ts'

export interface FormatOptions {
  engine: Engine
  /** Whose store it is; one of another kind does not open. */
  kind: string
  witness: Witness | null
  /** From format 1 on, in order: a new store has the format the last of them leads to. Default: none, format 1. */
  migrations?: readonly Migration[]
  /** Below this much free space changes are refused with StoreError 'full'. */
  reserve?: ReserveOptions
}

/** The numbers a store goes on from. */
export interface Opened {
  epoch: number
  commit: number
}

/**
 * Checks that this is a store of ours, whole up to its last commit, and brings it to the newest format; an empty engine
 * becomes one. Rejects with StoreError 'format', 'damaged', 'full' or 'io'.
 */
export async function openFormat(options: FormatOptions): Promise<Opened> {
  const { engine, witness, migrations = [], reserve } = options
  const witnessed = witness === null ? null : await witness.read()
  const format = await readMeta(engine, FORMAT_KEY)
  if (format === undefined) return makeStore(options, witnessed)
  const found = assertFormat(format, options.kind, migrations.length + 1)
  const epoch = await readMeta(engine, EPOCH_KEY)
  if (typeof epoch !== 'number') throw new StoreError('damaged', `the row ${EPOCH_KEY} is missing`)
  const commit = await readCommit(engine)
  if (witness !== null) {
    assertWitnessed(commit, witnessed)
  }
  const room = reserve === undefined ? null : new Reserve(reserve)
  return { epoch, commit: await migrate({ engine, witness, migrations, reserve: room }, found, commit) }
}

/** The witness comes first: a start cut off between the two leaves an empty engine, which is made again. */
async function makeStore(options: FormatOptions, witnessed: number | null): Promise<Opened> {
  const { engine, kind, witness, migrations = [] } = options
  const format: FormatRow = { format: migrations.length + 1, kind }
  const rows = await engine.range({ limit: 1 })
  if (rows.length > 0) throw new StoreError('format', 'this is no store of ours: it has rows and no format')
  const opened = { epoch: 1, commit: 1 }
  if (witnessed === null) await witness?.write(0)
  else assertWitnessed(0, witnessed)
  await engine.write([
    putRow(FORMAT_KEY, toJson(format)),
    putRow(EPOCH_KEY, toJson(opened.epoch)),
    putRow(commitKey(opened.commit), toJson(opened.commit)),
  ])
  await witness?.write(opened.commit)
  return opened
}

function assertFormat(value: unknown, kind: string, newest: number): FormatRow {
  const found = value as FormatRow
  if (found.kind !== kind) throw new StoreError('format', `this is the store of a ${found.kind}, not of a ${kind}`)
  if (found.format > newest) {
    throw new StoreError('format', `the store has format ${found.format}, this version reads up to format ${newest}`)
  }
  return found
}

/** A store may be ahead: its last commits were on disk and had not been told to anybody. */
function assertWitnessed(commit: number, witnessed: number | null): void {
  if (witnessed === null) {
    throw new StoreError(
      'damaged',
      `the store is at commit ${commit} and its witness file is missing: whether its end was lost is not known. ` +
        'Put the file back, or repair the store.',
    )
  }
  if (commit < witnessed) {
    throw new StoreError('damaged', `the store is behind its witness: ${commit} < ${witnessed}; its end was lost`)
  }
}

/** What the store says of itself; undefined where the row is missing. Rejects with StoreError 'damaged'. */
export async function readMeta(engine: Reading, key: string): Promise<unknown> {
  const row = await engine.get(key)
  return row === undefined ? undefined : decodeRow(key, row)
}

/**
 * The last commit. Those before it must be there without a gap: LevelDB skips a damaged stretch in the middle of its
 * log without a word and goes on behind it.
 */
export async function readCommit(engine: Reading): Promise<number> {
  const rows = await engine.range(COMMITS)
  const commits = rows.map(([key, row]) => Number(decodeRow(key, row)))
  const last = commits.reduce((a, b) => Math.max(a, b), 0)
  const oldest = Math.max(1, last - COMMIT_SLOTS + 1)
  // Each number has a slot of its own, so none is here twice.
  const missing = last - oldest + 1 - commits.filter((commit) => commit >= oldest).length
  if (last === 0 || missing > 0) throw new StoreError('damaged', `${missing} commits are missing before ${last}`)
  return last
}
