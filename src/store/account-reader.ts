import { decodeRow, openRow } from './codec.ts'
import type { Engine, EngineRange } from './engine.ts'
import type { GroupCommit } from './group-commit.ts'
import type { Head, Rows } from './heads.ts'
import { compareKeys } from './key-order.ts'
import { rowPrefix } from './layout.ts'
import { soon } from './soon.ts'
import { type Key, type RangeQuery, type Reader, StoreError } from './store.ts'

/** Reads one account: what is on disk under what is queued. Good for as long as the account is locked. */
export class AccountReader implements Reader {
  readonly version: number
  readonly rows: Rows
  readonly wake: number | null
  readonly #account: string
  readonly #prefix: string
  readonly #engine: Engine
  readonly #commits: GroupCommit

  constructor(head: Head, engine: Engine, commits: GroupCommit) {
    this.version = head.version
    this.rows = head.rows
    this.wake = head.wake
    this.#account = head.account
    this.#prefix = rowPrefix(head.account)
    this.#engine = engine
    this.#commits = commits
  }

  get(key: Key): unknown {
    const pending = this.#commits.pending(this.#account, key)
    if (pending !== undefined) return pending === null ? undefined : JSON.parse(pending)
    const fullKey = this.#prefix + key
    return soon(this.#engine.get(fullKey), (row) => (row === undefined ? undefined : decodeRow(fullKey, row)))
  }

  async range(query: RangeQuery): Promise<[Key, unknown][]> {
    return (await this.texts(query)).map(([key, json]) => [key, JSON.parse(json)])
  }

  async texts(query: RangeQuery): Promise<[Key, string][]> {
    const limit = query.limit ?? Number.POSITIVE_INFINITY
    if (limit <= 0) return []
    // Taken before the disk is asked: what reaches the disk meanwhile is then in both, and the same.
    const pending = this.#pendingWithin(query)
    const stored = await this.#engine.range(this.#onDisk(query, limit + pending.size))
    const rows = new Map<Key, string>()
    for (const [fullKey, row] of stored) {
      const key = fullKey.slice(this.#prefix.length)
      if (!pending.has(key)) rows.set(key, openRow(fullKey, row))
    }
    const found = pending.size === 0 ? [...rows] : merge(rows, pending, query.reverse === true)
    this.#assertComplete(query, found.length)
    return found.slice(0, limit)
  }

  #pendingWithin(query: RangeQuery): Map<Key, string | null> {
    const within = new Map<Key, string | null>()
    for (const [key, json] of this.#commits.pendingRows(this.#account)) {
      if (isWithin(query, key)) within.set(key, json)
    }
    return within
  }

  #onDisk(query: RangeQuery, limit: number): EngineRange {
    const { gt, gte = '', lt, lte } = query
    const range: EngineRange = {}
    if (gt !== undefined && compareKeys(gt, gte) >= 0) range.gt = this.#prefix + gt
    else range.gte = this.#prefix + gte
    if (lt !== undefined && (lte === undefined || compareKeys(lt, lte) <= 0)) range.lt = this.#prefix + lt
    else if (lte !== undefined) range.lte = this.#prefix + lte
    else range.lt = `${this.#prefix.slice(0, -1)}0`
    if (query.reverse === true) range.reverse = true
    if (limit !== Number.POSITIVE_INFINITY) range.limit = limit
    return range
  }

  /** A whole space has as many rows as the head counts, or some of them were lost. */
  #assertComplete(query: RangeQuery, found: number): void {
    const space = wholeSpace(query)
    if (space === null) return
    const counted = this.rows.get(space) ?? 0
    if (found !== counted) throw new StoreError('damaged', `space "${space}" has ${found} rows and counts ${counted}`)
  }
}

function isWithin(query: RangeQuery, key: Key): boolean {
  return (
    (query.gte === undefined || compareKeys(key, query.gte) >= 0) &&
    (query.gt === undefined || compareKeys(key, query.gt) > 0) &&
    (query.lte === undefined || compareKeys(key, query.lte) <= 0) &&
    (query.lt === undefined || compareKeys(key, query.lt) < 0)
  )
}

/** The space a query asks for from end to end, `space/` up to `space0`; else null. */
function wholeSpace({ gte, gt, lt, lte, limit }: RangeQuery): string | null {
  if (gte === undefined || lt === undefined || gt !== undefined || lte !== undefined || limit !== undefined) return null
  const space = gte.slice(0, -1)
  return gte === `${space}/` && lt === `${space}0` && !space.includes('/') ? space : null
}

function merge(stored: Map<Key, string>, pending: Map<Key, string | null>, reverse: boolean): [Key, string][] {
  const rows = [...stored]
  for (const [key, json] of pending) if (json !== null) rows.push([key, json])
  return rows.sort(reverse ? ([a], [b]) => compareKeys(b, a) : ([a], [b]) => compareKeys(a, b))
}
