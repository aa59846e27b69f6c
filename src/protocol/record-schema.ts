/** What records may look like at the relay's edge: bounded in every field, and nothing besides. */
import { z } from 'zod'
import type { BackupPlan } from '../domain/backup.ts'
import { isUin, type Uin } from '../domain/uin.ts'
import type { BackupRecord, Envelope, KeyBundle, MessageRecord } from './records.ts'

export const uinSchema = z.custom<Uin>((value) => typeof value === 'string' && isUin(value), 'not a UIN')
export const instantSchema = z.number().int().min(0).max(8.64e15)
export const idSchema = z.string().regex(/^[A-Za-z0-9_-]{16,64}$/)
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
  z.strictObject({ kind: z.literal('time'), at: instantSchema, local: z.string().max(64), zone }),
  z.strictObject({
    kind: z.literal('every'),
    rule: z.string().max(128),
    zone,
    until: instantSchema.nullable(),
    count: count.nullable(),
    done: z.number().int().min(0),
    slot: instantSchema,
    next: instantSchema.nullable(),
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

export const unlessShape = { reply: z.enum(['cancel', 'hold', 'remind']).nullable() }
export const lateShape = {
  graceMs: z
    .number()
    .int()
    .min(0)
    .max(366 * 86_400_000),
  then: z.enum(['send', 'remind', 'drop']),
}

export const planSchema: z.ZodType<BackupPlan> = z.strictObject({
  to: uinSchema,
  trigger: z.strictObject({ match: z.enum(['all', 'any']), conditions: z.array(conditionSchema).max(64) }),
  action: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('remind') }),
    z.strictObject({ kind: z.literal('send'), countdownMs: z.number().int().min(1_000).max(3_600_000).nullable() }),
    z.strictObject({ kind: z.literal('run'), device: idSchema }),
  ]),
  window: z
    .strictObject({
      between: z.strictObject({ fromMinute: minute, toMinute: minute }).nullable(),
      days: z.array(weekday).max(7).nullable(),
      zone,
      onlyIfIAm: z.enum(['away', 'offline']).nullable(),
      elseAt: instantSchema.nullable(),
      expiresAt: instantSchema.nullable(),
    })
    .nullable(),
  unless: z.strictObject(unlessShape),
  late: z.strictObject(lateShape),
  repeat: z
    .strictObject({ until: instantSchema.nullable(), count: count.nullable(), done: z.number().int().min(0) })
    .nullable(),
})

export const quietHoursSchema = z.strictObject({ fromMinute: minute, toMinute: minute, zone }).nullable().optional()

const publicKeysSchema = z.strictObject({ kem: z.string().max(128), sign: z.string().max(128) })

export const keyBundleSchema: z.ZodType<KeyBundle> = z.strictObject({
  version: z.literal(1),
  keys: publicKeysSchema,
  privateKeys: z.string().max(1024),
  wrap: z.string().max(256),
  recoveryWrap: z.string().max(256),
})

const natural = z.number().int().min(0)
const outcome = z.enum(['sent', 'reminded', 'ran', 'dismissed', 'missed', 'skipped', 'failed', 'cancelled'])
const changeId = z.string().max(64)

export const backupRecordSchema: z.ZodType<BackupRecord> = z.strictObject({
  id: idSchema,
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
  armedAt: instantSchema,
  armedSeq: natural,
  resumeAt: instantSchema.nullable(),
  final: z.boolean(),
  createdAt: instantSchema,
  createdBy: changeId,
  updatedAt: instantSchema,
  updatedBy: changeId,
  dueAt: instantSchema.nullable(),
  endedAt: instantSchema.nullable(),
  sent: z.strictObject({ messageId: changeId, at: instantSchema }).nullable(),
  error: z.strictObject({ code: changeId, message: z.string().max(1024), at: instantSchema }).nullable(),
  occurrences: z
    .array(z.strictObject({ n: natural, at: instantSchema, outcome, messageId: changeId.nullable() }))
    .max(32),
  conflictOf: idSchema.nullable(),
  changes: z.array(changeId).max(32),
})

/** What a device reports is counted on from: beyond it there must be numbers left, and digits in a key for them. */
const messageNumber = z.number().int().min(1).max(1_000_000_000)

export const messageRecordSchema: z.ZodType<MessageRecord> = z.strictObject({
  id: idSchema,
  friend: uinSchema,
  n: messageNumber,
  from: uinSchema,
  to: uinSchema,
  at: instantSchema,
  content: envelopeSchema,
  automatic: z.boolean(),
  answering: z.boolean(),
  backupId: idSchema.nullable(),
  deviceId: changeId.nullable(),
})
