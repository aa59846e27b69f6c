import type { Instant } from '../../domain/instant.ts'
import { isLive } from '../../domain/life.ts'
import type { Uin } from '../../domain/uin.ts'
import type { BackupRecord } from '../../protocol/records.ts'
import type { Reader, Write } from '../../store/store.ts'
import { type AccountState, keys } from './account-state.ts'
import { type LiveBackup, liveBackup } from './live-backup.ts'
import { Overlay } from './overlay.ts'
import { topicsOf, Waits } from './waits.ts'

/** How many backups that are over are kept, and for how long. */
export interface Retention {
  most: number
  forMs: number
}

/** What may be asked of an account's backups. */
export type BackupReader = Pick<AccountBackups, 'get' | 'isKnown' | 'isForgotten' | 'live' | 'waits' | 'presences'>

/**
 * The backups of one account inside one transaction. In memory are those that live, as far as it says when they fire, and
 * when the others ended; a record is read from the store.
 */
export class AccountBackups {
  readonly #state: AccountState
  readonly #reader: Reader
  readonly #now: Instant
  readonly #retention: Retention
  readonly #writes: Write[]
  readonly #written: Overlay<string, LiveBackup, BackupRecord>
  /** Backups written here: when they ended, or null where they live or are forgotten. */
  #ended: Map<string, number | null> | null = null

  /** What forgets backups goes to `writes`. */
  constructor(state: AccountState, reader: Reader, now: Instant, retention: Retention, writes: Write[]) {
    this.#state = state
    this.#reader = reader
    this.#now = now
    this.#retention = retention
    this.#writes = writes
    this.#written = new Overlay(state.live)
  }

  /** A backup, live or over. */
  async get(id: string): Promise<BackupRecord | undefined> {
    const written = this.#written.getWritten(id)
    if (written !== undefined || !this.#isStored(id)) return written
    return (await this.#reader.get(keys.backup(id))) as BackupRecord | undefined
  }

  #isStored(id: string): boolean {
    return this.#state.live.has(id) || this.#state.ended.has(id)
  }

  isKnown(id: string): boolean {
    return this.#isStored(id) || this.#written.getWritten(id) !== undefined
  }

  /** Whether there was a backup of that id which has been forgotten: it is not to be made again. */
  async isForgotten(id: string): Promise<boolean> {
    return (this.#reader.rows.get('tomb') ?? 0) > 0 && (await this.#reader.get(keys.tomb(id))) !== undefined
  }

  /** Those that can still be sent. */
  live(): LiveBackup[] {
    return this.#written.values().filter((backup) => isLive(backup.state))
  }

  /** Whether one of them waits for this. */
  waits(topic: string): boolean {
    if (this.#waits.has(topic)) return true
    return [...this.#written.written()].some(([, backup]) => topicsOf(this.#state.uin, backup).includes(topic))
  }

  /** Everybody whose presence one of them waits for, as they were before this transaction. */
  presences(): Uin[] {
    return this.#waits.presences()
  }

  get #waits(): Waits {
    const state = this.#state
    state.waits ??= new Waits(state.uin, state.live.values())
    return state.waits
  }

  /** A record that this transaction writes. */
  set(record: BackupRecord): void {
    this.#written.set(record.id, record)
    this.#ended ??= new Map()
    this.#ended.delete(record.id)
    this.#ended.set(record.id, isLive(record.state) ? null : (record.endedAt ?? this.#now))
  }

  /**
   * Forgets the backups that ended first and are too many or too old, but for their ids; how many. Not in the log: devices
   * forget by themselves.
   */
  forgetEnded(): number {
    const changes = this.#ended ?? new Map<string, number | null>()
    this.#ended = changes
    let forgotten = 0
    let left = this.#state.ended.size
    for (const [id, at] of changes) left += Number(at !== null) - Number(this.#state.ended.has(id))
    for (const [id, at] of endedInOrder(this.#state.ended, changes)) {
      if (left <= this.#retention.most && this.#now - at <= this.#retention.forMs) break
      left--
      forgotten++
      changes.set(id, null)
      this.#writes.push({ op: 'remove', key: keys.backup(id) }, { op: 'insert', key: keys.tomb(id), value: at })
    }
    return forgotten
  }

  /** Ends the transaction: where one ended, those that ended before it may have to go. */
  finish(): void {
    if (this.#ended !== null) this.forgetEnded()
  }

  applyTo(state: AccountState): void {
    for (const [id, at] of this.#ended ?? []) {
      state.ended.delete(id)
      if (at !== null) state.ended.set(id, at)
    }
    for (const [id, record] of this.#written.written()) {
      const live = isLive(record.state) ? liveBackup(record) : undefined
      state.waits?.replace(state.live.get(id), live)
      if (live === undefined) state.live.delete(id)
      else state.live.set(id, live)
    }
  }
}

/** Backups that are over, the earliest first, as they are once `changes` are made. */
function* endedInOrder(
  before: ReadonlyMap<string, number>,
  changes: ReadonlyMap<string, number | null>,
): Generator<[string, number]> {
  for (const [id, at] of before) if (!changes.has(id)) yield [id, at]
  for (const [id, at] of changes) if (at !== null) yield [id, at]
}
