import type { Uin } from '../../domain/uin.ts'
import type { FriendRecord, PublicKeys } from '../../protocol/records.ts'
import type { Key, RangeQuery, Reader, Write } from '../../store/store.ts'
import type { DraftMap } from './draft-map.ts'
import { type BackupRow, keys, type MarkRow, type OutboxItem, within } from './rows.ts'
import type { State } from './state.ts'

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
