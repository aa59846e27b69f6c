import type { Head } from './heads.ts'
import { type Key, StoreError } from './store.ts'

/** A row as JSON text; null removes it. */
export type PendingRows = ReadonlyMap<Key, string | null>

/** Writes that reach the disk together, by account. */
export interface Batch {
  readonly commit: number
  readonly accounts: ReadonlyMap<string, { readonly head: Head; readonly rows: PendingRows }>
}

/**
 * One batch is on its way to the disk at a time; whatever is queued meanwhile goes into the next. A commit that fails
 * is the last: how much of it is on disk is not known, and nothing may build on it.
 */
export class GroupCommit {
  /** Resolves with the cause when a batch could not be written. */
  readonly failed: Promise<Error>
  readonly #write: (batch: Batch) => Promise<void>
  #synced: number
  #open: OpenBatch
  #flying: OpenBatch | null = null
  #busy = false
  #failure: StoreError | null = null
  #reportFailure: (cause: Error) => void = () => {}

  /** `write` resolves when the batch is on disk; `commit` is the number of the last one that is. */
  constructor(write: (batch: Batch) => Promise<void>, commit: number) {
    this.#write = write
    this.#synced = commit
    this.#open = new OpenBatch(commit + 1)
    this.failed = new Promise((resolve) => {
      this.#reportFailure = resolve
    })
  }

  /** Throws StoreError 'io' once a batch has failed. */
  assertSound(): void {
    if (this.#failure !== null) throw this.#failure
  }

  isOnDisk(commit: number): boolean {
    return commit <= this.#synced
  }

  /** Resolves when the commit is on disk, rejects if it never will be. Undefined: it is. */
  onDisk(commit: number): Promise<void> | undefined {
    if (commit <= this.#synced) return undefined
    return commit === this.#open.commit ? this.#open.done : this.#flying?.done
  }

  /**
   * Adds rows to the next batch and sets off. The head is written with them as it is when the batch leaves.
   * After a failure the next batch never leaves, and `onDisk` rejects. `aside`: readers need not wait for them.
   */
  queue(head: Head, rows: Iterable<readonly [Key, string | null]>, aside: boolean): void {
    head.commit = this.#open.commit
    if (!aside) head.told = head.commit
    this.#open.add(head, rows)
    if (!this.#busy) {
      this.#busy = true
      void this.#run()
    }
  }

  /** What is queued and not yet on disk for a row: its JSON, null if removed, undefined if nothing is. */
  pending(account: string, key: Key): string | null | undefined {
    const queued = this.#open.accounts.get(account)?.rows.get(key)
    return queued === undefined ? this.#flying?.accounts.get(account)?.rows.get(key) : queued
  }

  /** All of the account's rows that are not yet on disk, older first: a later entry of a key replaces an earlier. */
  *pendingRows(account: string): Iterable<readonly [Key, string | null]> {
    yield* this.#flying?.accounts.get(account)?.rows ?? []
    yield* this.#open.accounts.get(account)?.rows ?? []
  }

  async #run(): Promise<void> {
    // Transactions that are ready in the same turn share a batch.
    await Promise.resolve()
    while (this.#open.accounts.size > 0) {
      const batch = this.#open
      this.#flying = batch
      this.#open = new OpenBatch(batch.commit + 1)
      try {
        await this.#write(batch)
      } catch (error) {
        this.#fail(batch, error)
        return
      }
      this.#synced = batch.commit
      this.#flying = null
      batch.resolve()
    }
    this.#busy = false
  }

  /** Stays busy, so that nothing is written any more. */
  #fail(batch: OpenBatch, error: unknown): void {
    this.#failure = new StoreError('io', 'a write failed; the store takes no more', error)
    batch.reject(this.#failure)
    this.#open.reject(this.#failure)
    this.#reportFailure(error instanceof Error ? error : this.#failure)
  }
}

class OpenBatch implements Batch {
  readonly commit: number
  readonly accounts = new Map<string, { readonly head: Head; readonly rows: Map<Key, string | null> }>()
  readonly done: Promise<void>
  resolve: () => void = () => {}
  reject: (error: Error) => void = () => {}

  constructor(commit: number) {
    this.commit = commit
    this.done = new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
    // Its transactions wait for it; a rejection that came before they did is no stray one.
    this.done.catch(() => {})
  }

  add(head: Head, rows: Iterable<readonly [Key, string | null]>): void {
    let pending = this.accounts.get(head.account)
    if (pending === undefined) {
      pending = { head, rows: new Map() }
      this.accounts.set(head.account, pending)
    }
    for (const [key, json] of rows) pending.rows.set(key, json)
  }
}
