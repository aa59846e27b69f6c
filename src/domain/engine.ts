/**
 * When does a backup fire? Every condition is a predicate over facts since this occurrence was armed, never an event
 * to remember, so daemon and relay, before and after a crash, come to the same answer. What a side cannot see is
 * unknown, and unknown never fires.
 */
import type { Arming, BackupPlan, Condition, PresenceCondition } from './backup.ts'
import type { Instant } from './instant.ts'
import type { Presence, PresenceFact } from './presence.ts'
import type { Uin } from './uin.ts'
import { windowEdge, windowOpen } from './window.ts'

/** The first thing of its kind after the backup was armed: when, and where in the owner's log. */
export interface Sighting {
  at: Instant
  seq: number
}

/** What the evaluating side can see. `unknown`: it cannot; null: it can, and there is none. */
export interface Facts {
  presence(who: Uin): PresenceFact | 'unknown'
  /** The first message from the friend, after arming, that matches condition number `index`. */
  message(index: number): Sighting | null | 'unknown'
  /** The owner's first message after arming that is not automatic. */
  mySend(to: Uin | null): Sighting | null | 'unknown'
  /** When the friend had read up to message `n`. */
  read(who: Uin, n: number): Sighting | null | 'unknown'
  /** The first message from the recipient after arming. */
  reply(): Sighting | null | 'unknown'
  /** The owner, as others see them. */
  me(): PresenceFact | 'unknown'
}

export type ReasonCode =
  | 'MANUAL'
  | 'TIME_AHEAD'
  | 'FRIEND_NOT_ONLINE'
  | 'NO_TURN_YET'
  | 'PRESENCE_UNKNOWN'
  | 'NO_MESSAGE_YET'
  | 'WORDS_SEALED'
  | 'NO_SEND_YET'
  | 'NOT_READ_YET'
  | 'UNKNOWN_HERE'
  | 'WINDOW_CLOSED'
  | 'OWN_STATE'
  | 'REPLIED'
  | 'EXPIRED'
  | 'LATE'
  | 'NOW'

/** Why, in a form that can be shown with names: `who` and `at` are what the sentence speaks of. */
export interface Reason {
  code: ReasonCode
  who: Uin | null
  status: Presence | null
  at: Instant | null
}

export type Holding =
  | { holds: 'yes'; since: Instant }
  | { holds: 'no' | 'unknown'; reason: Reason; lookAt: Instant | null }

export type Verdict =
  | { verdict: 'fire'; as: 'action' | 'remind'; dueSince: Instant; reason: Reason }
  | { verdict: 'wait'; reasons: readonly Reason[]; wakeAt: Instant | null }
  | { verdict: 'hold' | 'cancel' | 'expire'; reason: Reason }
  | { verdict: 'miss'; dueSince: Instant; reason: Reason }

function reason(code: ReasonCode, about: Partial<Omit<Reason, 'code'>> = {}): Reason {
  return { code, who: null, status: null, at: null, ...about }
}

const no = (why: Reason, lookAt: Instant | null = null): Holding => ({ holds: 'no', reason: why, lookAt })
const unknown = (why: Reason): Holding => ({ holds: 'unknown', reason: why, lookAt: null })
const yes = (since: Instant): Holding => ({ holds: 'yes', since })

function atInstant(at: Instant, now: Instant): Holding {
  return now >= at ? yes(at) : no(reason('TIME_AHEAD', { at }), at)
}

function seen(sighting: Sighting | null | 'unknown', missing: Reason, hidden: Reason): Holding {
  if (sighting === 'unknown') return unknown(hidden)
  return sighting === null ? no(missing) : yes(sighting.at)
}

/** Whether the change a condition waits for has happened, and still stands. */
function turned(turn: PresenceCondition['turns'], fact: PresenceFact, armedAt: Instant): boolean {
  const entered = fact.statusSince > armedAt
  switch (turn) {
    case 'online':
      return fact.status !== 'offline' && fact.onlineSince !== null && fact.onlineSince > armedAt
    case 'away':
      return fact.status === 'away' && entered
    case 'back':
      return fact.status === 'online' && entered && fact.onlineSince !== null && fact.statusSince > fact.onlineSince
    case 'offline':
      return fact.status === 'offline' && entered
    case null:
      return false
    default:
      return turn satisfies never
  }
}

function presenceHolds(condition: PresenceCondition, facts: Facts, armedAt: Instant): Holding {
  const who = condition.who
  const fact = facts.presence(who)
  if (fact === 'unknown') return unknown(reason('PRESENCE_UNKNOWN', { who }))
  const about = { who, status: fact.status, at: fact.statusSince }
  if (condition.turns === null) {
    return fact.status === 'online' ? yes(fact.statusSince) : no(reason('FRIEND_NOT_ONLINE', about))
  }
  if (!turned(condition.turns, fact, armedAt)) return no(reason('NO_TURN_YET', about))
  return yes(condition.turns === 'online' ? (fact.onlineSince ?? fact.statusSince) : fact.statusSince)
}

/** One condition of an occurrence. `index` is its place in the trigger. */
export function conditionHolds(
  condition: Condition,
  index: number,
  armedAt: Instant,
  facts: Facts,
  now: Instant,
): Holding {
  switch (condition.kind) {
    case 'time':
      return atInstant(condition.at, now)
    case 'every':
      return atInstant(condition.slot, now)
    case 'presence':
      return presenceHolds(condition, facts, armedAt)
    case 'message': {
      const who = condition.from
      return seen(facts.message(index), reason('NO_MESSAGE_YET', { who }), reason('WORDS_SEALED', { who }))
    }
    case 'my-send': {
      const who = condition.to
      return seen(facts.mySend(who), reason('NO_SEND_YET', { who }), reason('UNKNOWN_HERE', { who }))
    }
    case 'read': {
      const who = condition.who
      return seen(facts.read(who, condition.n), reason('NOT_READ_YET', { who }), reason('UNKNOWN_HERE', { who }))
    }
    default:
      return condition satisfies never
  }
}

type Combined =
  | { holds: 'yes'; since: Instant }
  | { holds: 'no' | 'unknown'; reasons: readonly Reason[]; lookAt: Instant | null }

function earliest(instants: readonly (Instant | null)[]): Instant | null {
  const known = instants.filter((at): at is Instant => at !== null)
  return known.length === 0 ? null : Math.min(...known)
}

/** All-of is due at the latest `since`, any-of at the earliest. A state that held before arming counts from arming. */
function combine(match: 'all' | 'any', holdings: readonly Holding[], armedAt: Instant): Combined {
  const held = holdings.filter((holding) => holding.holds === 'yes')
  const open = holdings.filter((holding) => holding.holds !== 'yes')
  const sinces = held.map((holding) => Math.max(holding.since, armedAt))
  if (match === 'any' && sinces.length > 0) return { holds: 'yes', since: Math.min(...sinces) }
  if (match === 'all' && open.length === 0) return { holds: 'yes', since: Math.max(...sinces) }
  const certain = match === 'all' ? open.some((h) => h.holds === 'no') : open.every((h) => h.holds === 'no')
  return {
    holds: certain ? 'no' : 'unknown',
    reasons: open.map((holding) => holding.reason),
    lookAt: earliest(open.map((holding) => holding.lookAt)),
  }
}

/** Everything but the trigger that can keep a due backup from firing now. Null: nothing does. */
function gate(plan: BackupPlan, facts: Facts, now: Instant): { reason: Reason; lookAt: Instant | null } | null {
  const window = plan.window
  if (window === null) return null
  if (!windowOpen(window, now)) {
    const opensAt = windowEdge(window, now, 1)
    return { reason: reason('WINDOW_CLOSED', { at: opensAt }), lookAt: opensAt }
  }
  if (window.onlyIfIAm === null) return null
  const me = facts.me()
  if (me === 'unknown') return { reason: reason('UNKNOWN_HERE'), lookAt: null }
  return me.status === window.onlyIfIAm ? null : { reason: reason('OWN_STATE', { status: me.status }), lookAt: null }
}

/** When everything that gates firing had opened: waiting for a window or for oneself is not lateness. */
function gateSince(plan: BackupPlan, facts: Facts, now: Instant): Instant {
  const window = plan.window
  if (window === null) return 0
  const opened = window.between === null && window.days === null ? 0 : (windowEdge(window, now, -1) ?? 0)
  const me = window.onlyIfIAm === null ? 'unknown' : facts.me()
  return Math.max(opened, me === 'unknown' ? 0 : me.statusSince)
}

function fireOrMiss(plan: BackupPlan, dueSince: Instant, replied: boolean, now: Instant): Verdict {
  const late = now - dueSince > plan.late.graceMs
  if (late && plan.late.then === 'drop') return { verdict: 'miss', dueSince, reason: reason('LATE', { at: dueSince }) }
  const asReminder = replied || (late && plan.late.then === 'remind')
  const why = late ? reason('LATE', { at: dueSince }) : reason('NOW', { at: dueSince })
  return { verdict: 'fire', as: asReminder ? 'remind' : 'action', dueSince, reason: why }
}

/** What a message from the recipient since arming means, if the owner said that it means something. */
function unlessReply(plan: BackupPlan, facts: Facts): 'none' | 'unknown' | 'cancel' | 'hold' | 'remind' {
  if (plan.unless.reply === null) return 'none'
  const reply = facts.reply()
  if (reply === null) return 'none'
  return reply === 'unknown' ? 'unknown' : plan.unless.reply
}

/** What to do with an armed backup now, why, and when time alone could change the answer (`wakeAt`). */
export function evaluate(plan: BackupPlan, arming: Arming, facts: Facts, now: Instant): Verdict {
  const { expiresAt = null, elseAt = null } = plan.window ?? {}
  if (expiresAt !== null && now >= expiresAt) return { verdict: 'expire', reason: reason('EXPIRED', { at: expiresAt }) }

  const reply = unlessReply(plan, facts)
  if (reply === 'cancel' || reply === 'hold') return { verdict: reply, reason: reason('REPLIED', { who: plan.to }) }

  const elseDue = elseAt !== null && now >= elseAt
  if (elseDue && reply !== 'unknown') return fireOrMiss(plan, elseAt, reply === 'remind', now)

  const { conditions, match } = plan.trigger
  if (conditions.length === 0) {
    return { verdict: 'wait', reasons: [reason('MANUAL')], wakeAt: earliest([expiresAt, elseAt]) }
  }
  const trigger = combine(
    match,
    conditions.map((condition, index) => conditionHolds(condition, index, arming.armedAt, facts, now)),
    arming.armedAt,
  )
  if (trigger.holds !== 'yes') {
    return { verdict: 'wait', reasons: trigger.reasons, wakeAt: earliest([trigger.lookAt, expiresAt, elseAt]) }
  }
  const closed = reply === 'unknown' ? { reason: reason('UNKNOWN_HERE'), lookAt: null } : gate(plan, facts, now)
  if (closed !== null) {
    return { verdict: 'wait', reasons: [closed.reason], wakeAt: earliest([closed.lookAt, expiresAt, elseAt]) }
  }
  return fireOrMiss(plan, Math.max(trigger.since, gateSince(plan, facts, now)), reply === 'remind', now)
}

/** Whether the relay can see everything this backup waits for: it then fires with every terminal off. */
export function relayCanEvaluate(plan: BackupPlan): boolean {
  if (plan.action.kind === 'run') return false
  return plan.trigger.conditions.every((condition) => condition.kind !== 'message' || !condition.sealed)
}
