/**
 * What a daemon may ask a relay: one schema per method for the parameters, one type per method for the answer.
 * Requests are idempotent by meaning: ids are made by clients, a repeated request gets the same answer.
 */
import { z } from 'zod'
import type { Instant } from '../domain/instant.ts'
import type { PresenceFact } from '../domain/presence.ts'
import type { Uin } from '../domain/uin.ts'
import type { ErrorData } from './errors.ts'
import type { Limits } from './limits.ts'
import {
  backupRecordSchema,
  envelopeSchema,
  idSchema,
  instantSchema,
  keyBundleSchema,
  messageRecordSchema,
  planSchema,
  quietHoursSchema,
  uinSchema,
} from './record-schema.ts'
import type {
  BackupRecord,
  Cursor,
  DeviceRecord,
  FriendRecord,
  KeyBundle,
  LogEntry,
  LogEntryBody,
  MessageRecord,
  SettingRecord,
} from './records.ts'

/** Bytes a frame may have in either direction (`maxPayload`). */
export const MAX_FRAME_BYTES = 256 * 1024

const inviteHash = z.string().regex(/^[0-9a-f]{64}$/)
const opaque = z.string().max(4096)
const loginKind = z.enum(['password', 'recovery'])
const deviceName = z.string().min(1).max(64)
const cursor = z.strictObject({ epoch: z.number().int().min(0), seq: z.number().int().min(0) })

const newBackup = z.strictObject({
  id: idSchema,
  plan: planSchema,
  content: envelopeSchema,
  private: envelopeSchema,
  conflictOf: idSchema.nullable(),
  /** Made held: it comes from a file, where it was so, or its moment has passed since. */
  held: z.enum(['PAUSED', 'IMPORTED_LATE']).optional(),
})

export { uinSchema } from './record-schema.ts'

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
  'device.revoke': z.strictObject({ id: idSchema }),
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
    backups: z.array(backupRecordSchema).max(200),
    messages: z.array(messageRecordSchema).max(200),
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
    quiet: quietHoursSchema,
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
    quiet: quietHoursSchema,
    private: envelopeSchema.nullable().optional(),
  }),
  /** The friend's key has changed: what would go to them on its own is held until it is sealed again. */
  'friend.hold': z.strictObject({ uin: uinSchema }),
  'message.send': z.strictObject({ id: idSchema, to: uinSchema, content: envelopeSchema }),
  'backup.put': z.strictObject({ backups: z.array(newBackup).min(1).max(500) }),
  /** `rearm`: the trigger was replaced. `keep`: if the edit loses, its text becomes a backup of its own. */
  'backup.edit': z.strictObject({
    id: idSchema,
    rev: z.number().int().min(1),
    change: idSchema,
    plan: planSchema.optional(),
    content: envelopeSchema.optional(),
    private: envelopeSchema.optional(),
    rearm: z.boolean(),
    keep: z.boolean(),
  }),
  /** The owner sends it now, as it stands or with another text. */
  'backup.send': z.strictObject({ id: idSchema, change: idSchema, content: envelopeSchema.optional() }),
  'backup.step': z.discriminatedUnion('step', [
    z.strictObject({ id: idSchema, change: idSchema, step: z.enum(['cancel', 'undo', 'dismiss', 'resume']) }),
    z.strictObject({ id: idSchema, change: idSchema, step: z.literal('snooze'), until: instantSchema }),
    z.strictObject({ id: idSchema, change: idSchema, step: z.literal('pause'), until: instantSchema.nullable() }),
    z.strictObject({
      id: idSchema,
      change: idSchema,
      step: z.literal('skip'),
      count: z.number().int().min(1).max(1_000),
    }),
    /** How the command that the firing of `occurrence` started has ended. */
    z.strictObject({
      id: idSchema,
      change: idSchema,
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
    id: idSchema,
    rev: z.number().int().min(1),
    occurrence: z.number().int().min(1),
    seenSeq: z.number().int().min(0),
    sightings: z.array(z.strictObject({ condition: z.number().int().min(0), seq: z.number().int().min(1) })).max(64),
  }),
  'backup.get': z.strictObject({ id: idSchema }),
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
