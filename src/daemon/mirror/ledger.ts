import type { Reader, Store } from '../../store/store.ts'
import { STORE_ACCOUNT, within } from './rows.ts'
import { emptyState, fold, IN_MEMORY, type State } from './state.ts'
import { Tx } from './tx.ts'

/** A change that memory has. */
export interface Decided<T> {
  result: T
  /** Resolves when the disk has it too. */
  onDisk: Promise<void>
}

type Change<T> = (tx: Tx) => Promise<T> | T

/**
 * The profile's rows: on disk, and most of them in memory. Changes run one after another, so each sees the one before.
 * Memory moves as soon as a change is decided and on its way to the disk. What is made here is told of only once it is
 * there; what the relay has said the relay has.
 */
export class Ledger {
  readonly #store: Store
  readonly #state: State
  #kept: Promise<void> = Promise.resolve()
  #sound = true

  private constructor(store: Store, state: State) {
    this.#store = store
    this.#state = state
  }

  static async open(store: Store): Promise<Ledger> {
    const state = emptyState()
    await store.read(STORE_ACCOUNT, async (reader) => {
      for (const space of IN_MEMORY) {
        if ((reader.rows.get(space) ?? 0) === 0) continue
        for (const [key, value] of await reader.range(within(space))) fold(state, key, value)
      }
    })
    return new Ledger(store, state)
  }

  get state(): Readonly<State> {
    return this.#state
  }

  /**
   * A change that is made here; resolves when it is on disk. `fn` may be run again: it reads and puts through its
   * transaction and touches nothing else. `decided` is told when memory has it.
   */
  async change<T>(fn: Change<T>, decided: () => void = () => {}): Promise<T> {
    const { result, onDisk } = await this.#decide(fn, (onDisk) => {
      this.#kept = onDisk
      decided()
    })
    await onDisk
    return result
  }

  /** A change to what the relay has said; resolves when memory has it. Lost on the way to the disk, it is said again. */
  take<T>(fn: Change<T>): Promise<Decided<T>> {
    return this.#decide(fn, () => {})
  }

  /** Reads rows as memory has them. */
  async read<T>(fn: (reader: Reader) => Promise<T> | T): Promise<T> {
    return (
      await this.#decide(
        (tx) => fn(tx.reader),
        () => {},
      )
    ).result
  }

  /** Resolves when all that was made here so far is on disk. Rejects with StoreError 'io'. */
  kept(): Promise<void> {
    return this.#kept
  }

  /** False once a write has failed: memory is then ahead of the disk for good, and the process ends. */
  get sound(): boolean {
    return this.#sound
  }

  #decide<T>(fn: Change<T>, decided: (onDisk: Promise<void>) => void): Promise<Decided<T>> {
    return new Promise((resolve, reject) => {
      let isQueued = false
      const onDisk: Promise<void> = this.#store.transact([STORE_ACCOUNT], async ([reader]) => {
        if (reader === undefined) throw new Error('a transaction over one account has one reader')
        const tx = new Tx(this.#state, reader)
        const result = await fn(tx)
        const queued = () => {
          isQueued = true
          for (const [key, value] of tx.puts) fold(this.#state, key, value)
          decided(onDisk)
          resolve({ result, onDisk })
        }
        return { writes: [await tx.writes()], result: undefined, queued }
      })
      onDisk.catch((error: unknown) => {
        if (isQueued) this.#sound = false
        reject(error)
      })
    })
  }
}
