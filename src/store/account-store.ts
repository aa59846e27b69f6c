import { AccountReader } from './account-reader.ts'
import { batchOps } from './batch-ops.ts'
import { openRow } from './codec.ts'
import type { Engine, Reading } from './engine.ts'
import { type Batch, GroupCommit } from './group-commit.ts'
import { type Head, HeadCache, recount } from './heads.ts'
import * as layout from './layout.ts'
import { AccountLocks, type Locks, lockOrder } from './locks.ts'
import { type FormatOptions, type Opened, openFormat } from './open-format.ts'
import { Reserve } from './reserve.ts'
import { type Soon, soon } from './soon.ts'
import { type Staged, stage, verifyWrites } from './stage.ts'
import { type Decision, type Reader, type Store, StoreError } from './store.ts'
import type { Witness } from './witness.ts'

/** Engine and witness belong to the store from here on: closed with it, and when opening fails. */
export interface StoreOptions extends FormatOptions {
  /** Refuses inserts of rows that exist and replaces and removes of rows that do not: costs a read each, for tests. */
  verifyWrites?: boolean
  /** Heads kept in memory. Default 10,000. */
  cachedHeads?: number
  /** Default: exclusion within this process. */
  locks?: Locks
}

/** Rejects with StoreError 'format' (a newer version or another kind), 'damaged', 'full' or 'io'. */
export async function openStore(options: StoreOptions): Promise<Store> {
  try {
    return new AccountStore(options, await openFormat(options))
  } catch (error) {
    await Promise.all([options.engine.close(), options.witness?.close()])
    throw error
  }
}

/** How a transaction came out, and the commit its answer waits for: the last of what it may tell of. */
type Decided<T> = { commit: number } & ({ result: T } | { refusal: unknown })

type Decide<T> = (readers: readonly Reader[]) => Soon<Decision<T>>

class AccountStore implements Store {
  readonly epoch: number
  readonly failed: Promise<Error>
  readonly #engine: Engine
  readonly #witness: Witness | null
  readonly #commits: GroupCommit
  readonly #heads: HeadCache
  readonly #locks: Locks
  readonly #reserve: Reserve | null
  readonly #verifyWrites: boolean
  #running = 0
  #whenIdle: () => void = () => {}
  #closing: Promise<void> | null = null

  constructor(options: StoreOptions, { epoch, commit }: Opened) {
    this.epoch = epoch
    this.#engine = options.engine
    this.#witness = options.witness
    this.#commits = new GroupCommit((batch) => this.#write(batch), commit)
    this.failed = this.#commits.failed
    this.#heads = new HeadCache(options.engine, options.cachedHeads ?? 10_000, (n) => this.#commits.isOnDisk(n))
    this.#locks = options.locks ?? new AccountLocks()
    this.#reserve = options.reserve === undefined ? null : new Reserve(options.reserve)
    this.#verifyWrites = options.verifyWrites ?? false
  }

  /** A transaction that writes nothing, and waits for nothing that was written aside. */
  read<T>(account: string, fn: (reader: Reader) => Soon<T>): Promise<T> {
    const decide: Decide<T> = ([reader]) => soon(fn(reader as Reader), (result) => ({ writes: [[]], result }))
    return this.#onDisk(this.#inTurn([account], decide, ({ told }) => told))
  }

  /**
   * Runs with the accounts locked, lets them go, and settles once all that was queued for them is on disk: an answer,
   * a refusal too, may tell of what others have queued. While it waits it holds nothing but the answer.
   */
  transact<T>(accounts: readonly string[], fn: Decide<T>): Promise<T> {
    return this.#onDisk(this.#inTurn(accounts, fn, ({ commit }) => commit))
  }

  /** `awaited`: the commit of an account that the answer has to wait for. */
  async #inTurn<T>(accounts: readonly string[], fn: Decide<T>, awaited: (head: Head) => number): Promise<Decided<T>> {
    const order = lockOrder(accounts)
    this.#enter()
    const turn = this.#locks.acquire(order)
    if (turn !== undefined) await turn
    let heads: readonly Head[] = []
    const commit = () => heads.reduce((last, head) => Math.max(last, awaited(head)), 0)
    try {
      const loaded = this.#headsOf(accounts)
      heads = loaded instanceof Promise ? await loaded : loaded
      const result = this.#decide(heads, fn)
      return { result: result instanceof Promise ? await result : result, commit: commit() }
    } catch (refusal) {
      return { refusal, commit: commit() }
    } finally {
      this.#locks.release(order)
    }
  }

  async #onDisk<T>(deciding: Promise<Decided<T>>): Promise<T> {
    const decided = await deciding
    try {
      const synced = this.#commits.onDisk(decided.commit)
      if (synced !== undefined) await synced
    } finally {
      this.#leave()
    }
    if ('refusal' in decided) throw decided.refusal
    return decided.result
  }

  wakes(until: number, limit: number): Promise<{ at: number; account: string }[]> {
    if (until < 0) return Promise.resolve([])
    const upTo = layout.wakesUpTo(Math.min(Math.floor(until), Number.MAX_SAFE_INTEGER))
    return this.#run(async () => {
      const rows = await this.#engine.range({ gte: layout.WAKES.gte, lt: upTo, limit })
      return rows.map(([key, row]) => {
        openRow(key, row)
        return layout.wakeOfKey(key)
      })
    })
  }

  async nextWake(): Promise<number | null> {
    const [first] = await this.wakes(Number.MAX_SAFE_INTEGER, 1)
    return first?.at ?? null
  }

  accounts(after: string | null, limit: number): Promise<string[]> {
    return this.#run(async () => {
      const from = after === null ? { gte: layout.HEADS.gte } : { gt: layout.headKey(after) }
      const rows = await this.#engine.range({ ...from, lt: layout.HEADS.lt, limit })
      return rows.map(([key, row]) => {
        openRow(key, row)
        return layout.accountOfHead(key)
      })
    })
  }

  view<T>(fn: (rows: Reading) => Promise<T>): Promise<T> {
    return this.#run(async () => {
      const view = this.#engine.view()
      try {
        return await fn(view)
      } finally {
        await view.close()
      }
    })
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    if (this.#running > 0) {
      await new Promise<void>((resolve) => {
        this.#whenIdle = resolve
      })
    }
    await this.#engine.close()
    await this.#witness?.close()
  }

  /** Throws StoreError 'io' when the store takes no more. Whoever has entered leaves. */
  #enter(): void {
    if (this.#closing !== null) throw new StoreError('io', 'the store is closed')
    this.#commits.assertSound()
    this.#running++
  }

  #leave(): void {
    this.#running--
    if (this.#running === 0) this.#whenIdle()
  }

  async #run<T>(work: () => Promise<T>): Promise<T> {
    this.#enter()
    try {
      return await work()
    } finally {
      this.#leave()
    }
  }

  #headsOf(accounts: readonly string[]): Soon<readonly Head[]> {
    const heads = accounts.map((account) => this.#heads.load(account))
    return heads.some((head) => head instanceof Promise) ? Promise.all(heads) : (heads as Head[])
  }

  #decide<T>(heads: readonly Head[], fn: Decide<T>): Soon<T> {
    const readers = heads.map((head) => new AccountReader(head, this.#engine, this.#commits))
    return soon(fn(readers), (decision) => {
      if (decision.writes.length !== heads.length) throw new TypeError('a decision has one list of writes per account')
      const staged = heads.map((head, i) => stageFor(head, decision, i))
      return soon(this.#permit(readers, decision, staged), () => {
        // Another writer came between: what was read no longer holds.
        if (heads.some((head, i) => head.version !== readers[i]?.version)) return this.#decide(heads, fn)
        for (const [i, head] of heads.entries()) this.#queue(head, staged[i] ?? null, decision.aside ?? false)
        decision.queued?.()
        return decision.result
      })
    })
  }

  /** Throws or rejects where the disk has no room for it, or a write does not say what it does. */
  #permit(readers: readonly Reader[], decision: Decision<unknown>, staged: readonly (Staged | null)[]): Soon<void> {
    if (staged.every((changes) => changes === null)) return undefined
    const chars = staged.reduce((sum, changes) => sum + (changes?.chars ?? 0), 0)
    return soon(this.#reserve?.check(chars), () => {
      return this.#verifyWrites ? verifyWrites(readers, decision) : undefined
    })
  }

  #queue(head: Head, staged: Staged | null, aside: boolean): void {
    if (staged === null) return
    head.version++
    recount(head, staged.counts)
    if (staged.wake !== undefined) head.wake = staged.wake
    this.#commits.queue(head, staged.rows, aside)
    this.#heads.hold(head)
  }

  /** The witness hears of a batch only once it is on disk: it may fall behind the store, never run ahead of it. */
  async #write(batch: Batch): Promise<void> {
    await this.#engine.write(batchOps(batch))
    await this.#witness?.write(batch.commit)
  }
}

function stageFor(head: Head, decision: Decision<unknown>, i: number): Staged | null {
  const wake = decision.wake?.[i]
  return stage(decision.writes[i] ?? [], wake === head.wake ? undefined : wake, head.rows)
}
