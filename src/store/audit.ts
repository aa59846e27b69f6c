/**
 * Walks every row of a store and names what is wrong with it. Reads only. Memory is bounded by the largest account's
 * check, never by the store.
 */
import { decodeRow } from './codec.ts'
import type { Reading } from './engine.ts'
import { type Head, parseHead, type Rows } from './heads.ts'
import * as layout from './layout.ts'
import { readCommit, readMeta } from './open-format.ts'
import { StoreError } from './store.ts'

/** `account` null: of the whole store. `row`: the key within it, or what the store calls it. */
export interface Problem {
  account: string | null
  row: string
  what: string
}

/** What is known of an account beyond its rows' own checksums: told each sound row, in order, then asked. */
export interface AccountCheck {
  row(key: string, value: unknown): void
  end(): Iterable<Omit<Problem, 'account'>>
}

export type CheckOf = (account: string) => AccountCheck

const NO_CHECK: AccountCheck = { row: () => {}, end: () => [] }
const ROWS_AT_ONCE = 256

/** All problems, as they are found. Rejects with StoreError where the engine itself cannot read on. */
export async function* audit(rows: Reading, checkOf: CheckOf = () => NO_CHECK): AsyncGenerator<Problem> {
  yield* auditStore(rows)
  for await (const account of accountsWithRows(rows)) yield* auditAccount(rows, account, checkOf(account))
  for await (const [key, row] of pages(rows, layout.HEADS)) {
    const account = layout.accountOfHead(key)
    // Of those with rows all has been said.
    if ((await firstRow(rows, account)) === null) yield* auditEmpty(rows, account, key, row)
  }
  yield* auditWakes(rows)
}

/** The rows of the store itself; its witness is another file, and somebody else's to ask. */
async function* auditStore(rows: Reading): AsyncGenerator<Problem> {
  const of = (row: string, what: string) => ({ account: null, row, what })
  for (const key of [layout.FORMAT_KEY, layout.EPOCH_KEY]) {
    const value = await readMeta(rows, key).catch(damage)
    if (value === undefined) yield of(key, 'is missing')
    if (value instanceof StoreError) yield of(key, 'does not match its checksum')
  }
  const commit = await readCommit(rows).catch(damage)
  if (commit instanceof StoreError) yield of('!commit', commit.message)
}

async function* auditAccount(rows: Reading, account: string, check: AccountCheck): AsyncGenerator<Problem> {
  const counts = new Map<string, number>()
  for await (const [fullKey, row] of pages(rows, rangeOf(account))) {
    const key = fullKey.slice(layout.rowPrefix(account).length)
    const space = layout.spaceOf(key)
    counts.set(space, (counts.get(space) ?? 0) + 1)
    const value = open(fullKey, row)
    if (value instanceof StoreError) yield { account, row: key, what: 'does not match its checksum' }
    else check.row(key, value)
  }
  const head = await headOf(rows, account)
  if (head === null) yield { account, row: 'head', what: 'is missing or does not match its checksum' }
  else yield* auditHead(rows, account, head, counts)
  for (const problem of check.end()) yield { account, ...problem }
}

/** An account without rows: it was never used, or all of them are lost. */
async function* auditEmpty(rows: Reading, account: string, key: string, row: string): AsyncGenerator<Problem> {
  const value = open(key, row)
  if (value instanceof StoreError) yield { account, row: 'head', what: 'does not match its checksum' }
  else yield* auditHead(rows, account, parseHead(account, value), new Map())
}

async function* auditHead(rows: Reading, account: string, head: Head, found: Rows): AsyncGenerator<Problem> {
  for (const space of new Set([...head.rows.keys(), ...found.keys()])) {
    const [counted, there] = [head.rows.get(space) ?? 0, found.get(space) ?? 0]
    if (counted !== there) yield { account, row: space, what: `has ${there} rows and counts ${counted}` }
  }
  if (head.wake !== null && (await rows.get(layout.wakeKey(head.wake, account))) === undefined) {
    yield { account, row: 'wake', what: 'is missing in the wake index' }
  }
}

async function* auditWakes(rows: Reading): AsyncGenerator<Problem> {
  for await (const [key, row] of pages(rows, layout.WAKES)) {
    const { at, account } = layout.wakeOfKey(key)
    if (open(key, row) instanceof StoreError) {
      yield { account, row: 'wake', what: 'does not match its checksum' }
    } else if ((await headOf(rows, account))?.wake !== at) {
      yield { account, row: 'wake', what: 'is in the wake index and nowhere else' }
    }
  }
}

/** All accounts that have a row, head or not, in the order of their rows. */
export async function* accountsWithRows(rows: Reading): AsyncGenerator<string> {
  let from = 'a/'
  for (;;) {
    const [first] = await rows.range({ gte: from, lt: 'a0', limit: 1 })
    if (first === undefined) return
    const [account] = layout.splitKey(first[0])
    yield account
    from = `a/${account}0`
  }
}

/** All rows within a range, as the engine has them. */
export async function* pages(
  rows: Reading,
  { gte, lt }: { gte: string; lt: string },
): AsyncGenerator<[string, string]> {
  let from: { gte: string } | { gt: string } = { gte }
  for (;;) {
    const page = await rows.range({ ...from, lt, limit: ROWS_AT_ONCE })
    yield* page
    const last = page.at(-1)
    if (last === undefined || page.length < ROWS_AT_ONCE) return
    from = { gt: last[0] }
  }
}

export function rangeOf(account: string): { gte: string; lt: string } {
  return { gte: layout.rowPrefix(account), lt: `a/${account}0` }
}

/** Null where it is missing or damaged. */
export async function headOf(rows: Reading, account: string): Promise<Head | null> {
  const key = layout.headKey(account)
  const row = await rows.get(key)
  if (row === undefined) return null
  const value = open(key, row)
  return value instanceof StoreError ? null : parseHead(account, value)
}

/** The value of a row, or what is wrong with it. */
export function open(key: string, row: string): unknown {
  try {
    return decodeRow(key, row)
  } catch (error) {
    return damage(error)
  }
}

async function firstRow(rows: Reading, account: string): Promise<string | null> {
  const [first] = await rows.range({ ...rangeOf(account), limit: 1 })
  return first?.[0] ?? null
}

function damage(error: unknown): StoreError {
  if (error instanceof StoreError && error.reason === 'damaged') return error
  throw error
}
