import type { Condition } from '../domain/backup.ts'
import { isLive } from '../domain/life.ts'
import type { PresenceFact } from '../domain/presence.ts'
import type { Uin } from '../domain/uin.ts'
import { ImError } from '../protocol/errors.ts'
import type {
  BackupRecord,
  DeviceRecord,
  FriendRecord,
  KeyBundle,
  LogEntry,
  MarkRecord,
  SettingRecord,
} from '../protocol/records.ts'
import type { Reader } from '../store/store.ts'

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
}

/** The rows of one account. Numbers are padded so that they sort. */
export const keys = {
  login: 'login/opaque',
  setting: 'setting/me',
  presence: 'presence/me',
  epoch: 'epoch/log',
  device: (id: string) => `device/${id}`,
  friend: (uin: Uin) => `friend/${uin}`,
  mark: (uin: Uin) => `mark/${uin}`,
  backup: (id: string) => `backup/${id}`,
  log: (seq: number) => `log/${pad(seq)}`,
  message: (friend: Uin, n: number) => `message/${friend}/${pad(n)}`,
  sent: (id: string) => `sent/${id}`,
} as const

function pad(n: number): string {
  return n.toString().padStart(12, '0')
}

/** The range of all rows of a space, or of a space below a prefix. */
export function within(prefix: string): { gte: string; lt: string } {
  return { gte: `${prefix}/`, lt: `${prefix}0` }
}

/**
 * One account's current state in memory: a cache of its rows, valid for the store version it was read at. Messages
 * stay on disk but for the newest entries of the log, which sessions that are up to date are served from.
 */
export interface AccountState {
  readonly uin: Uin
  version: number
  epoch: number
  head: number
  setting: SettingRecord
  presence: PresenceFact | null
  login: StoredLogin | null
  devices: Map<string, StoredDevice>
  friends: Map<Uin, FriendRecord>
  marks: Map<Uin, MarkRecord>
  backups: Map<string, BackupRecord>
  /** The last number used in each conversation that has been touched. */
  counts: Map<Uin, number>
  tail: LogEntry[]
  /** Instants up to here have been evaluated; later ones want a wake-up. Not kept over a restart. */
  evaluatedAt: number
}

export const TAIL_ENTRIES = 128

export function emptyAccount(uin: Uin, version: number, epoch: number): AccountState {
  return {
    uin,
    version,
    epoch,
    head: 0,
    setting: { nick: null, status: 'auto', statusText: null },
    presence: null,
    login: null,
    devices: new Map(),
    friends: new Map(),
    marks: new Map(),
    backups: new Map(),
    counts: new Map(),
    tail: [],
    evaluatedAt: 0,
  }
}

async function loadMap<K, V>(reader: Reader, space: string, keyOf: (value: V) => K): Promise<Map<K, V>> {
  if ((reader.rows[space] ?? 0) === 0) return new Map()
  const rows = await reader.range(within(space))
  return new Map(rows.map(([, value]) => [keyOf(value as V), value as V]))
}

/** Reads an account from its rows. A log with a gap or a lost tail is damage. */
export async function loadAccount(uin: Uin, reader: Reader, storeEpoch: number): Promise<AccountState> {
  const state = emptyAccount(uin, reader.version, storeEpoch)
  if (reader.version === 0) return state
  const [last] = await reader.range({ ...within('log'), reverse: true, limit: 1 })
  const [first] = await reader.range({ ...within('log'), limit: 1 })
  if (last !== undefined && first !== undefined) {
    state.head = (last[1] as LogEntry).seq
    const expected = state.head - (first[1] as LogEntry).seq + 1
    if (expected !== reader.rows.log) throw new ImError('STORE_DAMAGED', `The log of ${uin} has a gap.`)
  } else if ((reader.rows.log ?? 0) > 0) {
    throw new ImError('STORE_DAMAGED', `The log of ${uin} is missing.`)
  }
  state.epoch = ((await reader.get(keys.epoch)) as number | undefined) ?? storeEpoch
  state.setting = ((await reader.get(keys.setting)) as SettingRecord | undefined) ?? state.setting
  state.presence = ((await reader.get(keys.presence)) as PresenceFact | undefined) ?? null
  state.login = ((await reader.get(keys.login)) as StoredLogin | undefined) ?? null
  state.devices = await loadMap<string, StoredDevice>(reader, 'device', (device) => device.id)
  state.friends = await loadMap<Uin, FriendRecord>(reader, 'friend', (friend) => friend.uin)
  state.marks = await loadMap<Uin, MarkRecord>(reader, 'mark', (mark) => mark.friend)
  state.backups = await loadMap<string, BackupRecord>(reader, 'backup', (backup) => backup.id)
  return state
}

export function noMark(friend: Uin): MarkRecord {
  return { friend, delivered: 0, read: 0, friendDelivered: 0, friendRead: 0, at: 0 }
}

/** The instants of a backup at which time alone may change what happens to it. */
function instantsOf(backup: BackupRecord): number[] {
  const instants = backup.plan.trigger.conditions.flatMap((condition: Condition) =>
    condition.kind === 'time' ? [condition.at] : condition.kind === 'every' ? [condition.slot] : [],
  )
  const window = backup.plan.window
  if (window?.elseAt != null) instants.push(window.elseAt)
  if (window?.expiresAt != null) instants.push(window.expiresAt)
  return instants
}

/** The first instant after `evaluatedAt` at which the account wants to be looked at; null: none. */
export function nextWake(backups: Iterable<BackupRecord>, evaluatedAt: number): number | null {
  let next: number | null = null
  for (const backup of backups) {
    if (!isLive(backup.state)) continue
    for (const at of instantsOf(backup)) {
      if (at > evaluatedAt && (next === null || at < next)) next = at
    }
  }
  return next
}
