import { isLive } from '../domain/life.ts'
import type { PresenceFact } from '../domain/presence.ts'
import type { Uin } from '../domain/uin.ts'
import { ImError } from '../protocol/errors.ts'
import type {
  BackupRecord,
  FriendRecord,
  LogEntry,
  LogEntryBody,
  MarkRecord,
  MessageRecord,
  SettingRecord,
} from '../protocol/records.ts'
import type { RangeQuery, Reader, Write } from '../store/store.ts'
import {
  type AccountState,
  keys,
  noMark,
  type OwnEpoch,
  type StoredDevice,
  type StoredLogin,
  shownDevice,
  TAIL_ENTRIES,
  within,
} from './account-state.ts'
import type { Veil } from './veil.ts'

/** How many backups that are over are kept, and for how long. */
export interface Retention {
  most: number
  forMs: number
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
  readonly #retention: Retention
  readonly #writes: Write[] = []
  readonly #entries: LogEntry[] = []
  readonly #friends = new Map<Uin, FriendRecord>()
  readonly #marks = new Map<Uin, MarkRecord>()
  readonly #backups = new Map<string, BackupRecord>()
  readonly #devices = new Map<string, StoredDevice>()
  readonly #counts = new Map<Uin, number>()
  readonly #sent = new Map<string, MessageRecord>()
  #ended: Map<string, number> | null = null
  readonly #trimmed = new Set<string>()
  #setting: SettingRecord | null = null
  #presence: PresenceFact | null = null
  #login: StoredLogin | null = null
  #buried = false
  #epoch: OwnEpoch | null = null
  #veils: Readonly<Record<string, Veil>> | null = null
  #look = false
  #nextLook: number | null | undefined = undefined
  #changed = false

  constructor(state: AccountState, reader: Reader, now: number, retention: Retention) {
    this.uin = state.uin
    this.now = now
    this.#retention = retention
    this.#state = state
    this.#reader = reader
  }

  get exists(): boolean {
    return this.login !== null
  }

  /** The number of the newest entry, those of this transaction included. */
  get head(): number {
    return this.#state.head + this.#entries.length
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
    return this.#friends.get(uin) ?? this.#state.friends.get(uin)
  }

  friends(): FriendRecord[] {
    return [...new Map([...this.#state.friends, ...this.#friends]).values()]
  }

  mark(friend: Uin): MarkRecord {
    return this.#marks.get(friend) ?? this.#state.marks.get(friend) ?? noMark(friend)
  }

  marks(): MarkRecord[] {
    return [...new Map([...this.#state.marks, ...this.#marks]).values()]
  }

  backup(id: string): BackupRecord | undefined {
    return this.#backups.get(id) ?? this.#state.backups.get(id)
  }

  /** Whether there was a backup of that id which has been forgotten: it is not to be made again. */
  async isForgotten(id: string): Promise<boolean> {
    return (this.#reader.rows.tomb ?? 0) > 0 && (await this.#reader.get(keys.tomb(id))) !== undefined
  }

  backups(): BackupRecord[] {
    if (this.#backups.size === 0) return [...this.#state.backups.values()]
    return [...new Map([...this.#state.backups, ...this.#backups]).values()]
  }

  device(id: string): StoredDevice | undefined {
    return this.#devices.get(id) ?? this.#state.devices.get(id)
  }

  devices(): StoredDevice[] {
    return [...new Map([...this.#state.devices, ...this.#devices]).values()]
  }

  /** The last number used in the conversation with a friend; 0 when there is no message yet. */
  async count(friend: Uin): Promise<number> {
    const known = this.#counts.get(friend) ?? this.#state.counts.get(friend)
    if (known !== undefined) return known
    const [last] = await this.#reader.range({ ...within(`message/${friend}`), reverse: true, limit: 1 })
    const count = last === undefined ? 0 : Number(last[0].slice(last[0].lastIndexOf('/') + 1))
    this.#counts.set(friend, count)
    return count
  }

  async entry(seq: number): Promise<LogEntry | undefined> {
    if (seq > this.#state.head) return this.#entries[seq - this.#state.head - 1]
    return (await this.#reader.get(keys.log(seq))) as LogEntry | undefined
  }

  /** The account's own message of that id, if it was ever sent. */
  async sentMessage(id: string): Promise<MessageRecord | undefined> {
    const written = this.#sent.get(id)
    if (written !== undefined) return written
    const seq = (await this.#reader.get(keys.sent(id))) as number | undefined
    const entry = seq === undefined ? undefined : await this.entry(seq)
    return entry?.type === 'message' ? entry.message : undefined
  }

  /** Messages of a conversation with numbers above `n`, oldest first. */
  async messagesFrom(friend: Uin, n: number, limit: number): Promise<MessageRecord[]> {
    const { lt } = within(`message/${friend}`)
    const rows = await this.#reader.range({ gt: keys.message(friend, n), lt, limit })
    const entries = await Promise.all(rows.map(([, seq]) => this.entry(seq as number)))
    return entries.flatMap((entry) => (entry?.type === 'message' ? [entry.message] : []))
  }

  /** Messages of a conversation after the log position, oldest first. */
  async messagesSince(friend: Uin, seq: number): Promise<{ seq: number; message: MessageRecord }[]> {
    const found: { seq: number; message: MessageRecord }[] = []
    let before: string | null = null
    for (;;) {
      const { gte, lt } = within(`message/${friend}`)
      const page = await this.#reader.range({ gte, lt: before ?? lt, reverse: true, limit: 32 })
      for (const [, at] of page) {
        const entry = (at as number) > seq ? await this.entry(at as number) : undefined
        if (entry?.type !== 'message') return found.reverse()
        found.push({ seq: entry.seq, message: entry.message })
      }
      const oldest = page.at(-1)
      if (oldest === undefined || page.length < 32) return found.reverse()
      before = oldest[0]
    }
  }

  #append(body: LogEntryBody): number {
    const seq = this.head + 1
    const entry = { seq, at: this.now, ...body } as LogEntry
    this.#entries.push(entry)
    this.#writes.push({ op: 'insert', key: keys.log(seq), value: entry })
    return seq
  }

  #put(key: string, value: unknown, known: boolean): void {
    this.#writes.push({ op: known ? 'replace' : 'insert', key, value })
  }

  putFriend(friend: FriendRecord): void {
    this.#put(keys.friend(friend.uin), friend, this.friend(friend.uin) !== undefined)
    this.#friends.set(friend.uin, friend)
    this.#append({ type: 'friend', friend })
  }

  putMark(mark: MarkRecord): void {
    const known = this.#marks.has(mark.friend) || this.#state.marks.has(mark.friend)
    this.#put(keys.mark(mark.friend), mark, known)
    this.#marks.set(mark.friend, mark)
    this.#append({ type: 'mark', mark })
  }

  putBackup(backup: BackupRecord): void {
    this.#put(keys.backup(backup.id), backup, this.backup(backup.id) !== undefined)
    this.#backups.set(backup.id, backup)
    this.#append({ type: 'backup', backup })
    if (isLive(backup.state)) this.lookSoon()
    this.#ended ??= new Map(this.#state.ended)
    this.#ended.delete(backup.id)
    if (!isLive(backup.state)) this.#ended.set(backup.id, backup.endedAt ?? this.now)
  }

  /** What has been over for too long goes now, and not only when the next one ends. Returns how many. */
  forgetEnded(): number {
    this.#ended ??= new Map(this.#state.ended)
    const before = this.#trimmed.size
    this.#forgetEnded()
    return this.#trimmed.size - before
  }

  /** Forgets the backups that ended first, but for their ids. Not in the log: devices forget by themselves. */
  #forgetEnded(): void {
    const ended = this.#ended
    if (ended === null) return
    for (const [id, at] of ended) {
      if (ended.size <= this.#retention.most && this.now - at <= this.#retention.forMs) return
      ended.delete(id)
      this.#trimmed.add(id)
      this.#writes.push({ op: 'remove', key: keys.backup(id) }, { op: 'insert', key: keys.tomb(id), value: at })
    }
  }

  putSetting(setting: SettingRecord): void {
    this.#put(keys.setting, setting, this.#setting !== null || this.#settingStored())
    this.#setting = setting
    this.#append({ type: 'setting', setting })
  }

  putDevice(device: StoredDevice): void {
    this.#storeDevice(device)
    this.#append({ type: 'device', device: shownDevice(device) })
  }

  /** Not in the log: only `device.list` tells it. */
  deviceSeen(device: StoredDevice): void {
    this.#storeDevice({ ...device, lastSeenAt: this.now })
  }

  #storeDevice(device: StoredDevice): void {
    this.#put(keys.device(device.id), device, this.device(device.id) !== undefined)
    this.#devices.set(device.id, device)
  }

  /** Not in the log: presence is told by snapshot and change. */
  putPresence(presence: PresenceFact): void {
    if (this.gone) return
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

  putMessage(message: MessageRecord): void {
    const seq = this.#append({ type: 'message', message })
    this.#put(keys.message(message.friend, message.n), seq, false)
    if (message.from === this.uin) {
      this.#put(keys.sent(message.id), seq, false)
      this.#sent.set(message.id, message)
    }
    const count = this.#counts.get(message.friend) ?? this.#state.counts.get(message.friend) ?? 0
    this.#counts.set(message.friend, Math.max(count, message.n))
  }

  /** A row that no state in memory holds, as it was before this transaction. */
  stored(key: string): Promise<unknown> {
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
    this.#put(keys.epoch, own, (this.#reader.rows.epoch ?? 0) > 0)
    this.#epoch = own
    return own.epoch
  }

  /** Not in the log: nobody is to be told. */
  putVeil(friend: Uin, veil: Veil): void {
    this.#put(keys.veils, { ...this.veils, [friend]: veil }, (this.#reader.rows.veil ?? 0) > 0)
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

  #settingStored(): boolean {
    return (this.#reader.rows.setting ?? 0) > 0
  }

  /** What the store is to write, and where the account's wake-up moves (undefined: it stays; `look`: told anyway). */
  finish(): { writes: readonly Write[]; wake: number | null | undefined; look: number | null | undefined } {
    this.#forgetEnded()
    const look = this.#look ? this.now : this.#nextLook
    const stands = this.#reader.wake
    const awaited = this.#look && stands !== null && stands <= this.now
    const wake = awaited || look === stands ? undefined : look
    this.#changed = this.#writes.length > 0 || wake !== undefined
    return { writes: this.#writes, wake, look }
  }

  /** Makes the cached state what the store will hold once this transaction is queued. */
  applyTo(state: AccountState): void {
    for (const [uin, count] of this.#counts) state.counts.set(uin, count)
    if (!this.#changed) return
    state.version += 1
    if (this.#look) state.asked = state.version
    state.veils = this.veils
    if (this.#ended !== null) state.ended = this.#ended
    state.head = this.head
    state.epoch = this.epoch
    state.setting = this.setting
    state.presence = this.presence
    state.login = this.login
    state.gone = this.gone
    for (const [uin, friend] of this.#friends) state.friends.set(uin, friend)
    for (const [uin, mark] of this.#marks) state.marks.set(uin, mark)
    for (const [id, backup] of this.#backups) state.backups.set(id, backup)
    for (const id of this.#trimmed) state.backups.delete(id)
    for (const [id, device] of this.#devices) state.devices.set(id, device)
    state.tail.push(...this.#entries)
    if (state.tail.length > TAIL_ENTRIES * 2) state.tail = state.tail.slice(-TAIL_ENTRIES)
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
