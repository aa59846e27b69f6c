/** The engine against one written to be obviously right: no code of it is shared but the types. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { BackupPlan, Condition, PresenceTurn, QuietHours } from '../../../src/domain/backup.ts'
import type { Facts, Sighting } from '../../../src/domain/conditions.ts'
import { evaluate } from '../../../src/domain/engine.ts'
import { HOUR_MS, MINUTE_MS } from '../../../src/domain/instant.ts'
import type { PresenceFact } from '../../../src/domain/presence.ts'
import type { Uin } from '../../../src/domain/uin.ts'

const BO = '1000000008' as Uin
const DAY = Date.UTC(2026, 0, 5)
const ARMED = DAY + 12 * HOUR_MS
const ARMING = { occurrence: 1, armedAt: ARMED, armedSeq: 7, resumeAt: null, final: false }

/** All instants are whole minutes of one day, in UTC, so that a window can be looked at minute by minute. */
const minute = fc.integer({ min: -300, max: 300 }).map((n) => ARMED + n * MINUTE_MS)
const sighting = minute.map((at): Sighting => ({ at: Math.max(at, ARMED + 1), seq: 8 }))
const maybe = fc.oneof(fc.constant(null), fc.constant('unknown' as const), sighting)
const fact = fc.oneof(
  fc.constant('unknown' as const),
  fc.record({ status: fc.constantFrom('online', 'away', 'busy', 'offline' as const), at: minute, on: minute }).map(
    ({ status, at, on }): PresenceFact => ({
      status,
      statusSince: at,
      onlineSince: status === 'offline' ? null : Math.min(on, at),
      statusText: null,
    }),
  ),
)

const condition: fc.Arbitrary<Condition> = fc.oneof(
  minute.map((at): Condition => ({ kind: 'time', at, local: '', zone: 'UTC' })),
  fc.constant<Condition>({ kind: 'presence', who: BO, is: 'online', turns: null }),
  fc
    .constantFrom<PresenceTurn>('online', 'away', 'back', 'offline')
    .map((turns): Condition => ({ kind: 'presence', who: BO, is: null, turns })),
  fc.constant<Condition>({ kind: 'message', from: BO, sealed: false }),
  fc.constant<Condition>({ kind: 'my-send', to: null }),
  fc.constant<Condition>({ kind: 'read', who: BO, n: 1 }),
)

const span = fc
  .record({ fromMinute: fc.integer({ min: 0, max: 1439 }), length: fc.integer({ min: 1, max: 1400 }) })
  .map(({ fromMinute, length }) => ({ fromMinute, toMinute: (fromMinute + length) % 1440 }))

const plan: fc.Arbitrary<BackupPlan> = fc
  .record({
    conditions: fc.array(condition, { minLength: 1, maxLength: 4 }),
    match: fc.constantFrom('all' as const, 'any' as const),
    action: fc.constantFrom(
      { kind: 'remind' as const },
      { kind: 'send' as const, countdownMs: null },
      { kind: 'send' as const, countdownMs: MINUTE_MS },
    ),
    between: fc.option(span),
    elseAt: fc.option(minute),
    expiresAt: fc.option(minute),
    reply: fc.constantFrom(null, 'cancel' as const, 'hold' as const, 'remind' as const),
    then: fc.constantFrom('send' as const, 'remind' as const, 'drop' as const),
    graceMs: fc.constantFrom(0, 10 * MINUTE_MS, HOUR_MS),
  })
  .map(({ conditions, match, action, between, elseAt, expiresAt, reply, then, graceMs }) => ({
    to: BO,
    trigger: { match, conditions },
    action,
    window: { between, days: null, zone: 'UTC', onlyIfIAm: null, elseAt, expiresAt },
    unless: { reply },
    late: { graceMs, then },
    repeat: null,
  }))

interface Given {
  plan: BackupPlan
  now: number
  presence: PresenceFact | 'unknown'
  message: Sighting | null | 'unknown'
  mySend: Sighting | null | 'unknown'
  read: Sighting | null | 'unknown'
  reply: Sighting | null | 'unknown'
  quiet: QuietHours | null
}

const anything = fc.record({
  plan,
  now: minute.map((at) => Math.max(at, ARMED + MINUTE_MS)),
  presence: fact,
  message: maybe,
  mySend: maybe,
  read: maybe,
  reply: maybe,
  quiet: fc.option(span.map((hours) => ({ ...hours, zone: 'UTC' }))),
})

/** Nobody has seen what is still to come. */
const given = anything.map((all): Given => {
  const past = (what: Given['message']): Given['message'] =>
    what === null || what === 'unknown' ? what : { ...what, at: Math.min(what.at, all.now) }
  const { presence } = all
  const began = presence === 'unknown' ? 0 : Math.min(presence.statusSince, all.now)
  return {
    ...all,
    message: past(all.message),
    mySend: past(all.mySend),
    read: past(all.read),
    reply: past(all.reply),
    presence:
      presence === 'unknown'
        ? presence
        : {
            ...presence,
            statusSince: began,
            onlineSince: presence.onlineSince && Math.min(presence.onlineSince, began),
          },
  }
})

function factsOf({ presence, message, mySend, read, reply, quiet }: Given): Facts {
  return {
    presence: () => presence,
    message: () => message,
    mySend: () => mySend,
    read: () => read,
    reply: () => reply,
    me: () => 'unknown',
    quiet: () => (quiet === null ? [] : [quiet]),
  }
}

const inSpan = ({ fromMinute, toMinute }: { fromMinute: number; toMinute: number }, at: number): boolean => {
  const m = Math.floor((at - DAY) / MINUTE_MS + 10 * 1440) % 1440
  return fromMinute < toMinute ? m >= fromMinute && m < toMinute : m >= fromMinute || m < toMinute
}

/** Since when it holds; null: it does not, or nobody knows. */
function since(one: Condition, { presence, message, mySend, read, now }: Given): number | null {
  const seen = (what: Given['message']) => (what === null || what === 'unknown' ? null : what.at)
  if (one.kind === 'time') return now >= one.at ? one.at : null
  if (one.kind === 'message') return seen(message)
  if (one.kind === 'my-send') return seen(mySend)
  if (one.kind === 'read') return seen(read)
  if (one.kind === 'every' || presence === 'unknown') return null
  const { status, statusSince, onlineSince } = presence
  const began = {
    is: status === 'online' ? Math.max(statusSince, ARMED) : null,
    online: onlineSince !== null && onlineSince > ARMED ? onlineSince : null,
    away: status === 'away' && statusSince > ARMED ? statusSince : null,
    offline: status === 'offline' && statusSince > ARMED ? statusSince : null,
    back:
      status === 'online' && statusSince > ARMED && onlineSince !== null && statusSince > onlineSince
        ? statusSince
        : null,
  }
  return began[one.turns ?? 'is']
}

/** Walks back, minute by minute, to when the hours last began to be as they are. */
function edgeBefore(open: (at: number) => boolean, at: number): number {
  let from = at
  while (open(from) === open(at) && from > at - 2 * 24 * HOUR_MS) from -= MINUTE_MS
  return from + MINUTE_MS
}

function expected(all: Given): string {
  const { plan, now, reply, quiet } = all
  const { expiresAt = null, elseAt = null, between = null } = plan.window ?? {}
  if (expiresAt !== null && now >= expiresAt) return 'expire'
  const replied = reply !== null && reply !== 'unknown' && plan.unless.reply !== null
  if (replied && plan.unless.reply !== 'remind') return String(plan.unless.reply)
  const doubt = plan.unless.reply !== null && reply === 'unknown'
  const fire = (at: number, chosen: boolean): string => {
    const grace = plan.late.graceMs
    const countdown = plan.action.kind === 'send' ? (plan.action.countdownMs ?? 0) : 0
    const free = plan.action.kind !== 'send' || replied || (chosen && now - at <= grace) || quiet === null
    const quietAt = (instant: number) => !free && quiet !== null && inSpan(quiet, instant)
    let due = at
    while (quietAt(due)) due = (Math.floor(due / MINUTE_MS) + 1) * MINUTE_MS
    const late = now - due - countdown > grace
    if (late && plan.late.then === 'drop') return 'miss'
    if (replied || (late && plan.late.then === 'remind')) return 'remind'
    return due > now || quietAt(now) || now < due + countdown ? 'wait' : 'action'
  }
  if (elseAt !== null && now >= elseAt && !doubt) return fire(elseAt, true)
  const moments = plan.trigger.conditions
    .map((one) => ({ at: since(one, all), chosen: one.kind === 'time' }))
    .filter((one): one is { at: number; chosen: boolean } => one.at !== null)
    .sort((a, b) => a.at - b.at)
  const enough = plan.trigger.match === 'any' ? 1 : plan.trigger.conditions.length
  const moment = plan.trigger.match === 'any' ? moments[0] : moments.at(-1)
  if (moments.length < enough || moment === undefined || doubt) return 'wait'
  if (between === null) return fire(moment.at, moment.chosen)
  const open = (at: number) => inSpan(between, at)
  if (!open(now)) return 'wait'
  const opened = edgeBefore(open, now)
  return opened > moment.at ? fire(opened, false) : fire(moment.at, moment.chosen)
}

it('decides as the naive engine does, whatever holds', () => {
  fc.assert(
    fc.property(given, (all) => {
      const verdict = evaluate(all.plan, ARMING, factsOf(all), all.now)
      expect(verdict.verdict === 'fire' ? verdict.as : verdict.verdict).toBe(expected(all))
      // An instant that has come would be looked at again without a pause.
      if (verdict.verdict === 'wait') expect(verdict.wakeAt ?? Number.POSITIVE_INFINITY).toBeGreaterThan(all.now)
    }),
    { numRuns: 5_000 },
  )
}, 60_000)

it('is looked at again no later than when time alone makes it decide otherwise', () => {
  fc.assert(
    fc.property(given, fc.integer({ min: 1, max: 400 }), (all, ahead) => {
      const verdict = evaluate(all.plan, ARMING, factsOf(all), all.now)
      if (verdict.verdict !== 'wait') return
      const later = all.now + ahead * MINUTE_MS
      if (verdict.wakeAt !== null && verdict.wakeAt <= later) return
      expect(evaluate(all.plan, ARMING, factsOf(all), later).verdict).toBe('wait')
    }),
    { numRuns: 3_000 },
  )
}, 60_000)
