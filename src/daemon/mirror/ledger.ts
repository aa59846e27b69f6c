import type { Uin } from '../../domain/uin.ts'
import type { DeviceRecord, FriendRecord, PublicKeys, SettingRecord } from '../../protocol/records.ts'
import type { Key, RangeQuery, Reader, Store, Write } from '../../store/store.ts'
import { DraftMap } from './draft-map.ts'
import { QueuedCalls } from './queued-calls.ts'
import {
  type AccountRow,
  type BackupRow,
  type CursorRow,
  keys,
  type LocalDueRow,
  type MarkRow,
  type OutboxItem,
  STORE_ACCOUNT,
  within,
} from './rows.ts'

/** What is kept in memory beside the disk: everything but messages and the told log. A fold over the rows. */
export interface State {
  account: AccountRow | null
  cursor: CursorRow | null
  setting: SettingRecord | null
  friends: Map<Uin, FriendRecord>
  pins: Map<Uin, PublicKeys>
  marks: Map<Uin, MarkRow>
  devices: Map<string, DeviceRecord>
  backups: DraftMap
  outbox: QueuedCalls
  localDue: Map<string, LocalDueRow>
}

const IN_MEMORY = [
  'account',
  'cursor',
  'setting',
  'friend',
  'pin',
  'mark',
  'device',
  'backup',
  'outbox',
  'localdue',
] as const

function emptyState(): State {
  return {
    account: null,
    cursor: null,
    setting: null,
    friends: new Map(),
    pins: new Map(),
    marks: new Map(),
    devices: new Map(),
    backups: new DraftMap(),
    outbox: new QueuedCalls(),
    localDue: new Map(),
  }
}

interface Keyed<K, V> {
  set(key: K, value: V): unknown
  delete(key: K): unknown
}

function setOrDelete<K, V>(map: Keyed<K, V>, key: K, value: unknown): void {
  if (value === undefined) map.delete(key)
  else map.set(key, value as V)
}

/** Takes one row into memory; undefined: the row is gone. */
function fold(state: State, key: Key, value: unknown): void {
  const slash = key.indexOf('/')
  const rest = key.slice(slash + 1)
  switch (key.slice(0, slash)) {
    case 'account':
      state.account = (value as AccountRow | undefined) ?? null
      break
    case 'cursor':
      state.cursor = (value as CursorRow | undefined) ?? null
      break
    case 'setting':
      state.setting = (value as SettingRecord | undefined) ?? null
      break
    case 'friend':
      setOrDelete(state.friends, rest as Uin, value)
      break
    case 'pin':
      setOrDelete(state.pins, rest as Uin, value)
      break
    case 'mark':
      setOrDelete(state.marks, rest as Uin, value)
      break
    case 'device':
      setOrDelete(state.devices, rest, value)
      break
    case 'backup':
      setOrDelete<string, BackupRow>(state.backups, rest, value)
      break
    case 'outbox':
      setOrDelete<number, OutboxItem>(state.outbox, Number(rest), value)
      break
    case 'localdue':
      setOrDelete(state.localDue, rest, value)
      break
    default:
      break
  }
}

/** One change: reads see what was put before in it. Nothing is visible outside until it is decided. */
export class Tx {
  readonly state: Readonly<State>
  /** Rows as they were before this change. */
  readonly reader: Reader
  readonly #puts = new Map<Key, unknown>()

  constructor(state: State, reader: Reader) {
    this.state = state
    this.reader = reader
  }

  async get<T>(key: Key): Promise<T | undefined> {
    if (this.#puts.has(key)) return this.#puts.get(key) as T | undefined
    return (await this.reader.get(key)) as T | undefined
  }

  backup(id: string): BackupRow | undefined {
    return this.#seen(keys.backup(id), this.state.backups.get(id))
  }

  friend(uin: Uin): FriendRecord | undefined {
    return this.#seen(keys.friend(uin), this.state.friends.get(uin))
  }

  pin(uin: Uin): PublicKeys | undefined {
    return this.#seen(keys.pin(uin), this.state.pins.get(uin))
  }

  mark(uin: Uin): MarkRow | undefined {
    return this.#seen(keys.mark(uin), this.state.marks.get(uin))
  }

  item(n: number): OutboxItem | undefined {
    return this.#seen(keys.outbox(n), this.state.outbox.get(n))
  }

  /** The outbox in order, as this change leaves it. */
  items(): OutboxItem[] {
    const numbers = new Set(this.state.outbox.keys())
    for (const key of this.#puts.keys()) if (key.startsWith('outbox/')) numbers.add(Number(key.slice('outbox/'.length)))
    const items = [...numbers].map((n) => this.item(n)).filter((item): item is OutboxItem => item !== undefined)
    return items.sort((a, b) => a.n - b.n)
  }

  /** Backups for which `pick` says so before this change, and all that this change has put. */
  backupIds(pick: (before: DraftMap) => readonly string[]): ReadonlySet<string> {
    const ids = new Set(pick(this.state.backups))
    for (const key of this.#puts.keys()) if (key.startsWith('backup/')) ids.add(key.slice('backup/'.length))
    return ids
  }

  #seen<T>(key: Key, before: T | undefined): T | undefined {
    return this.#puts.has(key) ? (this.#puts.get(key) as T | undefined) : before
  }

  /** Rows as they were before this change. */
  range(query: RangeQuery): Promise<[Key, unknown][]> {
    return this.reader.range(query)
  }

  put(key: Key, value: unknown): void {
    this.#puts.set(key, value)
  }

  remove(key: Key): void {
    this.#puts.set(key, undefined)
  }

  /** Removes all rows of a space, those put in this change included. */
  async clear(space: string): Promise<void> {
    for (const key of this.#puts.keys()) if (key.startsWith(`${space}/`)) this.remove(key)
    for (const [key] of await this.reader.range(within(space))) this.remove(key)
  }

  /** The rows as they will stand, in the order they were put; undefined: gone. */
  get puts(): ReadonlyMap<Key, unknown> {
    return this.#puts
  }

  /** What the store must be told: it counts rows, so it wants to know which are new. */
  async writes(): Promise<Write[]> {
    const writes: Write[] = []
    for (const [key, value] of this.#puts) {
      const known = this.#hasAny(key) && (await this.reader.get(key)) !== undefined
      if (value === undefined) {
        if (known) writes.push({ op: 'remove', key })
      } else writes.push({ op: known ? 'replace' : 'insert', key, value })
    }
    return writes
  }

  /** Whether there is a row in the space of this key: a new mirror need not be asked for each of its rows. */
  #hasAny(key: Key): boolean {
    return this.reader.rows.has(key.slice(0, key.indexOf('/')))
  }
}

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
