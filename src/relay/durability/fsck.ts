/**
 * Looks at the store of a relay that is not running, names all damage, and can make a store again out of what is sound.
 * The look is at a copy: LevelDB changes what it opens.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isUin } from '../../domain/uin.ts'
import { systemCode } from '../../host/host-error.ts'
import type { FsckReport } from '../../protocol/admin-api.ts'
import { ImError } from '../../protocol/errors.ts'
import { accountsWithRows, audit, headOf, open, type Problem, pages, rangeOf } from '../../store/audit.ts'
import { buildStore, headRows, rowOf } from '../../store/build.ts'
import type { Engine, Reading } from '../../store/engine.ts'
import * as layout from '../../store/layout.ts'
import { openLevelEngine } from '../../store/level-engine.ts'
import type { FormatRow } from '../../store/migrate.ts'
import { readCommit, readMeta } from '../../store/open-format.ts'
import { clearNext, isThere, putAside, putInPlace, storePlace } from '../../store/place.ts'
import { copyToRead, openCopy } from '../../store/salvage.ts'
import { StoreError } from '../../store/store.ts'
import type { TryTables } from '../../store/try-tables.ts'
import { FileWitness } from '../../store/witness.ts'
import { accountCheck } from './account-check.ts'
import { type DamagedAccount, repairAccount } from './repair-account.ts'
import { holdAll } from './restore-holds.ts'
import { refuseRunning, requireRoom, sizeOf } from './store-files.ts'
import { RELAY_MIGRATIONS } from './store-format.ts'

export interface FsckOptions {
  dataDir: string
  repair: boolean
  now: number
  tryTables: TryTables
}

/** More than these are counted, not named. */
const MOST_NAMED = 10_000

export async function fsckRelay({ dataDir, repair, now, tryTables }: FsckOptions): Promise<FsckReport> {
  const files = storePlace(dataDir)
  if (!(await isThere(files.store))) {
    const cutOff = await isThere(files.nextStore)
    const hint = cutOff ? `im relay restore SNAPSHOT --data ${dataDir}` : 'im relay fsck --data DIR'
    throw new ImError('BAD_FILE', `${dataDir} has no store`, { hint })
  }
  await refuseRunning(dataDir, 'fsck')
  const scratch = await mkdtemp(join(dataDir, 'fsck-'))
  try {
    const copy = join(scratch, 'store')
    await copyToRead(files.store, copy).catch((cause: unknown) => {
      if (systemCode(cause) !== 'ENOSPC') throw cause
      throw new ImError('DISK_FULL', `the disk of ${dataDir} has no room for the copy that fsck looks at`, {
        hint: 'make room, then do it again',
        cause,
      })
    })
    const found = new Findings()
    const engine = await openCopy(copy, tryTables, (problem) => found.add(problem))
    try {
      if (engine !== null) await lookAt(engine, files.witness, found)
      const report = { v: 1 as const, data: dataDir, ...found.report() }
      if (!repair || report.sound) return { ...report, repaired: null }
      if (engine === null || (found.lostTables && found.accounts === 0)) {
        throw new ImError('STORE_DAMAGED', `${dataDir}: nothing of the store can be read`, {
          hint: 'im relay restore SNAPSHOT --key relay.key',
        })
      }
      return { ...report, repaired: await rebuild(engine, dataDir, found, now) }
    } finally {
      await engine?.close()
    }
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

/** What was found, by account; null: of the store as a whole. */
class Findings {
  readonly problems: Problem[] = []
  readonly damaged = new Map<string, string[]>()
  accounts = 0
  more = 0
  /** Something is missing that no account can be named for: its newest changes, or a stretch of them. */
  lostCommits = false
  /** LevelDB could not read all of its files. */
  lostTables = false

  add(problem: Problem): void {
    if (this.problems.length < MOST_NAMED) this.problems.push(problem)
    else this.more++
    const { account, row } = problem
    if (account === null) {
      if (row === 'database') this.lostTables = true
      if (row === '!commit' || row === 'witness' || row === 'database') this.lostCommits = true
      return
    }
    const rows = this.damaged.get(account) ?? []
    rows.push(row)
    this.damaged.set(account, rows)
  }

  report() {
    const { problems, accounts, more, damaged } = this
    return { sound: problems.length === 0, accounts, damagedAccounts: damaged.size, problems, more }
  }
}

async function lookAt(engine: Engine, witnessPath: string, found: Findings): Promise<void> {
  for await (const problem of audit(engine, accountCheck)) found.add(problem)
  for await (const account of accountsWithRows(engine)) if (isUin(account)) found.accounts++
  const witness = new FileWitness(witnessPath)
  try {
    const witnessed = await witness.read()
    const commit = await readCommit(engine).catch(() => null)
    if (witnessed === null) found.add({ account: null, row: 'witness', what: 'is missing' })
    else if (commit !== null && commit < witnessed) {
      found.add({ account: null, row: 'witness', what: `knows of commit ${witnessed}, the store ends at ${commit}` })
    }
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    found.add({ account: null, row: 'witness', what: 'is unreadable' })
  } finally {
    await witness.close()
  }
}

type Repair = NonNullable<FsckReport['repaired']>

/** A new store out of what is sound; the old one is kept aside. */
async function rebuild(engine: Engine, dataDir: string, found: Findings, now: number): Promise<Repair> {
  const files = storePlace(dataDir)
  await requireRoom(dataDir, 2 * (await sizeOf(files.store)))
  await clearNext(dataDir)
  const format = ((await meta(engine, layout.FORMAT_KEY)) as FormatRow | undefined) ?? {
    format: RELAY_MIGRATIONS.length + 1,
    kind: 'relay',
  }
  const epochWas = (await meta(engine, layout.EPOCH_KEY)) as number | undefined
  // Who lost what is not known: then all begin an epoch, and else only those that did.
  const epoch = epochWas === undefined || found.lostCommits ? Math.max(now, (epochWas ?? 0) + 1) : epochWas
  const done: Repair = { aside: '', epoch, back: 0, held: 0, lost: [] }
  if (found.lostCommits)
    done.lost.push({ account: null, what: 'perhaps what was changed last, or a stretch before it' })
  const next = await openLevelEngine(files.nextStore)
  const witness = new FileWitness(files.nextWitness)
  try {
    await buildStore(next, witness, { ...format, epoch }, rowsOf(engine, found, done, now))
  } finally {
    await next.close()
    await witness.close()
  }
  if (epoch !== epochWas) done.held += await holdAll(dataDir, now)
  await refuseRunning(dataDir, 'fsck')
  done.aside = (await putAside(dataDir, 'damaged', stampOf(now))) ?? ''
  await putInPlace(dataDir)
  return done
}

/** Sound accounts as they are, damaged ones repaired; heads and wake index of all are made anew. */
async function* rowsOf(rows: Reading, found: Findings, done: Repair, now: number): AsyncGenerator<[string, string]> {
  for await (const account of accountsWithRows(rows)) {
    const damaged = found.damaged.get(account)
    const head = await headOf(rows, account)
    if (damaged === undefined && head !== null) {
      yield* pages(rows, rangeOf(account))
      yield* headRows(account, head.version, head.rows, head.wake)
    } else yield* repairedRows(await gather(rows, account), done, now)
    found.damaged.delete(account)
  }
  for (const account of found.damaged.keys()) done.lost.push({ account, what: 'all of it' })
}

async function gather(rows: Reading, account: string): Promise<DamagedAccount> {
  const sound = new Map<string, unknown>()
  const damaged: string[] = []
  for await (const [fullKey, row] of pages(rows, rangeOf(account))) {
    const [, key] = layout.splitKey(fullKey)
    const value = open(fullKey, row)
    if (value instanceof StoreError) damaged.push(key)
    else sound.set(key, value)
  }
  return { account, rows: sound, damaged, counted: (await headOf(rows, account))?.rows ?? null }
}

function* repairedRows(broken: DamagedAccount, done: Repair, now: number): Generator<[string, string]> {
  const { account } = broken
  const repaired = repairAccount(broken, done.epoch, now)
  done.back += repaired.back.length
  done.held += repaired.held
  for (const what of repaired.lost) done.lost.push({ account, what })
  const counts = new Map<string, number>()
  for (const [key, value] of repaired.rows) {
    const space = layout.spaceOf(key)
    counts.set(space, (counts.get(space) ?? 0) + 1)
    yield rowOf(layout.rowPrefix(account) + key, value)
  }
  // Looked at as soon as the relay runs, which finds the next instant by itself.
  yield* headRows(account, repaired.rows.size, counts, repaired.rows.has('login/opaque') ? now : null)
}

async function meta(rows: Reading, key: string): Promise<unknown> {
  return readMeta(rows, key).catch(() => undefined)
}

/** A moment in a file's name. */
export function stampOf(now: number): string {
  return new Date(now).toISOString().replace(/[-:]/g, '').slice(0, 15)
}
