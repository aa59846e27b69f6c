import { isLive } from '../../domain/life.ts'
import type { PresenceFact } from '../../domain/presence.ts'
import type { Uin } from '../../domain/uin.ts'
import { ImError } from '../../protocol/errors.ts'
import type {
  BackupRecord,
  FriendRecord,
  LogEntry,
  LogEntryBody,
  MarkRecord,
  MessageRecord,
  SettingRecord,
} from '../../protocol/records.ts'
import { keyId } from '../../sealing/keys.ts'
import type { Soon } from '../../store/soon.ts'
import type { RangeQuery, Reader, Write } from '../../store/store.ts'
import { AccountBackups, type BackupReader, type Retention } from './account-backups.ts'
import { AccountLog, type LogReader } from './account-log.ts'
import {
  type AccountState,
  keys,
  type LogFloor,
  type LoggedEntry,
  noMark,
  type OwnEpoch,
  type StoredDevice,
  type StoredLogin,
  shownDevice,
} from './account-state.ts'
import type { LiveBackup } from './live-backup.ts'
import { Overlay } from './overlay.ts'
import type { Veil } from './veil.ts'

/** What a transaction did to an account, for those who wait for it. */
export interface News {
  uin: Uin
  /** The number of the newest entry. */
  head: number
  appended: readonly LoggedEntry[]
  /** The account is to be looked at then. */
  look: number | null | undefined
  /** 1: it was made; -1: it was deleted. */
  made: number
}

/**
 * One account inside one transaction: reads see what was written before in the same transaction, writes are staged
 * until it ends. Every put of a record appends the log entry that carries it.
 */
export class AccountTx {
  readonly uin: Uin
  readonly now: number
  readonly #state: AccountState
  readonly #reader: Reader
  readonly #writes: Write[] = []
  readonly #log: AccountLog
  readonly #friends: Overlay<Uin, FriendRecord>
  readonly #marks: Overlay<Uin, MarkRecord>
  readonly #backups: AccountBackups
  readonly #devices: Overlay<string, StoredDevice>
  #setting: SettingRecord | null = null
  #presence: PresenceFact | null = null
  #login: StoredLogin | null = null
  #buried = false
  #epoch: OwnEpoch | null = null
  #floor: LogFloor | null = null
  #veils: Readonly<Record<string, Veil>> | null = null
  #look = false
  #nextLook: number | null | undefined = undefined
  /** Writes that no answer to others is built on. */
  #aside = 0

  constructor(state: AccountState, reader: Reader, now: number, retention: Retention) {
    this.uin = state.uin
    this.now = now
    this.#state = state
    this.#reader = reader
    this.#log = new AccountLog(state, reader, now, this.#writes)
    this.#friends = new Overlay(state.friends)
    this.#marks = new Overlay(state.marks)
    this.#backups = new AccountBackups(state, reader, now, retention, this.#writes)
    this.#devices = new Overlay(state.devices)
  }

  get exists(): boolean {
    return this.login !== null
  }

  /** Its log, to be read; and the number of the newest entry, those of this transaction included. */
  get log(): LogReader {
    return this.#log
  }

  get head(): number {
    return this.#log.head
  }

  get setting(): SettingRecord {
    return this.#setting ?? this.#state.setting
  }

  get presence(): PresenceFact | null {
    return this.#presence ?? this.#state.presence
  }

  get login(): StoredLogin | null {
    return this.#buried ? null : (this.#login ?? this.#state.login)
  }

  /** The short name of its public keys; null without a login. */
  get keyId(): string | null {
    const keys = this.login?.bundle.keys
    if (keys === undefined) return null
    if (this.#state.keyId?.keys !== keys) this.#state.keyId = { keys, id: keyId(keys) }
    return this.#state.keyId.id
  }

  /** It was deleted: its UIN is not to be used again. */
  get gone(): boolean {
    return this.#buried || this.#state.gone
  }

  get epoch(): number {
    return this.#epoch?.epoch ?? this.#state.epoch
  }

  get veils(): Readonly<Record<string, Veil>> {
    return this.#veils ?? this.#state.veils
  }

  /** The last change that asked for a look; what a look that begins now will have seen. */
  get asked(): number {
    return this.#state.asked
  }

  friend(uin: Uin): FriendRecord | undefined {
    return this.#friends.get(uin)
  }

  friends(): FriendRecord[] {
    return this.#friends.values()
  }

  mark(friend: Uin): MarkRecord {
    return this.#marks.get(friend) ?? noMark(friend)
  }

  marks(): MarkRecord[] {
    return this.#marks.values()
  }

  get backups(): BackupReader {
    return this.#backups
  }

  device(id: string): StoredDevice | undefined {
    return this.#devices.get(id)
  }

  devices(): StoredDevice[] {
    return this.#devices.values()
  }

  #put(key: string, value: unknown, known: boolean): void {
    this.#writes.push({ op: known ? 'replace' : 'insert', key, value })
  }

  /** A record and the entry that carries it. */
  #putLogged(key: string, body: LogEntryBody, known: boolean): void {
    this.#writes.push({ op: known ? 'replace' : 'insert', key, json: this.#log.append(body) })
  }

  putFriend(friend: FriendRecord): void {
    this.#putLogged(keys.friend(friend.uin), { type: 'friend', friend }, this.friend(friend.uin) !== undefined)
    this.#friends.set(friend.uin, friend)
  }

  putMark(mark: MarkRecord): void {
    this.#putLogged(keys.mark(mark.friend), { type: 'mark', mark }, this.#marks.get(mark.friend) !== undefined)
    this.#marks.set(mark.friend, mark)
  }

  putBackup(backup: BackupRecord): void {
    this.#putLogged(keys.backup(backup.id), { type: 'backup', backup }, this.#backups.isKnown(backup.id))
    this.#backups.set(backup)
    if (isLive(backup.state)) this.lookSoon()
  }

  /** Puts each as `change` makes it. */
  async changeBackups(some: readonly LiveBackup[], change: (record: BackupRecord) => BackupRecord): Promise<void> {
    for (const { id } of some) {
      const record = await this.#backups.get(id)
      if (record !== undefined) this.putBackup(change(record))
    }
  }

  /** What has been over for too long goes now, and not only when the next one ends. Returns how many. */
  forgetEnded(): number {
    return this.#backups.forgetEnded()
  }

  putSetting(setting: SettingRecord): void {
    this.#putLogged(keys.setting, { type: 'setting', setting }, this.#setting !== null || this.#hasStored('setting'))
    this.#setting = setting
  }

  putDevice(device: StoredDevice): void {
    this.#storeDevice(device)
    this.#log.append({ type: 'device', device: shownDevice(device) })
  }

  /** Not in the log: only `device.list` tells it. */
  deviceSeen(device: StoredDevice): void {
    this.#aside++
    this.#storeDevice({ ...device, lastSeenAt: this.now })
  }

  #storeDevice(device: StoredDevice): void {
    this.#put(keys.device(device.id), device, this.device(device.id) !== undefined)
    this.#devices.set(device.id, device)
  }

  /** Not in the log: presence is told by snapshot and change. */
  putPresence(presence: PresenceFact): void {
    if (this.gone) return
    this.#aside++
    this.#put(keys.presence, presence, this.presence !== null)
    this.#presence = presence
  }

  putLogin(login: StoredLogin): void {
    this.#put(keys.login, login, this.login !== null)
    this.#login = login
  }

  /** Takes the login away and leaves the tombstone. What else there is, is removed later. */
  bury(): void {
    this.#writes.push({ op: 'remove', key: keys.login }, { op: 'insert', key: keys.gone, value: this.now })
    this.#buried = true
  }

  /** The message as JSON, as it went into the log. */
  putMessage(message: MessageRecord): string {
    return this.#log.putMessage(message)
  }

  /** A message that a device gives back, under whatever number is free. */
  putReported(message: MessageRecord): Promise<void> {
    return this.#log.putReported(message)
  }

  /** Nobody needs the entry any more. What the log holds then has to be told by {@link putFloor}. */
  removeEntry(entry: LogEntry): Promise<void> {
    return this.#log.remove(entry)
  }

  /** A row that no state in memory holds, as it was before this transaction. */
  stored(key: string): Soon<unknown> {
    return this.#reader.get(key)
  }

  /** Rows in order, as they were before this transaction. */
  storedRange(query: RangeQuery): Promise<[string, unknown][]> {
    return this.#reader.range(query)
  }

  /** Writes such a row; once in a transaction. */
  store(write: Write): void {
    this.#writes.push(write)
  }

  /** A new epoch of this account's log: what devices know beyond its head is not to be mixed with what comes. */
  startEpoch(storeEpoch: number): number {
    const own = { store: storeEpoch, epoch: Math.max(this.now, this.epoch + 1) }
    this.#put(keys.epoch, own, this.#hasStored('epoch'))
    this.#epoch = own
    return own.epoch
  }

  get floor(): LogFloor {
    return this.#floor ?? this.#state.floor
  }

  putFloor(floor: LogFloor): void {
    this.#put(keys.floor, floor, this.#hasStored('floor'))
    this.#floor = floor
  }

  /** Not in the log: nobody is to be told. */
  putVeil(friend: Uin, veil: Veil): void {
    this.#put(keys.veils, { ...this.veils, [friend]: veil }, this.#hasStored('veil'))
    this.#veils = { ...this.veils, [friend]: veil }
  }

  /** Something happened that a backup may wait for: look at the account, even after a crash right now. */
  lookSoon(): void {
    this.#look = true
  }

  /** A look has seen all that was asked up to `asked`; the next is due at `next`. Void if more was asked meanwhile. */
  looked(asked: number, next: number | null): void {
    if (asked === this.#state.asked) this.#nextLook = next
  }

  /** Whether the space has a row, of those that have one at most. */
  #hasStored(space: 'setting' | 'epoch' | 'floor' | 'veil'): boolean {
    return (this.#reader.rows.get(space) ?? 0) > 0
  }

  /**
   * Ends the transaction: makes the cached state what the store will hold once it is queued, and returns what the store
   * is to write, where the account's wake-up moves (undefined: it stays), whether it does so aside, and what others are
   * told once it is on disk.
   */
  finish(): { writes: readonly Write[]; wake: number | null | undefined; aside: boolean; news: News } {
    this.#backups.finish()
    this.#log.finish()
    const look = this.#look ? this.now : this.#nextLook
    const stands = this.#reader.wake
    const awaited = this.#look && stands !== null && stands <= this.now
    const wake = awaited || look === stands ? undefined : look
    const { head, appended } = this.#log
    const made = Number(this.login !== null) - Number(this.#state.login !== null)
    this.#applyTo(this.#state, this.#writes.length > 0 || wake !== undefined)
    const aside = this.#aside === this.#writes.length && wake === undefined
    return { writes: this.#writes, wake, aside, news: { uin: this.uin, head, appended, look, made } }
  }

  #applyTo(state: AccountState, changed: boolean): void {
    this.#log.applyCounts(state.counts)
    if (!changed) return
    state.version += 1
    if (this.#look) state.asked = state.version
    state.veils = this.veils
    this.#backups.applyTo(state)
    state.head = this.head
    state.epoch = this.epoch
    state.floor = this.floor
    state.setting = this.setting
    state.presence = this.presence
    state.login = this.login
    state.gone = this.gone
    this.#friends.applyTo(state.friends)
    this.#marks.applyTo(state.marks)
    this.#devices.applyTo(state.devices)
  }

  /** The friendship both ways, or the error that says what is missing. */
  requireFriend(uin: Uin): FriendRecord {
    const friend = this.friend(uin)
    if (friend?.state === 'blocked') {
      throw new ImError('BLOCKED_BY_ME', 'You have blocked them.', { hint: `im friend unblock ${uin}` })
    }
    if (friend?.state !== 'friend') {
      throw new ImError('NOT_FRIENDS', 'You are not friends.', { hint: `im friend add ${uin}` })
    }
    return friend
  }
}
