import type { Engine, EngineOp, EngineRange, EngineView } from './engine.ts'
import { compareKeys } from './key-order.ts'
import { StoreError } from './store.ts'

export interface MemoryDiskOptions {
  /** Waited for by every write before it counts as synced: a simulation's disk latency. */
  sync?: () => Promise<void>
  /** It begins with what is on this disk now. */
  like?: MemoryDisk
}

/**
 * A disk that outlives its handles and can lose power. For tests and simulations: a write is on it only once its sync
 * is through, and a crash loses the write under way.
 */
export class MemoryDisk {
  /** Writes that have reached the disk. */
  writes = 0
  readonly #rows: SortedRows
  readonly #sync: () => Promise<void>
  #handle: MemoryEngine | null = null
  #held: { gate: Promise<void>; open: () => void } | null = null
  #nextFailure: Error | null = null
  #unsynced: (readonly EngineOp[])[] = []

  constructor(options: MemoryDiskOptions = {}) {
    this.#sync = options.sync ?? (() => Promise.resolve())
    this.#rows = options.like === undefined ? new SortedRows() : options.like.#rows.copy()
  }

  /** Rejects with StoreError 'locked' while another handle is open. */
  async open(): Promise<Engine> {
    if (this.#handle !== null) throw new StoreError('locked', 'the disk is open elsewhere')
    const handle: MemoryEngine = new MemoryEngine(this.#rows, {
      write: (ops) => this.#write(handle, ops),
      close: () => {
        if (this.#handle === handle) this.#handle = null
      },
    })
    this.#handle = handle
    return handle
  }

  /** Keeps writes from being synced until the returned function is called. */
  holdSync(): () => void {
    let open = () => {}
    const gate = new Promise<void>((resolve) => {
      open = resolve
    })
    const held = { gate, open }
    this.#held = held
    return () => {
      if (this.#held === held) this.#held = null
      open()
    }
  }

  /** The next write rejects with this and changes nothing. */
  failNextWrite(error: Error): void {
    this.#nextFailure = error
  }

  /**
   * Power loss: the handle is dead, its writes under way reject. They are lost, or, as can happen on a real disk, on it
   * though nobody was told.
   */
  crash(unsynced: 'lost' | 'kept' = 'lost'): void {
    if (unsynced === 'kept') for (const ops of this.#unsynced) this.#rows.apply(ops)
    this.#unsynced = []
    this.#handle?.die()
    this.#handle = null
    this.#held?.open()
    this.#held = null
  }

  async #write(handle: MemoryEngine, ops: readonly EngineOp[]): Promise<void> {
    const failure = this.#nextFailure
    this.#nextFailure = null
    if (failure !== null) throw failure
    this.#unsynced.push(ops)
    await this.#sync()
    if (this.#held !== null) await this.#held.gate
    handle.assertOpen()
    this.#unsynced.splice(this.#unsynced.indexOf(ops), 1)
    this.#rows.apply(ops)
    this.writes++
  }
}

class MemoryEngine implements Engine {
  readonly #rows: SortedRows
  readonly #disk: { write(ops: readonly EngineOp[]): Promise<void>; close(): void }
  #open = true

  constructor(rows: SortedRows, disk: { write(ops: readonly EngineOp[]): Promise<void>; close(): void }) {
    this.#rows = rows
    this.#disk = disk
  }

  get(key: string): string | undefined {
    this.assertOpen()
    return this.#rows.get(key)
  }

  async range(query: EngineRange): Promise<[string, string][]> {
    this.assertOpen()
    return this.#rows.range(query)
  }

  async write(ops: EngineOp[]): Promise<void> {
    this.assertOpen()
    await this.#disk.write(ops)
  }

  view(): EngineView {
    this.assertOpen()
    const rows = this.#rows.copy()
    return { get: (key) => rows.get(key), range: async (query) => rows.range(query), close: async () => {} }
  }

  async close(): Promise<void> {
    this.die()
    this.#disk.close()
  }

  die(): void {
    this.#open = false
  }

  assertOpen(): void {
    if (!this.#open) throw new StoreError('io', 'the disk is gone')
  }
}

/** A map and its keys in order. */
class SortedRows {
  readonly #values: Map<string, string>
  readonly #keys: string[]

  constructor(values: Iterable<[string, string]> = [], keys: Iterable<string> = []) {
    this.#values = new Map(values)
    this.#keys = [...keys]
  }

  copy(): SortedRows {
    return new SortedRows(this.#values, this.#keys)
  }

  get(key: string): string | undefined {
    return this.#values.get(key)
  }

  apply(ops: readonly EngineOp[]): void {
    for (const op of ops) {
      if (op.type === 'put') this.#put(op.key, op.value)
      else if (this.#values.delete(op.key)) this.#keys.splice(this.#position(op.key), 1)
    }
  }

  range(query: EngineRange): [string, string][] {
    const lower = query.gt ?? query.gte
    const upper = query.lt ?? query.lte
    const from = lower === undefined ? 0 : this.#position(lower, query.gt !== undefined)
    const to = upper === undefined ? this.#keys.length : this.#position(upper, query.lt === undefined)
    const limit = query.limit ?? this.#keys.length
    const keys = query.reverse
      ? this.#keys.slice(Math.max(from, to - limit), Math.max(from, to)).reverse()
      : this.#keys.slice(from, Math.min(to, from + limit))
    return keys.map((key) => [key, this.#values.get(key) ?? ''])
  }

  #put(key: string, value: string): void {
    if (!this.#values.has(key)) this.#keys.splice(this.#position(key), 0, key)
    this.#values.set(key, value)
  }

  /** Where the key stands or would stand; with `after`, the place behind it. */
  #position(key: string, after = false): number {
    let low = 0
    let high = this.#keys.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const order = compareKeys(this.#keys[middle] ?? '', key)
      if (order < 0 || (after && order === 0)) low = middle + 1
      else high = middle
    }
    return low
  }
}
