import { isLive } from '../../domain/life.ts'
import type { PresenceFact } from '../../domain/presence.ts'
import type { Uin } from '../../domain/uin.ts'
import type {
  BackupRecord,
  DeviceRecord,
  FriendRecord,
  KeyBundle,
  LogEntry,
  MarkRecord,
  PublicKeys,
  SettingRecord,
} from '../../protocol/records.ts'
import { type Reader, StoreError } from '../../store/store.ts'
import { type LiveBackup, liveBackup } from './live-backup.ts'
import { addMessages, INDEX_AFTER, type Tail } from './places.ts'
import type { SentIds } from './sent-ids.ts'
import type { Veil } from './veil.ts'
import type { Waits } from './waits.ts'

/** A device as the relay keeps it: the token only as its hash. */
export interface StoredDevice extends DeviceRecord {
  tokenHash: string
  lastSeenAt: number | null
}

/** A device as its owner's other devices may know it. */
export function shownDevice({ id, name, createdAt, revokedAt }: StoredDevice): DeviceRecord {
  return { id, name, createdAt, revokedAt }
}

/** What proves the owner: two OPAQUE records and the key bundle they unlock. */
export interface StoredLogin {
  passwordRecord: string
  recoveryRecord: string
  bundle: KeyBundle
  createdAt: number
  /** Since when the operator lets nobody in. */
  disabledAt: number | null
}

/** An epoch that began with this account alone; void once the whole store has begun another. */
export interface OwnEpoch {
  store: number
  epoch: number
}

/**
 * Above `seq` the log has every entry; up to it, `kept` of them. A device that stands below cannot read on and resyncs.
 * Without the row the log is whole from its first entry on.
 */
export interface LogFloor {
  seq: number
  kept: number
  /** Where what is kept is looked through next: see `trim.ts`. */
  next?: number
}

/** The rows of one account. Numbers are padded so that they sort. */
export const keys = {
  login: 'login/opaque',
  /** The tombstone of an account that was deleted. */
  gone: 'gone/account',
  setting: 'setting/me',
  presence: 'presence/me',
  veils: 'veil/all',
  epoch: 'epoch/log',
  floor: 'floor/log',
  /** Up to which entry the rows of conversations tell where messages lie. */
  indexed: 'indexed/log',
  device: (id: string) => `device/${id}`,
  friend: (uin: Uin) => `friend/${uin}`,
  mark: (uin: Uin) => `mark/${uin}`,
  backup: (id: string) => `backup/${id}`,
  log: (seq: number) => `log/${pad(seq)}`,
  /** Places of messages, up to the number `n`: see `conversations.ts`. */
  message: (friend: Uin, n: number) => `message/${friend}/${pad(n)}`,
  sent: (id: string) => `sent/${id}`,
  /** Of a message of somebody else that a device gave back after a loss: its number here. */
  reported: (id: string) => `reported/${id}`,
  tomb: (id: string) => `tomb/${id}`,
} as const

function pad(n: number): string {
  return n.toString().padStart(12, '0')
}

/** The number of the entry that lies under a key of the log. */
export function seqOfKey(key: string): number {
  return Number(key.slice('log/'.length))
}

/** The range of all rows of a space, or of a space below a prefix. */
export function within(prefix: string): { gte: string; lt: string } {
  return { gte: `${prefix}/`, lt: `${prefix}0` }
}

/**
 * One account's current state in memory: a cache of its rows, valid for the store version it was read at. Messages stay
 * on disk, and of backups all but what decides when a live one fires.
 */
export interface AccountState {
  readonly uin: Uin
  version: number
  epoch: number
  /** Up to here the log has lost entries nobody needs any more. */
  floor: LogFloor
  head: number
  /** Up to here rows tell where the messages of a conversation lie, and beyond it the tail. */
  indexed: number
  tail: Tail
  setting: SettingRecord
  presence: PresenceFact | null
  login: StoredLogin | null
  /** The short name of its public keys, for the keys it was made of. */
  keyId: { keys: PublicKeys; id: string } | null
  /** It was deleted: nothing but its tombstone is to stay. */
  gone: boolean
  devices: Map<string, StoredDevice>
  friends: Map<Uin, FriendRecord>
  marks: Map<Uin, MarkRecord>
  live: Map<string, LiveBackup>
  /** What its backups wait for; made when first asked for. */
  waits: Waits | null
  /** When each of the backups that are over ended, the earliest first. */
  ended: Map<string, number>
  /** Friends the owner hides from, or has hidden from. */
  veils: Readonly<Record<string, Veil>>
  /** The last number used in each conversation that has been touched. */
  counts: Map<Uin, number>
  /** What tells without a look at the disk that an id is new; made when first asked for. */
  sent: SentIds | null
  /** The version that last asked for a look at this account; a look that began before it leaves the wake-up as it is. */
  asked: number
}

/** An entry of the log as it lies on disk and goes out: its JSON. */
export interface LoggedEntry {
  seq: number
  json: string
}

export function emptyAccount(uin: Uin, version: number, epoch: number): AccountState {
  return {
    uin,
    version,
    epoch,
    floor: { seq: 0, kept: 0 },
    head: 0,
    indexed: 0,
    tail: new Map(),
    setting: { nick: null, status: 'auto', statusText: null, quiet: null },
    presence: null,
    login: null,
    keyId: null,
    gone: false,
    devices: new Map(),
    friends: new Map(),
    marks: new Map(),
    live: new Map(),
    waits: null,
    ended: new Map(),
    veils: {},
    counts: new Map(),
    sent: null,
    asked: version,
  }
}

/** The one row of a space, if there is one. Of those that are not there most of the time the count tells without a look. */
async function loadOne<T>(reader: Reader, key: string): Promise<T | undefined> {
  if (!reader.rows.has(key.slice(0, key.indexOf('/')))) return undefined
  const row = await reader.get(key)
  if (row === undefined) throw new StoreError('damaged', `the row ${key} of an account is missing`)
  return row as T
}

async function loadMap<K, V>(reader: Reader, space: string, keyOf: (value: V) => K): Promise<Map<K, V>> {
  if ((reader.rows.get(space) ?? 0) === 0) return new Map()
  const rows = await reader.range(within(space))
  return new Map(rows.map(([, value]) => [keyOf(value as V), value as V]))
}

/**
 * The head of the log, and where the messages lie that no row tells of. A log with a gap there or a lost end is damage,
 * but for an account that was deleted: its rows go a thousand at a time, and nobody asks for its messages.
 *
 * Without `indexed/log` a longer log than a tail may be is of a time when each message had a row: there are no others.
 */
async function loadLog(state: AccountState, reader: Reader): Promise<void> {
  const { gte, lt } = within('log')
  const { floor, gone } = state
  const counted = floor.seq + (reader.rows.get('log') ?? 0) - floor.kept
  const indexed = await loadOne<number>(reader, keys.indexed)
  const isWhole = gone || (indexed === undefined && (counted > INDEX_AFTER || reader.rows.has('message')))
  // The entry at `indexed` too: that it is there tells a log that ends here from one that has lost its end.
  const rows = await reader.texts(isWhole ? { gte, lt, reverse: true, limit: 1 } : { gte: keys.log(indexed ?? 0), lt })
  const last = rows.at(-1)
  state.head = Math.max(floor.seq, last === undefined ? 0 : seqOfKey(last[0]))
  state.indexed = isWhole ? state.head : (indexed ?? 0)
  const whole = Math.max(floor.seq, state.indexed)
  const isGapless = rows.filter(([key]) => seqOfKey(key) > whole).length === state.head - whole
  if (!gone && (!isGapless || state.head !== counted)) {
    throw new StoreError('damaged', 'the log of an account has a gap')
  }
  // Most of what is read to find the messages is not one: it is not parsed.
  const tail = rows.filter(([key, json]) => seqOfKey(key) > state.indexed && json.includes('"type":"message"'))
  addMessages(
    state.tail,
    tail.map(([, json]) => JSON.parse(json) as LogEntry),
  )
}

/** Reads an account from its rows. */
export async function loadAccount(uin: Uin, reader: Reader, storeEpoch: number): Promise<AccountState> {
  const state = emptyAccount(uin, reader.version, storeEpoch)
  if (reader.version === 0) return state
  state.gone = (reader.rows.get('gone') ?? 0) > 0
  state.floor = (await loadOne<LogFloor>(reader, keys.floor)) ?? state.floor
  await loadLog(state, reader)
  const own = await loadOne<OwnEpoch>(reader, keys.epoch)
  if (own?.store === storeEpoch) state.epoch = own.epoch
  state.setting = (await loadOne<SettingRecord>(reader, keys.setting)) ?? state.setting
  state.presence = (await loadOne<PresenceFact>(reader, keys.presence)) ?? null
  state.login = (await loadOne<StoredLogin>(reader, keys.login)) ?? null
  state.devices = await loadMap<string, StoredDevice>(reader, 'device', (device) => device.id)
  state.friends = await loadMap<Uin, FriendRecord>(reader, 'friend', (friend) => friend.uin)
  state.marks = await loadMap<Uin, MarkRecord>(reader, 'mark', (mark) => mark.friend)
  state.veils = (await loadOne<AccountState['veils']>(reader, keys.veils)) ?? {}
  await loadBackups(state, reader)
  return state
}

async function loadBackups(state: AccountState, reader: Reader): Promise<void> {
  if ((reader.rows.get('backup') ?? 0) === 0) return
  const over: [id: string, endedAt: number][] = []
  for (const [, row] of await reader.range(within('backup'))) {
    const backup = row as BackupRecord
    if (isLive(backup.state)) state.live.set(backup.id, liveBackup(backup))
    else over.push([backup.id, backup.endedAt ?? 0])
  }
  state.ended = new Map(over.sort(([, a], [, b]) => a - b))
}

export function noMark(friend: Uin): MarkRecord {
  return { friend, delivered: 0, read: 0, friendDelivered: 0, friendRead: 0, at: 0 }
}
