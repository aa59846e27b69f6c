/**
 * Makes a damaged store of a daemon whole. What mirrors the account comes back from the relay; what was only here, the
 * changes that had not reached it first of all, is kept where it is sound and named where it is not.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ImError } from '../../protocol/errors.ts'
import type { DaemonRepairView } from '../../protocol/views.ts'
import { audit, headOf, open, type Problem, pages, rangeOf } from '../../store/audit.ts'
import { buildStore, headRows, rowOf } from '../../store/build.ts'
import type { Reading } from '../../store/engine.ts'
import { FORMAT_KEY, rowPrefix, spaceOf, splitKey } from '../../store/layout.ts'
import { isFree, openLevelEngine } from '../../store/level-engine.ts'
import type { FormatRow } from '../../store/migrate.ts'
import { readCommit, readMeta } from '../../store/open-format.ts'
import { clearNext, isThere, putAside, putInPlace, storePlace } from '../../store/place.ts'
import { copyToRead, openCopy } from '../../store/salvage.ts'
import { StoreError } from '../../store/store.ts'
import type { TryTables } from '../../store/try-tables.ts'
import { FileWitness } from '../../store/witness.ts'
import { type OutboxItem, STORE_ACCOUNT } from './rows.ts'
import { DAEMON_MIGRATIONS } from './store-format.ts'

/** What is nowhere else, in words. All other rows the relay has too, or they are made anew. */
const ONLY_HERE: Readonly<Record<string, string>> = {
  account: 'who is logged in here: im login UIN',
  outbox: 'a change that had not reached the relay',
  draft: 'a text that was begun and not sent',
  pin: 'the key a friend was first seen with: compare the safety number again',
  localdue: 'that a reminder was shown here',
}
const END_LOST = 'perhaps what was changed last: whether the end of the store is there is not known'
/** The log is read anew from the relay. */
const MADE_ANEW: ReadonlySet<string> = new Set(['cursor', 'log'])

interface Found {
  rows: Map<string, unknown>
  lost: string[]
}

/** Rejects with ImError IO while a daemon runs, BAD_FILE where there is no store. */
export async function repairDaemonStore(dataDir: string, now: number, tryTables: TryTables): Promise<DaemonRepairView> {
  const place = storePlace(dataDir)
  if (!(await isThere(place.store))) throw new ImError('BAD_FILE', `${dataDir} has no store`, { hint: 'im login UIN' })
  if (!(await isFree(place.store))) {
    throw new ImError('IO', 'A daemon of this profile is running.', { hint: 'im daemon stop; im daemon repair' })
  }
  const scratch = await mkdtemp(join(dataDir, 'repair-'))
  try {
    const copy = join(scratch, 'store')
    await copyToRead(place.store, copy)
    const problems: Problem[] = []
    const engine = await openCopy(copy, tryTables, (problem) => problems.push(problem))
    try {
      if (engine !== null) problems.push(...(await problemsOf(engine, place.witness)))
      const found = engine === null ? nothing() : await gather(engine)
      const outbox = [...found.rows].flatMap(([key, value]) => (key.startsWith('outbox/') ? [value as OutboxItem] : []))
      const kept = { v: 1 as const, data: dataDir, sound: problems.length === 0, waiting: outbox.length }
      if (kept.sound) return { ...kept, aside: null, lost: [] }
      if (problems.some(({ row }) => row === '!commit' || row === 'witness')) found.lost.push(END_LOST)
      const format = engine === null ? null : await formatOf(engine)
      const aside = await replace(dataDir, found.rows, format, now)
      return { ...kept, aside, lost: found.lost }
    } finally {
      await engine?.close()
    }
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

function nothing(): Found {
  return { rows: new Map(), lost: ['all of it: nothing can be read. im login UIN brings back what the relay has'] }
}

async function problemsOf(engine: Reading, witnessPath: string): Promise<Problem[]> {
  const problems: Problem[] = []
  for await (const problem of audit(engine)) problems.push(problem)
  const witness = new FileWitness(witnessPath)
  try {
    const witnessed = await witness.read()
    const commit = await readCommit(engine).catch(() => 0)
    if (witnessed === null || commit < witnessed) {
      problems.push({ account: null, row: 'witness', what: 'is missing, or knows more than the store' })
    }
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    problems.push({ account: null, row: 'witness', what: 'is unreadable' })
  } finally {
    await witness.close()
  }
  return problems
}

/** The sound rows, and what is gone that nobody else has. */
async function gather(engine: Reading): Promise<Found> {
  const rows = new Map<string, unknown>()
  const counted = new Map((await headOf(engine, STORE_ACCOUNT))?.rows ?? [])
  for await (const [fullKey, row] of pages(engine, rangeOf(STORE_ACCOUNT))) {
    const [, key] = splitKey(fullKey)
    const value = open(fullKey, row)
    const space = spaceOf(key)
    if (value instanceof StoreError) {
      // Damaged and counted: it is missed below.
      if (!counted.has(space)) counted.set(space, 1)
      continue
    }
    counted.set(space, (counted.get(space) ?? 0) - 1)
    if (!MADE_ANEW.has(space)) rows.set(key, value)
  }
  const lost: string[] = []
  for (const [space, what] of Object.entries(ONLY_HERE)) {
    for (let n = 0; n < (counted.get(space) ?? 0); n++) lost.push(what)
  }
  return { rows, lost }
}

async function formatOf(engine: Reading): Promise<FormatRow | null> {
  return ((await readMeta(engine, FORMAT_KEY).catch(() => undefined)) as FormatRow | undefined) ?? null
}

/** Where the damaged files lie afterwards. */
async function replace(
  dataDir: string,
  rows: ReadonlyMap<string, unknown>,
  format: FormatRow | null,
  now: number,
): Promise<string | null> {
  const { nextStore, nextWitness } = storePlace(dataDir)
  await clearNext(dataDir)
  const engine = await openLevelEngine(nextStore)
  const witness = new FileWitness(nextWitness)
  const newest = { format: DAEMON_MIGRATIONS.length + 1, kind: 'daemon' }
  try {
    await buildStore(engine, witness, { ...(format ?? newest), epoch: 1 }, rowsToStore(rows))
  } finally {
    await engine.close()
    await witness.close()
  }
  const aside = await putAside(dataDir, 'damaged', new Date(now).toISOString().replace(/[-:]|\.\d+/g, ''))
  await putInPlace(dataDir)
  return aside
}

async function* rowsToStore(rows: ReadonlyMap<string, unknown>): AsyncGenerator<[string, string]> {
  const counts = new Map<string, number>()
  for (const [key, value] of rows) {
    counts.set(spaceOf(key), (counts.get(spaceOf(key)) ?? 0) + 1)
    yield rowOf(rowPrefix(STORE_ACCOUNT) + key, value)
  }
  if (rows.size > 0) yield* headRows(STORE_ACCOUNT, rows.size, counts, null)
}
