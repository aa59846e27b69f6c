import type { Reading } from './engine.ts'
import type { Soon } from './soon.ts'

/**
 * The store port: an ordered key-value map per account, with transactions over one or two accounts.
 *
 * `transact` takes its accounts in order, runs `fn`, queues the writes and lets the accounts go; the promise resolves
 * once the batch they went into is on disk. Transactions ready while a synced write is under way share the next one
 * (group commit). `read` likewise waits for the sync of whatever it has seen: nothing leaves before it is on disk, but
 * for what was written `aside`.
 */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined }

/** A key is `<space>/<rest>`: the store counts rows per space. No NUL; ordered by UTF-8 bytes. */
export type Key = string

/** Writes say what they mean, so that rows can be counted without reading. */
export type Write =
  | { op: 'insert' | 'replace'; key: Key; value: unknown }
  /** With the value as JSON, where that has been made already. */
  | { op: 'insert' | 'replace'; key: Key; json: string }
  | { op: 'remove'; key: Key }

export interface RangeQuery {
  gte?: Key
  gt?: Key
  lt?: Key
  lte?: Key
  reverse?: boolean
  limit?: number
}

export interface Reader {
  /** How many transactions this account has had: changes with every one. */
  readonly version: number
  /** Rows per space, as the account's head counts them. */
  readonly rows: ReadonlyMap<string, number>
  /** The instant this account is to be woken at. */
  readonly wake: number | null
  /** The value, or undefined; a promise of it where the engine has to wait. */
  get(key: Key): Soon<unknown>
  range(query: RangeQuery): Promise<[Key, unknown][]>
  /** The same, with each value as JSON text: for what is only passed on. */
  texts(query: RangeQuery): Promise<[Key, string][]>
}

export interface Decision<T> {
  /** One list per account, in the order the accounts were given. */
  writes: readonly (readonly Write[])[]
  /** Per account: the next instant it wants to be woken at (null: none; undefined: as it is). */
  wake?: readonly (number | null | undefined)[]
  /**
   * Of its account only transactions wait until these writes are on disk: a `read` may be answered before, and may tell of
   * what a crash then undoes. For what nothing is built on. Default: nobody is told of them before.
   */
  aside?: boolean
  result: T
  /** Told when the writes are queued: transactions that follow see them, the disk does not have them yet. */
  queued?: () => void
}

export interface Store {
  /** The epoch of all logs in this store: grows by one at a restore. */
  readonly epoch: number
  read<T>(account: string, fn: (reader: Reader) => Soon<T>): Promise<T>
  /** `fn` reads through its readers, touches nothing else, and may be run again. */
  transact<T>(accounts: readonly string[], fn: (readers: readonly Reader[]) => Soon<Decision<T>>): Promise<T>
  /** Accounts whose wake instant is at or before `until`, earliest first. */
  wakes(until: number, limit: number): Promise<{ at: number; account: string }[]>
  /** The earliest wake instant of all, or null. */
  nextWake(): Promise<number | null>
  /** All accounts, in order, a page at a time. */
  accounts(after: string | null, limit: number): Promise<string[]>
  /** All rows as they are on disk now, for as long as `fn` takes; writes go on meanwhile. */
  view<T>(fn: (rows: Reading) => Promise<T>): Promise<T>
  /** Resolves with the cause if a write failed: the process must end. Never resolves otherwise. */
  readonly failed: Promise<Error>
  close(): Promise<void>
}

/** A store that cannot be trusted or opened. `reason` is for the caller's own error table. */
export class StoreError extends Error {
  readonly reason: 'format' | 'damaged' | 'locked' | 'full' | 'io'
  constructor(reason: StoreError['reason'], message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause })
    this.name = 'StoreError'
    this.reason = reason
  }
}
