/**
 * What the command line may ask the daemon of its profile, as schemas: the daemon checks by them, the command line takes
 * their types (`local-api.ts`) only. Names of friends, time words, ids and texts arrive as the person typed them.
 */
import { z } from 'zod'

/** A friend as typed: UIN, `me`, alias, name, or unique prefix. */
const who = z.string().min(1).max(256)
const words = z.string().max(256)
const text = z.string().max(1024 * 1024)
const backupId = z.string().min(1).max(64)
const key = z.string().min(1).max(256)
const nothing = z.strictObject({})
const waitMs = z.number().int().min(0).nullable()
/** Where a page begins: behind the `next` of the page before; null: the first. */
const after = z.string().max(128).nullable()
/** What was written so far for this person (`draft.put`) has become this: it is forgotten in the same write. */
const draft = z.boolean().optional()

/** Comes first on every connection, and may be followed by the call without waiting for the answer. */
const hello = z.strictObject({
  version: z.string(),
  /** IANA zone of the caller. */
  zone: z.string(),
  /** A person is at a terminal (stdin or stderr is one): counts as activity, allows prefixes of names. */
  person: z.boolean(),
  /** Desktop and terminal variables of the caller: DISPLAY, DBUS_SESSION_BUS_ADDRESS, WAYLAND_DISPLAY, TTY, TMUX, … */
  desktop: z.record(z.string(), z.string()),
})

/** When it comes due; none of them: manual. Several: all of them, or any. */
const whenSchema = z.strictObject({
  at: words.optional(),
  in: words.optional(),
  /** A recurrence, `until` and `count` included; with `repeat` those two are of the events. */
  every: words.optional(),
  until: words.optional(),
  count: z.number().int().min(1).max(1_000_000).optional(),
  repeat: z.boolean().optional(),
  whenOnline: z.boolean().optional(),
  whenOnlineOf: z.array(who).max(64).optional(),
  nextSignon: z.boolean().optional(),
  nextSignoff: z.boolean().optional(),
  nextAway: z.boolean().optional(),
  nextBack: z.boolean().optional(),
  whenMessageFrom: z.array(who).max(64).optional(),
  matching: z.string().max(10_000).optional(),
  matchingRe: z.string().max(10_000).optional(),
  onSend: z.boolean().optional(),
  onSendTo: z.array(who).max(64).optional(),
  whenRead: z.boolean().optional(),
  any: z.boolean().optional(),
  tz: z.string().max(64).optional(),
})
export type WhenParams = z.infer<typeof whenSchema>

/** What gates it, ends it, or is done when it is late; zones are those of the when. */
const policySchema = z.strictObject({
  between: words.optional(),
  days: words.optional(),
  onlyIfIAm: z.enum(['away', 'offline']).optional(),
  elseAt: words.optional(),
  expires: words.optional(),
  unlessReply: z.enum(['cancel', 'hold', 'remind']).optional(),
  grace: words.optional(),
  ifLate: z.enum(['send', 'remind', 'drop']).optional(),
})
export type PolicyParams = z.infer<typeof policySchema>

const actionKind = z.enum(['remind', 'send', 'run'])
/** `countdown` goes with send, `command` with run. */
const actionDetails = {
  countdown: words.optional(),
  command: z.array(z.string().max(8192)).min(1).max(256).optional(),
}
export type ActionParams = z.infer<z.ZodObject<typeof actionDetails>> & { action: z.infer<typeof actionKind> }

const clearSchema = z.array(z.enum(['when', 'between', 'days', 'else', 'expires', 'unless', 'late', 'note']))

const backupFilter = {
  to: who.optional(),
  states: z
    .array(z.enum(['armed', 'held', 'due', 'sent', 'dismissed', 'cancelled', 'missed', 'expired', 'failed']))
    .optional(),
  due: z.boolean(),
  all: z.boolean(),
}

const password = z.string().min(1).max(1024)
const account = {
  relay: z.string().max(512).optional(),
  password,
  tokenStore: z.enum(['keychain', 'file']).optional(),
}

export const localParams = {
  hello,
  'account.register': z.strictObject({
    ...account,
    nick: z.string().min(1).max(64).optional(),
    invite: z.string().max(64).optional(),
  }),
  'account.login': z.strictObject({ ...account, uin: z.string().max(64) }),
  /** Logs in with the recovery code, and makes `password` the account's password. */
  'account.recover': z.strictObject({ ...account, uin: z.string().max(64), code: z.string().min(1).max(256) }),
  'account.logout': z.strictObject({ all: z.boolean(), force: z.boolean() }),
  'account.whoami': nothing,
  'account.devices': nothing,
  'account.revoke': z.strictObject({ device: z.string().min(1).max(64) }),
  'account.password': z.strictObject({ password, next: password }),
  /** A new recovery code; the old one stops working. */
  'account.recovery': z.strictObject({ password }),
  'account.nick': z.strictObject({ nick: z.string().min(1).max(64) }),
  /** A page of all there is of the account; `after`: the `next` of the page before. */
  'account.export': z.strictObject({ after }),
  'account.delete': z.strictObject({ confirm: z.string().max(64), password }),
  'status.set': z.strictObject({
    status: z.enum(['online', 'away', 'busy', 'invisible']).optional(),
    text: z.string().max(256).optional(),
  }),
  /** `who` may be a friend's link. */
  'friend.add': z.strictObject({ who: z.string().min(1).max(512), note: z.string().max(256).optional() }),
  'friend.invite': z.strictObject({
    uses: z.number().int().min(1).max(20),
    /** Default: 7 days. */
    lastsMs: z
      .number()
      .int()
      .min(60_000)
      .max(366 * 86_400_000)
      .optional(),
  }),
  'friend.requests': nothing,
  'friend.accept': z.strictObject({ who }),
  'friend.decline': z.strictObject({ who }),
  'friend.remove': z.strictObject({ who }),
  'friend.block': z.strictObject({ who }),
  'friend.unblock': z.strictObject({ who }),
  'friend.list': nothing,
  'friend.show': z.strictObject({ who }),
  /** The keys that make this safety number are the friend's: others than these are not accepted. */
  'friend.verify': z.strictObject({ who, safetyNumber: z.string().max(128) }),
  'friend.alias': z.strictObject({ who, alias: z.string().min(1).max(64).nullable() }),
  /** `hide`: whether they see me as offline, whatever I am. */
  'friend.hide': z.strictObject({ who, hide: z.boolean() }),
  'friend.notify': z.strictObject({ who, notify: z.enum(['on', 'off', 'once']) }),
  /** Friends that are not offline. */
  'presence.who': nothing,
  'presence.of': z.strictObject({ who: z.array(who).max(64) }),
  'message.send': z.strictObject({ to: who, text, key: key.optional(), draft }),
  /** This message of a friend, and all before it, count as read. */
  'message.read': z.strictObject({ id: z.string().min(1).max(64) }),
  'message.inbox': z.strictObject({ unread: z.boolean(), markRead: z.boolean() }),
  'message.history': z.strictObject({
    who,
    since: words.optional(),
    limit: z.number().int().min(1).max(10_000),
    grep: z.string().max(512).optional(),
  }),
  'backup.add': z.strictObject({
    to: who,
    text,
    /** It stood among the words, where a time whose quotes were forgotten leaves its rest. */
    textIsWord: z.boolean().optional(),
    when: whenSchema,
    policy: policySchema.optional(),
    action: actionKind,
    ...actionDetails,
    note: z.string().max(4096).optional(),
    key: key.optional(),
    /** A name for this very call: made again, since its answer was lost, it is the same backup. Not kept, unlike a key. */
    once: key.optional(),
    draft,
    dryRun: z.boolean(),
  }),
  'backup.list': z.strictObject(backupFilter),
  /** A page of what the list would be; `after`: the `next` of the page before. */
  'backup.page': z.strictObject({ ...backupFilter, after }),
  /** What the list would be, by ids alone: no text is opened for them. */
  'backup.ids': z.strictObject(backupFilter),
  'backup.show': z.strictObject({ id: backupId }),
  'backup.edit': z.strictObject({
    id: backupId,
    ifRev: z.number().int().min(1).optional(),
    text: text.optional(),
    when: whenSchema.optional(),
    policy: policySchema.optional(),
    action: actionKind.optional(),
    ...actionDetails,
    note: z.string().max(4096).optional(),
    clear: clearSchema.optional(),
  }),
  /** A part of such a file: each line is done, or refused, by itself. */
  'backup.import': z.strictObject({
    rows: z.array(z.strictObject({ line: z.number().int().min(1), backup: z.unknown() })).max(500),
    dryRun: z.boolean(),
    onConflict: z.enum(['skip', 'replace']),
  }),
  /** `again`: one that was sent already is answered as it stands. */
  'backup.send': z.strictObject({ id: backupId, text: text.optional(), draft, again: z.boolean().optional() }),
  /** Shows its conversation with the text in the edit line, in a window of this device or a terminal started for it. */
  'backup.open': z.strictObject({ id: backupId }),
  'backup.cancel': z.strictObject({ ids: z.array(backupId).min(1).max(1_000) }),
  /** Without an id: the newest that can be undone. */
  'backup.undo': z.strictObject({ id: backupId.optional() }),
  'backup.dismiss': z.strictObject({ id: backupId }),
  'backup.snooze': z.strictObject({ id: backupId, until: words, tz: z.string().max(64).optional() }),
  'backup.pause': z.strictObject({ id: backupId, until: words.optional(), tz: z.string().max(64).optional() }),
  'backup.resume': z.strictObject({ id: backupId }),
  'backup.skip': z.strictObject({ id: backupId, count: z.number().int().min(1).max(1_000) }),
  /** My own quiet hours: a span of the zone's clock, or null. */
  'quiet.set': z.strictObject({ span: words.nullable(), tz: z.string().max(64).optional() }),
  'friend.quiet': z.strictObject({ who, span: words.nullable(), tz: z.string().max(64).optional() }),
  when: z.strictObject({
    expression: words,
    tz: z.string().max(64).optional(),
    from: z.string().max(64).optional(),
    count: z.number().int().min(1).max(100),
  }),
  /** Events follow as `watch.event` until the connection closes. `after`: a cursor to catch up from. */
  'watch.start': z.strictObject({
    types: z.array(z.enum(['message', 'presence', 'backup', 'receipt', 'friend'])).optional(),
    from: who.optional(),
    after: z.string().max(64).optional(),
  }),
  /** Returns when it holds: a friend online, a message from one (after the cursor), my messages read, a backup sent. */
  'wait.friend': z.strictObject({
    who,
    for: z.enum(['online', 'message', 'read']),
    after: z.string().max(64).optional(),
    waitMs,
  }),
  /** `confirmed`: of a backup only until the relay has what was asked of it, be it over or not. */
  'wait.item': z.strictObject({ id: z.string().min(1).max(64), confirmed: z.boolean().optional(), waitMs }),
  /** This connection is a running conversation window; it is one for as long as the connection lasts. */
  'chat.attach': nothing,
  /** A key was pressed in it: a person is there, and this window is the one used last. `who`: the conversation shown. */
  'chat.active': z.strictObject({ who: who.nullable() }),
  /** Everybody a conversation can be had with. The next change of anything shown is told once, as `chat.changed`. */
  'chat.people': nothing,
  /** Text for somebody that is not sent yet, kept on this device alone; empty: none. `backupId`: the due one it began as. */
  'draft.put': z.strictObject({ who, text, backupId: backupId.nullable() }),
  'draft.get': z.strictObject({ who }),
  dashboard: nothing,
  /** `settleMs`: of one that has just been started; answered once it knows what came meanwhile, or cannot, or so late. */
  'daemon.status': z.strictObject({ settleMs: z.number().int().min(0).max(10_000).optional() }),
  'daemon.stop': nothing,
} as const
