/**
 * When does a backup fire? Every condition is a predicate over facts since this occurrence was armed, never an event
 * to remember, so daemon and relay, before and after a crash, come to the same answer. What a side cannot see is
 * unknown, and unknown never fires.
 */
import type { Arming, BackupPlan, Trigger } from './backup.ts'
import { conditionHolds, type Facts, type Holding } from './conditions.ts'
import { earliest, type Instant } from './instant.ts'
import { type Reason, reason } from './reason.ts'
import { everyOf } from './repeating.ts'
import { quietEnd, windowEdge, windowOpen } from './window.ts'

export type Verdict =
  | { verdict: 'fire'; as: 'action' | 'remind'; dueSince: Instant; reason: Reason }
  | { verdict: 'wait'; reasons: readonly Reason[]; wakeAt: Instant | null }
  | { verdict: 'hold' | 'cancel' | 'expire'; reason: Reason }
  /** The next slot of the series has come before this one fired. */
  | { verdict: 'next-slot'; reason: Reason }
  | { verdict: 'miss'; dueSince: Instant; reason: Reason }

/** `chosen`: the moment is a time the owner named. */
type Combined =
  | { holds: 'yes'; since: Instant; chosen: boolean }
  | { holds: 'no' | 'unknown'; reasons: readonly Reason[]; lookAt: Instant | null }

/**
 * All-of is due at the latest `since`, any-of at the earliest. A state that held before arming counts from arming; a
 * time keeps its instant, so that what was armed too late is late.
 */
function combine({ match, conditions }: Trigger, holdings: readonly Holding[], armedAt: Instant): Combined {
  const moments = holdings.flatMap((holding, index) => {
    if (holding.holds !== 'yes') return []
    const kind = conditions[index]?.kind
    const chosen = kind === 'time' || kind === 'every'
    return [{ since: chosen ? holding.since : Math.max(holding.since, armedAt), chosen }]
  })
  const open = holdings.filter((holding) => holding.holds !== 'yes')
  moments.sort((a, b) => a.since - b.since)
  const moment = match === 'any' ? moments[0] : moments.at(-1)
  if (moment !== undefined && (match === 'any' || open.length === 0)) return { holds: 'yes', ...moment }
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
  if (me.status === window.onlyIfIAm) return null
  return { reason: reason('OWN_STATE', { status: me.status, turn: window.onlyIfIAm }), lookAt: null }
}

/** When everything that gates firing had opened: waiting for a window or for oneself is not lateness. */
function gateSince(plan: BackupPlan, facts: Facts, now: Instant): Instant {
  const window = plan.window
  if (window === null) return 0
  const opened = window.between === null && window.days === null ? 0 : (windowEdge(window, now, -1) ?? 0)
  const me = window.onlyIfIAm === null ? 'unknown' : facts.me()
  return Math.max(opened, me === 'unknown' ? 0 : me.statusSince)
}

/** The moment all held, and whether that is a time the owner named. */
interface Moment {
  since: Instant
  chosen: boolean
}

/** All holds: the action, or what lateness, quiet hours, a countdown or a reply make of it. */
function fireOrMiss(plan: BackupPlan, moment: Moment, replied: boolean, facts: Facts, now: Instant): Verdict {
  const { action, late } = plan
  // What holds has begun, even where a clock that was set back makes it later than now.
  const since = Math.min(moment.since, now)
  const sends = action.kind === 'send' && !replied
  const onTime = moment.chosen && now - since <= late.graceMs
  const hours = sends && !onTime ? facts.quiet() : []
  const dueSince = quietEnd(hours, since) ?? since
  // Counted from a moment that is still ahead, by a clock that was set back, it would begin anew at every look: then it
  // is the terminals alone that count.
  const countdown = action.kind === 'send' && moment.since <= now ? (action.countdownMs ?? 0) : 0
  const endsAt = dueSince + countdown
  const isLate = now - endsAt > late.graceMs
  const why = isLate ? reason('LATE', { at: dueSince }) : reason('NOW', { at: dueSince })
  if (isLate && late.then === 'drop') return { verdict: 'miss', dueSince, reason: why }
  if (replied || (isLate && late.then === 'remind')) return { verdict: 'fire', as: 'remind', dueSince, reason: why }
  const quiet = dueSince > now ? dueSince : quietEnd(hours, now)
  if (quiet !== null) return { verdict: 'wait', reasons: [reason('QUIET_HOURS', { at: quiet })], wakeAt: quiet }
  if (now < endsAt) return { verdict: 'wait', reasons: [reason('COUNTDOWN', { at: endsAt })], wakeAt: endsAt }
  return { verdict: 'fire', as: 'action', dueSince, reason: why }
}

/** What a message from the recipient since arming means, if the owner said that it means something. */
function unlessReply(plan: BackupPlan, facts: Facts): 'none' | 'unknown' | 'cancel' | 'hold' | 'remind' {
  if (plan.unless.reply === null) return 'none'
  const reply = facts.reply()
  if (reply === null) return 'none'
  return reply === 'unknown' ? 'unknown' : plan.unless.reply
}

/** What ends a backup whatever holds: its expiry, or the end of its repeating. */
function endOf(plan: BackupPlan, { final }: Arming): Instant | null {
  return earliest([plan.window?.expiresAt ?? null, final ? null : (plan.repeat?.until ?? null)])
}

/** What to do with an armed backup now, why, and when time alone could change the answer (`wakeAt`). */
export function evaluate(plan: BackupPlan, arming: Arming, facts: Facts, now: Instant): Verdict {
  const end = endOf(plan, arming)
  if (end !== null && now >= end) return { verdict: 'expire', reason: reason('EXPIRED', { at: end }) }
  const snoozed = arming.resumeAt
  if (snoozed !== null && now >= snoozed) {
    return { verdict: 'fire', as: 'remind', dueSince: snoozed, reason: reason('NOW', { at: snoozed }) }
  }
  if (arming.final) {
    return { verdict: 'wait', reasons: [reason('SNOOZED', { at: snoozed })], wakeAt: earliest([snoozed, end]) }
  }
  const every = everyOf(plan)
  const nextSlot = every?.next ?? null
  if (every !== null && nextSlot !== null && now >= nextSlot) {
    return { verdict: 'next-slot', reason: reason('SLOT_PASSED', { at: every.slot }) }
  }
  const verdict = whenTriggered(plan, arming, facts, now)
  if (verdict.verdict !== 'wait') return verdict
  const elseAt = plan.window?.elseAt ?? null
  const deadline = elseAt !== null && elseAt > now ? elseAt : null
  return { ...verdict, wakeAt: earliest([verdict.wakeAt, deadline, end, nextSlot, snoozed]) }
}

function whenTriggered(plan: BackupPlan, arming: Arming, facts: Facts, now: Instant): Verdict {
  const reply = unlessReply(plan, facts)
  if (reply === 'cancel' || reply === 'hold') return { verdict: reply, reason: reason('REPLIED', { who: plan.to }) }

  const elseAt = plan.window?.elseAt ?? null
  if (elseAt !== null && now >= elseAt && reply !== 'unknown') {
    return fireOrMiss(plan, { since: elseAt, chosen: true }, reply === 'remind', facts, now)
  }
  const { conditions } = plan.trigger
  if (conditions.length === 0) return { verdict: 'wait', reasons: [reason('MANUAL')], wakeAt: null }
  const holdings = conditions.map((condition, index) => conditionHolds(condition, index, arming.armedAt, facts, now))
  const trigger = combine(plan.trigger, holdings, arming.armedAt)
  if (trigger.holds !== 'yes') {
    return { verdict: 'wait', reasons: trigger.reasons, wakeAt: trigger.lookAt }
  }
  const closed = reply === 'unknown' ? { reason: reason('UNKNOWN_HERE'), lookAt: null } : gate(plan, facts, now)
  if (closed !== null) return { verdict: 'wait', reasons: [closed.reason], wakeAt: closed.lookAt }
  const opened = gateSince(plan, facts, now)
  const moment = { since: Math.max(trigger.since, opened), chosen: trigger.chosen && trigger.since >= opened }
  return fireOrMiss(plan, moment, reply === 'remind', facts, now)
}

/** Whether the relay can see everything this backup waits for: it then fires with every terminal off. */
export function relayCanEvaluate(plan: BackupPlan): boolean {
  if (plan.action.kind === 'run') return false
  if (plan.action.kind === 'send' && plan.action.countdownMs !== null) return false
  return plan.trigger.conditions.every((condition) => condition.kind !== 'message' || !condition.sealed)
}
