import type { Sighting } from '../../domain/conditions.ts'
import type { Instant } from '../../domain/instant.ts'
import type { Uin } from '../../domain/uin.ts'
import type { ErrorCode, ErrorData } from '../../protocol/errors.ts'
import type { BackupRecord, Cursor, MarkRecord, MessageRecord } from '../../protocol/records.ts'
import type { RelayMethod, RelayParams } from '../../protocol/relay-api.ts'
import type { Key } from '../../store/store.ts'

/** The one account of the daemon's store: its rows are the profile's. */
export const STORE_ACCOUNT = 'self'

/** Who is logged in here. The token and the data key lie in the secret store. */
export interface AccountRow {
  uin: Uin
  relay: string
  deviceId: string
  deviceName: string
  nick: string | null
  tokenStore: 'keychain' | 'file'
  /** Why the relay no longer takes this device; null while it does. */
  refused: ErrorData | null
}

/**
 * How far the log is applied. Entries up to `floor` were part of a resync's state already: they are read again only
 * for the messages that conditions wait for.
 */
export interface CursorRow extends Cursor {
  floor: number
}

/** How a message was opened here. `kept` opens it again; null for my own, which the data key alone opens. */
export type Opening = { kept: string | null } | { refused: ErrorCode }

export interface MessageRow {
  message: MessageRecord
  /** Null: not tried yet. */
  opening: Opening | null
  /** Its place in the log, where it was first told; null while only the relay's answer is known. */
  seq: number | null
  /** Of which log; rows of older versions leave it out, and mean the one that is followed. */
  epoch?: number
  /** The `--key` it was sent with, where that was done here. */
  key: string | null
}

export interface MarkRow {
  mark: MarkRecord
  /** The newest message of the friend that is on this disk. */
  arrived: number
}

/**
 * What the log has shown since an occurrence was armed; kept with the backup, so that it survives.
 * `whole` is false when this device has not read the log from the arming on: what it has not seen may yet exist.
 */
export interface Seen {
  occurrence: number
  whole: boolean
  /** One element per condition of the trigger. */
  conditions: readonly (Sighting | null)[]
  reply: Sighting | null
}

export interface BackupRow {
  record: BackupRecord
  seen: Seen
  /** What the log last said; popups and watch events are told from changes of this. */
  logged: { rev: number; occurrence: number; state: BackupRecord['state'] } | null
  /** A digest of the arguments of a keyed `backup add`, to recognise the same command again. */
  args: string | null
  /** Ended here before it ever left: the relay does not know it. */
  local: boolean
}

/** What happened, by log number, so that `--after CURSOR` can tell it later. */
export interface LogRow {
  at: Instant
  type: 'message' | 'receipt' | 'backup' | 'friend'
  /** Friend and number of a message or receipt (0 for the friendship itself), or id of a backup. */
  ref: { friend: Uin; n: number } | { backup: string }
  change: string
}

/** A reminder that this device showed on its own while the relay was away. */
export interface LocalDueRow {
  id: string
  occurrence: number
  at: Instant
}

/** The relay calls that may wait for the relay. Each means the same when it is made twice. */
export type QueuedMethod = Extract<
  RelayMethod,
  | 'message.send'
  | 'mark.put'
  | 'setting.put'
  | 'friend.set'
  | 'backup.put'
  | 'backup.edit'
  | 'backup.send'
  | 'backup.step'
>

export type QueuedCall = { [M in QueuedMethod]: { method: M; params: RelayParams<M> } }[QueuedMethod]

export interface OutboxItem {
  n: number
  at: Instant
  call: QueuedCall
  /** It may have reached the relay. False: certainly not. */
  left: boolean
  key: string | null
  args: string | null
  /** It had been refused once and has another chance: refused again, it stays to be seen. */
  again?: boolean
  failed: { error: ErrorData; at: Instant } | null
}

function pad(n: number): string {
  return n.toString().padStart(12, '0')
}

/** Where things lie. Numbers are padded so that they sort. */
export const keys = {
  account: 'account/self',
  cursor: 'cursor/log',
  setting: 'setting/self',
  friend: (uin: Uin) => `friend/${uin}`,
  /** The keys this device knows a friend by; what the relay keeps may be older, or gone. */
  pin: (uin: Uin) => `pin/${uin}`,
  mark: (uin: Uin) => `mark/${uin}`,
  device: (id: string) => `device/${id}`,
  backup: (id: string) => `backup/${id}`,
  message: (friend: Uin, n: number) => `message/${friend}/${pad(n)}`,
  /** What a sender wrote a text for -> the number of the one message that may carry it. */
  origin: (friend: Uin, from: Uin, origin: string) => `origin/${friend}/${from}/${origin}`,
  /** Message id -> key of its row. */
  messageId: (id: string) => `messageid/${id}`,
  log: (seq: number) => `log/${pad(seq)}`,
  outbox: (n: number) => `outbox/${pad(n)}`,
  localDue: (id: string) => `localdue/${id}`,
  /** Text that is not sent yet: an envelope for its owner alone. */
  draft: (uin: Uin) => `draft/${uin}`,
} as const

/** Spaces that mirror the account's log, and are made anew by a resync. */
const MIRROR_SPACES = [
  'setting',
  'friend',
  'mark',
  'device',
  'backup',
  'message',
  'messageid',
  'origin',
  'log',
] as const
export const ALL_SPACES = ['account', 'cursor', ...MIRROR_SPACES, 'pin', 'outbox', 'localdue', 'draft'] as const

/** All keys that begin with `<prefix>/`. */
export function within(prefix: string): { gte: Key; lt: Key } {
  return { gte: `${prefix}/`, lt: `${prefix}0` }
}
