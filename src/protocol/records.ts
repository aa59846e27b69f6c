/**
 * What an account's log holds. Every durable change is one entry; an entry carries the whole new state of its object,
 * so applying it is an upsert and applying it twice is harmless.
 */
import type { BackupPlan, BackupState, HeldReason, QuietHours } from '../domain/backup.ts'
import type { Instant } from '../domain/instant.ts'
import type { ChosenStatus } from '../domain/presence.ts'
import type { Uin } from '../domain/uin.ts'

/**
 * Text as it is stored. The relay and the log never look inside.
 * `sealed`: body under a fresh key per `contentRev`; that key wrapped for the owner (`self`) and the friend (`to`).
 * `sealedTo` names the friend's keys it was wrapped for, so that the relay can tell when they are no more. `repeats`: it
 * may come more than once. Accounts write sealed ones only; `plain` is kept for what other networks may bring one day.
 */
export type Envelope =
  | { kind: 'plain'; text: string }
  | {
      kind: 'sealed'
      origin: string
      contentRev: number
      repeats: boolean
      sealedTo: string | null
      body: string
      wraps: { self: string | null; to: string | null }
      sig: string
    }

/** A place in an account's log. A new epoch begins at a restore. Written `epoch:seq` outside. */
export interface Cursor {
  epoch: number
  seq: number
}

/** Public keys, base64url: X25519 for sealing, Ed25519 for signing. */
export interface PublicKeys {
  kem: string
  sign: string
}

/**
 * A message as one account's log has it. `friend` is the other side (the owner itself for `me`); `n` numbers the
 * conversation without a gap and is the same on both sides. `backupId` and `key` stand only in the sender's own log.
 */
export interface MessageRecord {
  id: string
  friend: Uin
  n: number
  from: Uin
  to: Uin
  at: Instant
  content: Envelope
  /** Sent by a backup on its own, not by a person: never satisfies `on-send`. */
  automatic: boolean
  /** Sent because a message came: what a loop of two accounts is made of. */
  answering: boolean
  backupId: string | null
  /** The device that sent it; null when the relay fired alone or it came from a friend. */
  deviceId: string | null
}

/** How far a conversation has been delivered to and read by each side. All four only grow. */
export interface MarkRecord {
  friend: Uin
  /** By me, of the friend's messages. */
  delivered: number
  read: number
  /** By the friend, of mine. */
  friendDelivered: number
  friendRead: number
  /** When one of them last grew. */
  at: Instant
}

export type FriendState = 'friend' | 'incoming' | 'outgoing' | 'blocked' | 'removed'

export interface FriendRecord {
  uin: Uin
  /** The nick when the friendship began: the local name. */
  name: string | null
  nick: string | null
  state: FriendState
  /** The note of a request, in clear. */
  note: string | null
  since: Instant
  notify: 'on' | 'off' | 'once'
  /** I show myself as offline to this friend. */
  hide: boolean
  /** Nothing is sent to them by itself in these hours. In clear: the relay heeds them. */
  quiet: QuietHours | null
  /** When automatic messages between us last became so many that they were stopped. */
  loopCapAt: Instant | null
  keys: PublicKeys | null
  /** Alias, first key seen, verified mark: for the owner alone. JSON of {@link FriendPrivate}. */
  private: Envelope | null
}

export interface FriendPrivate {
  alias: string | null
  firstKeys: PublicKeys | null
  verified: boolean
}

export interface SettingRecord {
  nick: string | null
  status: ChosenStatus
  statusText: string | null
  /** Nothing is sent or shown by itself in these hours. */
  quiet: QuietHours | null
}

export interface DeviceRecord {
  id: string
  name: string
  createdAt: Instant
  revokedAt: Instant | null
}

export type Outcome = 'sent' | 'reminded' | 'ran' | 'dismissed' | 'missed' | 'skipped' | 'failed' | 'cancelled'

export interface OccurrenceRecord {
  n: number
  at: Instant
  outcome: Outcome
  messageId: string | null
}

/** What the private envelope of a backup holds, as JSON: it never leaves the owner. */
export interface BackupPrivate {
  key: string | null
  note: string | null
  /** One element per condition: null where the condition has neither. */
  matching: readonly ({ words: string | null; pattern: string | null } | null)[]
  /** What `run` starts: program and arguments. It runs on the device it was written on, nowhere else. */
  command: readonly string[] | null
}

/**
 * A backup: a clear part the relay evaluates, and two envelopes it cannot read. `rev` counts the owner's edits only;
 * `occurrence` counts firings, skips, undos and re-arms, each of which sets `armedAt` and `armedSeq` anew.
 */
export interface BackupRecord {
  id: string
  rev: number
  plan: BackupPlan
  state: BackupState
  heldReason: HeldReason | null
  content: Envelope
  private: Envelope
  /** Reserved for attachments. */
  blobs: readonly string[]
  occurrence: number
  armedAt: Instant
  armedSeq: number
  resumeAt: Instant | null
  final: boolean
  createdAt: Instant
  createdBy: string
  updatedAt: Instant
  updatedBy: string
  dueAt: Instant | null
  /** When it ended, for retention and undo. */
  endedAt: Instant | null
  sent: { messageId: string; at: Instant } | null
  error: { code: string; message: string; at: Instant } | null
  /** The last occurrences, newest last, bounded. */
  occurrences: readonly OccurrenceRecord[]
  conflictOf: string | null
  /** The ids of the last 16 changes, so that a repeated request is recognised. */
  changes: readonly string[]
}

export type LogEntry = { seq: number; at: Instant } & (
  | { type: 'message'; message: MessageRecord }
  | { type: 'mark'; mark: MarkRecord }
  | { type: 'friend'; friend: FriendRecord }
  | { type: 'backup'; backup: BackupRecord }
  | { type: 'setting'; setting: SettingRecord }
  | { type: 'device'; device: DeviceRecord }
)

export type LogEntryBody = LogEntry extends infer E ? (E extends LogEntry ? Omit<E, 'seq' | 'at'> : never) : never

/**
 * What registration stores beside the OPAQUE record: private keys under the data key, the data key wrapped by the
 * OPAQUE export key and, once more, by the export key of a second record whose password is the recovery code.
 */
export interface KeyBundle {
  version: 1
  keys: PublicKeys
  /** AES-256-GCM of the private keys under the data key, base64url. */
  privateKeys: string
  /** The data key under a key derived from the OPAQUE export key. */
  wrap: string
  /** The data key under a key derived from the recovery record's export key. */
  recoveryWrap: string
}
