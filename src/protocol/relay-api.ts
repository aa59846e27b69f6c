/**
 * What a daemon may ask a relay: one schema per method for the parameters, one type per method for the answer.
 * Requests are idempotent by meaning: ids are made by clients, a repeated request gets the same answer.
 */
import { z } from 'zod'
import type { BackupPlan } from '../domain/backup.ts'
import type { Instant } from '../domain/instant.ts'
import type { PresenceFact } from '../domain/presence.ts'
import { isUin, type Uin } from '../domain/uin.ts'
import type { ErrorData } from './errors.ts'
import type { Limits } from './limits.ts'
import type {
  BackupRecord,
  Cursor,
  DeviceRecord,
  Envelope,
  FriendRecord,
  KeyBundle,
  LogEntry,
  LogEntryBody,
  MessageRecord,
  SettingRecord,
} from './records.ts'

/** Bytes a frame may have in either direction (`maxPayload`). */
export const MAX_FRAME_BYTES = 256 * 1024

export const uinSchema = z.custom<Uin>((value) => typeof value === 'string' && isUin(value), 'not a UIN')
const instant = z.number().int().min(0).max(8.64e15)
const id = z.string().regex(/^[A-Za-z0-9_-]{16,64}$/)
const body = z.string().max(128 * 1024)
const wrap = z.string().max(256)
const zone = z.string().min(1).max(64)
const minute = z.number().int().min(0).max(1440)
const count = z.number().int().min(1).max(1_000_000)

export const envelopeSchema: z.ZodType<Envelope> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('plain'), text: z.string().max(64 * 1024) }),
  z.strictObject({
    kind: z.literal('sealed'),
    origin: z.string().max(64),
    contentRev: z.number().int().min(0),
    repeats: z.boolean(),
    sealedTo: z.string().max(64).nullable(),
    body,
    wraps: z.strictObject({ self: wrap.nullable(), to: wrap.nullable() }),
    sig: z.string().max(256),
  }),
])

const conditionSchema = z.union([
  z.strictObject({ kind: z.literal('time'), at: instant, local: z.string().max(64), zone }),
  z.strictObject({
    kind: z.literal('every'),
    rule: z.string().max(128),
    zone,
    until: instant.nullable(),
    count: count.nullable(),
    done: z.number().int().min(0),
    slot: instant,
    next: instant.nullable(),
  }),
  z.strictObject({ kind: z.literal('presence'), who: uinSchema, is: z.literal('online'), turns: z.null() }),
  z.strictObject({
    kind: z.literal('presence'),
    who: uinSchema,
    is: z.null(),
    turns: z.enum(['online', 'away', 'back', 'offline']),
  }),
  z.strictObject({ kind: z.literal('message'), from: uinSchema, sealed: z.boolean() }),
  z.strictObject({ kind: z.literal('my-send'), to: uinSchema.nullable() }),
  z.strictObject({ kind: z.literal('read'), who: uinSchema, n: z.number().int().min(0) }),
])

const weekday = z.union([1, 2, 3, 4, 5, 6, 7].map((n) => z.literal(n as 1)))

export const planSchema: z.ZodType<BackupPlan> = z.strictObject({
  to: uinSchema,
  trigger: z.strictObject({ match: z.enum(['all', 'any']), conditions: z.array(conditionSchema).max(64) }),
  action: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('remind') }),
    z.strictObject({ kind: z.literal('send'), countdownMs: z.number().int().min(1_000).max(3_600_000).nullable() }),
    z.strictObject({ kind: z.literal('run'), device: id }),
  ]),
  window: z
    .strictObject({
      between: z.strictObject({ fromMinute: minute, toMinute: minute }).nullable(),
      days: z.array(weekday).max(7).nullable(),
      zone,
      onlyIfIAm: z.enum(['away', 'offline']).nullable(),
      elseAt: instant.nullable(),
      expiresAt: instant.nullable(),
    })
    .nullable(),
  unless: z.strictObject({ reply: z.enum(['cancel', 'hold', 'remind']).nullable() }),
  late: z.strictObject({
    graceMs: z
      .number()
      .int()
      .min(0)
      .max(366 * 86_400_000),
    then: z.enum(['send', 'remind', 'drop']),
  }),
  repeat: z
    .strictObject({ until: instant.nullable(), count: count.nullable(), done: z.number().int().min(0) })
    .nullable(),
})

const quietHours = z.strictObject({ fromMinute: minute, toMinute: minute, zone }).nullable().optional()

const keysSchema = z.strictObject({ kem: z.string().max(128), sign: z.string().max(128) })

export const keyBundleSchema: z.ZodType<KeyBundle> = z.strictObject({
  version: z.literal(1),
  keys: keysSchema,
  privateKeys: z.string().max(1024),
  wrap: z.string().max(256),
  recoveryWrap: z.string().max(256),
})

const inviteHash = z.string().regex(/^[0-9a-f]{64}$/)
const opaque = z.string().max(4096)
const loginKind = z.enum(['password', 'recovery'])
const deviceName = z.string().min(1).max(64)
const cursor = z.strictObject({ epoch: z.number().int().min(0), seq: z.number().int().min(0) })

const newBackup = z.strictObject({
  id,
  plan: planSchema,
  content: envelopeSchema,
  private: envelopeSchema,
  conflictOf: id.nullable(),
  /** Made held: it comes from a file, where it was so, or its moment has passed since. */
  held: z.enum(['PAUSED', 'IMPORTED_LATE']).optional(),
})

const natural = z.number().int().min(0)
const outcome = z.enum(['sent', 'reminded', 'ran', 'dismissed', 'missed', 'skipped', 'failed', 'cancelled'])
const changeId = z.string().max(64)

const backupRecord: z.ZodType<BackupRecord> = z.strictObject({
  id,
  rev: natural,
  plan: planSchema,
  state: z.enum(['armed', 'held', 'due', 'sent', 'dismissed', 'cancelled', 'missed', 'expired', 'failed']),
  heldReason: z
    .enum([
      'PAUSED',
      'REPLIED',
      'LOOP_CAP',
      'KEY_CHANGED',
      'NOT_FRIENDS',
      'RESTORED',
      'IMPORTED_LATE',
      'CONFLICT',
      'UNDONE_LATE',
    ])
    .nullable(),
  content: envelopeSchema,
  private: envelopeSchema,
  blobs: z.array(changeId).max(0),
  occurrence: natural,
  armedAt: instant,
  armedSeq: natural,
  resumeAt: instant.nullable(),
  final: z.boolean(),
  createdAt: instant,
  createdBy: changeId,
  updatedAt: instant,
  updatedBy: changeId,
  dueAt: instant.nullable(),
  endedAt: instant.nullable(),
  sent: z.strictObject({ messageId: changeId, at: instant }).nullable(),
  error: z.strictObject({ code: changeId, message: z.string().max(1024), at: instant }).nullable(),
  occurrences: z.array(z.strictObject({ n: natural, at: instant, outcome, messageId: changeId.nullable() })).max(32),
  conflictOf: id.nullable(),
  changes: z.array(changeId).max(32),
})

const messageRecord: z.ZodType<MessageRecord> = z.strictObject({
  id: changeId,
  friend: uinSchema,
  n: z.number().int().min(1),
  from: uinSchema,
  to: uinSchema,
  at: instant,
  content: envelopeSchema,
  automatic: z.boolean(),
  answering: z.boolean(),
  backupId: id.nullable(),
  deviceId: changeId.nullable(),
})

export const relayParams = {
  hello: z.strictObject({ protocols: z.array(z.number().int()).min(1).max(16), client: z.string().max(64) }),
  'register.start': z.strictObject({ password: opaque, recovery: opaque, invite: z.string().max(64).nullable() }),
  'register.finish': z.strictObject({
    uin: uinSchema,
    passwordRecord: opaque,
    recoveryRecord: opaque,
    bundle: keyBundleSchema,
    nick: z.string().max(64).nullable(),
    deviceName,
  }),
  'login.start': z.strictObject({ uin: uinSchema, with: loginKind, request: opaque }),
  /** What the client makes of the answer: proves on this connection who it is, and makes nothing. */
  'login.prove': z.strictObject({ request: opaque }),
  /** A device for whoever has proved itself on this connection. */
  'login.finish': z.strictObject({ deviceName }),
  /** A new password or recovery code, by whoever has proved itself: record and wrap are replaced in one transaction. */
  'record.start': z.strictObject({ kind: loginKind, request: opaque }),
  'record.finish': z.strictObject({ kind: loginKind, record: opaque, wrap: z.string().max(256) }),
  /** The account goes, for good; by whoever has proved its password on this connection. */
  'account.delete': z.strictObject({}),
  /** Proves a device; everything below needs it. `person`: somebody is at the terminal now. */
  'session.open': z.strictObject({ uin: uinSchema, token: z.string().max(256), person: z.boolean() }),
  'session.active': z.strictObject({}),
  'session.logout': z.strictObject({ all: z.boolean() }),
  'device.list': z.strictObject({}),
  'device.revoke': z.strictObject({ id }),
  /** Entries after the cursor follow as `log.entries`, for as long as the session lives. Null: a fresh device. */
  'log.follow': z.strictObject({ cursor: cursor.nullable() }),
  /**
   * One page of current state, for a device that resyncs: it follows the log from the `seq` of its first page. What
   * later pages show newer comes again in the log, which is harmless.
   */
  'log.state': z.strictObject({ after: z.string().max(128).nullable() }),
  'log.history': z.strictObject({
    friend: uinSchema,
    before: z.number().int().min(1).nullable(),
    limit: z.number().int().min(1).max(200),
  }),
  /**
   * What the device knows and the relay does not, after a log of another epoch: how backups stand, and messages of
   * conversations beyond the relay's. Newer is taken, the rest is left; what may have gone meanwhile is held.
   */
  'log.report': z.strictObject({
    backups: z.array(backupRecord).max(200),
    messages: z.array(messageRecord).max(200),
  }),
  'mark.put': z.strictObject({
    marks: z
      .array(z.strictObject({ friend: uinSchema, delivered: z.number().int().min(0), read: z.number().int().min(0) }))
      .min(1)
      .max(200),
  }),
  'setting.put': z.strictObject({
    status: z.enum(['auto', 'busy', 'away', 'invisible']).optional(),
    statusText: z.string().max(256).nullable().optional(),
    nick: z.string().max(64).nullable().optional(),
    quiet: quietHours,
  }),
  /** A friend's invite: whoever shows the secret is my friend at once. The secret stays with whoever made it. */
  'friend.invite': z.strictObject({
    hash: inviteHash,
    uses: z.number().int().min(1).max(1_000),
    lastsMs: z
      .number()
      .int()
      .min(60_000)
      .max(366 * 86_400_000),
  }),
  /** Shows an invite of somebody. */
  'friend.join': z.strictObject({ invite: z.string().max(64) }),
  'friend.request': z.strictObject({ uin: uinSchema, note: z.string().max(256).nullable() }),
  'friend.answer': z.strictObject({ uin: uinSchema, accept: z.boolean() }),
  'friend.remove': z.strictObject({ uin: uinSchema }),
  'friend.block': z.strictObject({ uin: uinSchema }),
  'friend.unblock': z.strictObject({ uin: uinSchema }),
  'friend.set': z.strictObject({
    uin: uinSchema,
    notify: z.enum(['on', 'off', 'once']).optional(),
    hide: z.boolean().optional(),
    quiet: quietHours,
    private: envelopeSchema.nullable().optional(),
  }),
  /** The friend's key has changed: what would go to them on its own is held until it is sealed again. */
  'friend.hold': z.strictObject({ uin: uinSchema }),
  'message.send': z.strictObject({ id, to: uinSchema, content: envelopeSchema }),
  'backup.put': z.strictObject({ backups: z.array(newBackup).min(1).max(500) }),
  /** `rearm`: the trigger was replaced. `keep`: if the edit loses, its text becomes a backup of its own. */
  'backup.edit': z.strictObject({
    id,
    rev: z.number().int().min(1),
    change: id,
    plan: planSchema.optional(),
    content: envelopeSchema.optional(),
    private: envelopeSchema.optional(),
    rearm: z.boolean(),
    keep: z.boolean(),
  }),
  /** The owner sends it now, as it stands or with another text. */
  'backup.send': z.strictObject({ id, change: id, content: envelopeSchema.optional() }),
  'backup.step': z.discriminatedUnion('step', [
    z.strictObject({ id, change: id, step: z.enum(['cancel', 'undo', 'dismiss', 'resume']) }),
    z.strictObject({ id, change: id, step: z.literal('snooze'), until: instant }),
    z.strictObject({ id, change: id, step: z.literal('pause'), until: instant.nullable() }),
    z.strictObject({ id, change: id, step: z.literal('skip'), count: z.number().int().min(1).max(1_000) }),
    /** How the command that the firing of `occurrence` started has ended. */
    z.strictObject({
      id,
      change: id,
      step: z.literal('ran'),
      occurrence: z.number().int().min(1),
      failure: z.string().max(512).nullable(),
    }),
  ]),
  /**
   * A device says that the moment has come. `seenSeq`: how far it had read the log when it decided. `sightings`: for
   * conditions whose words the relay cannot read, the log entry of the message that matched.
   */
  'backup.fire': z.strictObject({
    id,
    rev: z.number().int().min(1),
    occurrence: z.number().int().min(1),
    seenSeq: z.number().int().min(0),
    sightings: z.array(z.strictObject({ condition: z.number().int().min(0), seq: z.number().int().min(1) })).max(64),
  }),
  'backup.get': z.strictObject({ id }),
} as const

export type RelayMethod = keyof typeof relayParams
export type RelayParams<M extends RelayMethod> = z.infer<(typeof relayParams)[M]>
export type NewBackup = z.infer<typeof newBackup>

export type PutResult =
  | { ok: true; created: boolean; record: BackupRecord }
  | { ok: false; id: string; error: ErrorData }

/** Why a fire request did or did not fire. `record` is how the backup stands after it. */
export interface FireResult {
  outcome:
    | 'sent'
    | 'due'
    | 'run'
    | 'already'
    | 'stale'
    | 'early'
    | 'held'
    | 'cancelled'
    | 'missed'
    | 'expired'
    | 'failed'
  record: BackupRecord
  /** With `early`: when to ask again at the latest. */
  lookAt: Instant | null
}

export interface RelayResults {
  hello: { protocol: number; relay: string; version: string; limits: Limits; now: Instant }
  'register.start': { uin: Uin; password: string; recovery: string }
  'register.finish': { deviceId: string; token: string }
  'login.start': { response: string }
  'login.prove': { bundle: KeyBundle; nick: string | null }
  'login.finish': { deviceId: string; token: string }
  'record.start': { response: string }
  'record.finish': Record<string, never>
  'account.delete': Record<string, never>
  'session.open': { uin: Uin; deviceId: string; epoch: number; head: number; setting: SettingRecord }
  'session.active': Record<string, never>
  'session.logout': Record<string, never>
  'device.list': { devices: (DeviceRecord & { connected: boolean; lastSeenAt: Instant | null })[] }
  'device.revoke': { device: DeviceRecord }
  /** `resync`: the cursor is of another epoch, below the retained log, or absent: read `log.state` to its end. */
  'log.follow': { epoch: number; head: number; resync: boolean }
  'log.state': { items: LogEntryBody[]; next: string | null; seq: number }
  'log.history': { messages: MessageRecord[] }
  /** How many were news. */
  'log.report': { backups: number; messages: number }
  'mark.put': Record<string, never>
  'setting.put': { setting: SettingRecord }
  /** `relay`: the address for the link, where the relay knows how it is reached. */
  'friend.invite': { uses: number; expiresAt: Instant; relay: string | null }
  'friend.join': { friend: FriendRecord }
  'friend.request': { friend: FriendRecord }
  'friend.answer': { friend: FriendRecord }
  'friend.remove': { friend: FriendRecord }
  'friend.block': { friend: FriendRecord }
  'friend.unblock': { friend: FriendRecord }
  'friend.set': { friend: FriendRecord }
  'friend.hold': { held: number }
  'message.send': { message: MessageRecord }
  /** All refusals, in order; a record that does not fit in the frame is left out: it comes in the log. */
  'backup.put': { results: PutResult[] }
  /** `conflict`: the edit lost; the backup of its own that keeps its text. */
  'backup.edit': { record: BackupRecord; conflict: BackupRecord | null }
  'backup.send': { record: BackupRecord; message: MessageRecord }
  'backup.step': { record: BackupRecord }
  'backup.fire': FireResult
  'backup.get': { record: BackupRecord }
}

export interface FriendPresence {
  uin: Uin
  /** Null: not known, shortly after a relay start. */
  presence: PresenceFact | null
}

/** What a relay tells without being asked. */
export interface RelayEvents {
  /** Entries in order, without a gap. `head`: the newest there is. */
  'log.entries': { epoch: number; entries: LogEntry[]; head: number }
  /** All friends, once after `session.open`. Never an edge. */
  'presence.snapshot': { me: PresenceFact; friends: FriendPresence[] }
  'presence.changed': FriendPresence
  /** The session ends: revoked, replaced, or the relay stops. */
  'session.closing': { error: ErrorData }
}
export type RelayEvent = keyof RelayEvents
export type { Cursor }
