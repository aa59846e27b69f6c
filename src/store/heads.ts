import { decodeRow } from './codec.ts'
import type { Engine } from './engine.ts'
import { headKey, rowPrefix } from './layout.ts'
import { StoreError } from './store.ts'

/** A map, since a space may have any name. */
export type Rows = ReadonlyMap<string, number>

/** What the store knows of an account, as of the last transaction queued. */
export interface Head {
  readonly account: string
  version: number
  /** Changed as the account's next transaction is queued: a reader is good for no longer than the one it was made for. */
  readonly rows: Map<string, number>
  wake: number | null
  /** The instant the wake index has for the account, once all batches under way are on disk. */
  indexedWake: number | null
  /** The last commit that carries writes of this account. */
  commit: number
  /** The last that carries such as nobody may be told of before they are on disk. */
  told: number
}

export function headJson(head: { version: number; rows: Rows; wake: number | null }): string {
  return JSON.stringify({ version: head.version, rows: Object.fromEntries(head.rows), wake: head.wake })
}

/** Takes over how many rows there are now, per space. */
export function recount({ rows }: Pick<Head, 'rows'>, counts: Rows | null): void {
  counts?.forEach((count, space) => {
    if (count === 0) rows.delete(space)
    else rows.set(space, count)
  })
}

/** The heads of recent accounts. Those not yet on disk stay, however many there are. */
export class HeadCache {
  readonly #engine: Engine
  readonly #capacity: number
  readonly #isOnDisk: (commit: number) => boolean
  /** Least recently used first. */
  readonly #heads = new Map<string, Head>()

  constructor(engine: Engine, capacity: number, isOnDisk: (commit: number) => boolean) {
    this.#engine = engine
    this.#capacity = capacity
    this.#isOnDisk = isOnDisk
  }

  /** The head, in the cache from now on. Rejects with StoreError 'damaged' if it is lost or does not check. */
  load(account: string): Head | Promise<Head> {
    const known = this.#heads.get(account)
    if (known === undefined) return this.#fetch(account)
    this.#keep(known)
    return known
  }

  /** Puts a head back that left while its account was in use. */
  hold(head: Head): void {
    if (this.#heads.get(head.account) !== head) this.#keep(head)
  }

  /** Makes this head the most recently used. */
  #keep(head: Head): void {
    this.#heads.delete(head.account)
    this.#heads.set(head.account, head)
    for (const [account, oldest] of this.#heads) {
      if (this.#heads.size <= this.#capacity || !this.#isOnDisk(oldest.commit)) return
      this.#heads.delete(account)
    }
  }

  async #fetch(account: string): Promise<Head> {
    const key = headKey(account)
    const row = await this.#engine.get(key)
    const head = row === undefined ? await this.#newHead(account) : parseHead(account, decodeRow(key, row))
    const meanwhile = this.#heads.get(account)
    if (meanwhile !== undefined) return meanwhile
    this.#keep(head)
    return head
  }

  async #newHead(account: string): Promise<Head> {
    const orphans = await this.#engine.range({ gte: rowPrefix(account), lt: `a/${account}0`, limit: 1 })
    if (orphans.length > 0) throw new StoreError('damaged', "an account's head is missing")
    return { account, version: 0, rows: new Map(), wake: null, indexedWake: null, commit: 0, told: 0 }
  }
}

/** A head as its row says. */
export function parseHead(account: string, value: unknown): Head {
  const { version, rows, wake } = value as { version: number; rows: Record<string, number>; wake: number | null }
  return { account, version, rows: new Map(Object.entries(rows)), wake, indexedWake: wake, commit: 0, told: 0 }
}
