/**
 * What a relay may say to a daemon: a relay is somebody else's machine, so its words are checked at the edge like
 * anybody's. Only what a daemon builds on is looked at; more fields are no fault, so a newer relay may say more.
 */
import { z } from 'zod'
import { keyBundleSchema, planSchema, uinSchema } from './record-schema.ts'
import type { RelayEvent, RelayMethod } from './relay-api.ts'

const instant = z.number().int().min(0).max(8.64e15)
const natural = z.number().int().min(0)
/** Stands in keys of the store. */
const id = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/)
const text = z.string()
const oneOf = <const T extends readonly string[]>(...values: T) => z.enum(values)

/** A kind nobody knows yet may hold anything: it is kept, and shown as unreadable. Nearly all are of the kind tried first. */
const envelope = z.union([
  z.object({
    kind: z.literal('sealed'),
    origin: text,
    contentRev: natural,
    repeats: z.boolean(),
    sealedTo: text.nullable(),
    body: text,
    wraps: z.object({ self: text.nullable(), to: text.nullable() }),
    sig: text,
  }),
  z.object({ kind: z.literal('plain'), text }),
  z.object({ kind: text.refine((kind) => kind !== 'plain' && kind !== 'sealed') }),
])

const publicKeys = z.object({ kem: text, sign: text })
const minute = z.number().int().min(0).max(1440)
const quiet = z.object({ fromMinute: minute, toMinute: minute, zone: text })

const message = z.object({
  id,
  friend: uinSchema,
  n: natural,
  from: uinSchema,
  to: uinSchema,
  at: instant,
  content: envelope,
  automatic: z.boolean(),
  answering: z.boolean(),
  backupId: id.nullable(),
  deviceId: text.nullable(),
})
const mark = z.object({
  friend: uinSchema,
  delivered: natural,
  read: natural,
  friendDelivered: natural,
  friendRead: natural,
  at: instant,
})
const friend = z.object({
  uin: uinSchema,
  name: text.nullable(),
  nick: text.nullable(),
  state: oneOf('friend', 'incoming', 'outgoing', 'blocked', 'removed'),
  note: text.nullable(),
  since: instant,
  notify: oneOf('on', 'off', 'once'),
  hide: z.boolean(),
  quiet: quiet.nullable(),
  loopCapAt: instant.nullable(),
  keys: publicKeys.nullable(),
  private: envelope.nullable(),
})
const setting = z.object({
  nick: text.nullable(),
  status: oneOf('auto', 'busy', 'away', 'invisible'),
  statusText: text.nullable(),
  quiet: quiet.nullable(),
})
const device = z.object({ id, name: text, createdAt: instant, revokedAt: instant.nullable() })
const outcome = oneOf('sent', 'reminded', 'ran', 'dismissed', 'missed', 'skipped', 'failed', 'cancelled')
const backup = z.object({
  id,
  rev: natural,
  plan: planSchema,
  state: oneOf('armed', 'held', 'due', 'sent', 'dismissed', 'cancelled', 'missed', 'expired', 'failed'),
  heldReason: text.nullable(),
  content: envelope,
  private: envelope,
  occurrence: natural,
  armedAt: instant,
  armedSeq: natural,
  resumeAt: instant.nullable(),
  final: z.boolean(),
  createdAt: instant,
  createdBy: text,
  updatedAt: instant,
  updatedBy: text,
  dueAt: instant.nullable(),
  endedAt: instant.nullable(),
  sent: z.object({ messageId: text, at: instant }).nullable(),
  error: z.object({ code: text, message: text, at: instant }).nullable(),
  occurrences: z.array(z.object({ n: natural, at: instant, outcome, messageId: text.nullable() })),
  conflictOf: id.nullable(),
  changes: z.array(text),
})

const bodies = {
  message: z.object({ type: z.literal('message'), message }),
  mark: z.object({ type: z.literal('mark'), mark }),
  friend: z.object({ type: z.literal('friend'), friend }),
  backup: z.object({ type: z.literal('backup'), backup }),
  setting: z.object({ type: z.literal('setting'), setting }),
  device: z.object({ type: z.literal('device'), device }),
}
const body = z.discriminatedUnion('type', [
  bodies.message,
  bodies.mark,
  bodies.friend,
  bodies.backup,
  bodies.setting,
  bodies.device,
])
const entry = z.intersection(z.object({ seq: natural, at: instant }), body)

const errorData = z.object({
  code: text,
  message: text,
  hint: text.nullable(),
  retryAfterMs: z.number().min(0).nullable(),
})
const fact = z.object({
  status: oneOf('online', 'away', 'busy', 'offline'),
  onlineSince: instant.nullable(),
  statusSince: instant,
  statusText: text.nullable(),
})
const friendPresence = z.object({ uin: uinSchema, presence: fact.nullable() })
const putResult = z.union([
  z.object({ ok: z.literal(true), record: backup }),
  z.object({ ok: z.literal(false), id, error: errorData }),
])
const aboutFriend = z.object({ friend })
const aboutBackup = z.object({ record: backup })
const newDevice = z.object({ deviceId: id, token: text })
const anything = z.unknown()

export const relayAnswers: Readonly<Record<RelayMethod, z.ZodType>> = {
  hello: z.object({ protocol: natural, limits: z.partialRecord(text, z.number()), now: instant }),
  'register.start': z.object({ uin: uinSchema, password: text, recovery: text }),
  'register.finish': newDevice,
  'login.start': z.object({ response: text }),
  'login.prove': z.object({ bundle: keyBundleSchema, nick: text.nullable() }),
  'login.finish': newDevice,
  'record.start': z.object({ response: text }),
  'record.finish': anything,
  'account.delete': anything,
  'session.open': z.object({ uin: uinSchema, head: natural }),
  'session.active': anything,
  'session.logout': anything,
  'device.list': z.object({
    devices: z.array(device.extend({ connected: z.boolean(), lastSeenAt: instant.nullable() })),
  }),
  'device.revoke': z.object({ device }),
  'log.follow': z.object({ epoch: natural, head: natural, resync: z.boolean() }),
  'log.state': z.object({ items: z.array(body), next: z.string().max(128).nullable(), seq: natural }),
  'log.history': z.object({ messages: z.array(message) }),
  'log.report': z.object({ backups: natural, messages: natural }),
  'mark.put': anything,
  'setting.put': z.object({ setting }),
  'friend.invite': z.object({ uses: natural, expiresAt: instant, relay: text.nullable() }),
  'friend.join': aboutFriend,
  'friend.request': aboutFriend,
  'friend.answer': aboutFriend,
  'friend.remove': aboutFriend,
  'friend.block': aboutFriend,
  'friend.unblock': aboutFriend,
  'friend.set': aboutFriend,
  'friend.hold': anything,
  'message.send': z.object({ message }),
  'backup.put': z.object({ results: z.array(putResult) }),
  'backup.edit': z.object({ record: backup, conflict: backup.nullable() }),
  'backup.send': z.object({ record: backup, message }),
  'backup.step': aboutBackup,
  'backup.fire': z.object({ outcome: text, record: backup, lookAt: instant.nullable() }),
  'backup.get': aboutBackup,
}

export const relayEvents: Readonly<Record<RelayEvent, z.ZodType>> = {
  'log.entries': z.object({ epoch: natural, entries: z.array(entry), head: natural }),
  'presence.snapshot': z.object({ me: fact, friends: z.array(friendPresence) }),
  'presence.changed': friendPresence,
  'session.closing': z.object({ error: errorData }),
}

/**
 * As {@link answerFault} for the pages of a state of many: one function made for the whole schema, which takes a quarter of the
 * time. Making it takes as long as looking at a thousand backups.
 */
export function statePageFault(): (answer: unknown) => string | null {
  const schema = z.compile(relayAnswers['log.state'])
  return (answer) => (schema.validate(answer) ? null : faultOf(relayAnswers['log.state'], answer))
}

/** Where the answer is not what the method has; null: it is. */
export function answerFault(method: RelayMethod, answer: unknown): string | null {
  return faultOf(Object.hasOwn(relayAnswers, method) ? relayAnswers[method] : anything, answer)
}

export function isRelayEvent(event: string): event is RelayEvent {
  return Object.hasOwn(relayEvents, event)
}

/** Where an event has what it may not have; null: nowhere. */
export function eventFault(event: RelayEvent, params: unknown): string | null {
  return faultOf(relayEvents[event], params)
}

function faultOf(schema: z.ZodType, value: unknown): string | null {
  const parsed = schema.safeParse(value)
  if (parsed.success) return null
  return parsed.error.issues[0]?.path.join('.') || 'its shape'
}
