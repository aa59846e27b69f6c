import type { BackupPlan, Condition, Weekday, Window } from '../../domain/backup.ts'
import { conditionHolds } from '../../domain/conditions.ts'
import { evaluate, relayCanEvaluate } from '../../domain/engine.ts'
import { type Instant, toRfc3339 } from '../../domain/instant.ts'
import { isLive } from '../../domain/life.ts'
import { isListening } from '../../domain/repeating.ts'
import type { Uin } from '../../domain/uin.ts'
import { windowOpen } from '../../domain/window.ts'
import type { BackupRecord } from '../../protocol/records.ts'
import type { BackupView, ConditionView, WhyView, WindowView } from '../../protocol/views.ts'
import { factsFor } from '../firing/facts.ts'
import type { ShownBackup } from '../mirror/overlay.ts'
import { textOf } from '../mirror/texts.ts'
import { errorView, nameOf, orNull, type ViewContext, wallClock } from './views.ts'
import { heldUntilText, reasonText } from './why-text.ts'

function conditionView(condition: Condition, holds: boolean | null, words: string | null, pattern: string | null) {
  switch (condition.kind) {
    case 'time':
      return { kind: condition.kind, at: toRfc3339(condition.at), local: condition.local, zone: condition.zone, holds }
    case 'every': {
      const { kind, rule, zone, until, count, done } = condition
      return { kind, rule, zone, until: orNull(until), count, done, holds }
    }
    case 'presence':
      return { kind: condition.kind, who: condition.who, is: condition.is, turns: condition.turns, holds }
    case 'message':
      return { kind: condition.kind, from: condition.from, words, pattern, holds }
    case 'my-send':
      return { kind: condition.kind, to: condition.to, holds }
    case 'read':
      return { kind: condition.kind, who: condition.who, holds }
    default:
      return condition satisfies never
  }
}

function conditionViews(shown: ShownBackup, context: ViewContext): ConditionView[] {
  const { record } = shown
  const facts = factsFor(shown, context.state, context.presence, context.texts)
  const matching = context.texts.backupPrivate(record)?.matching ?? []
  return record.plan.trigger.conditions.map((condition, index) => {
    const holding = conditionHolds(condition, index, record.armedAt, facts, context.now)
    const holds = !isLive(record.state) || holding.holds === 'unknown' ? null : holding.holds === 'yes'
    return conditionView(condition, holds, matching[index]?.words ?? null, matching[index]?.pattern ?? null)
  })
}

const DAY_NAMES: Readonly<Record<Weekday, string>> = {
  1: 'mon',
  2: 'tue',
  3: 'wed',
  4: 'thu',
  5: 'fri',
  6: 'sat',
  7: 'sun',
}

function windowView(window: Window, now: Instant): WindowView {
  const { between, days, zone, onlyIfIAm } = window
  return {
    between: between && { from: wallClock(between.fromMinute), to: wallClock(between.toMinute) },
    days: days === null ? null : days.map((day) => DAY_NAMES[day]),
    zone,
    onlyIfIAm,
    elseAt: orNull(window.elseAt),
    expiresAt: orNull(window.expiresAt),
    open: windowOpen(window, now),
  }
}

const ENDED: Partial<Record<BackupRecord['state'], string>> = {
  missed: 'its moment passed before it could go',
  expired: 'what it waited for did not come in time',
}

/** Why it stands as it does: one sentence, and its code. */
function whyView(shown: ShownBackup, context: ViewContext): WhyView {
  const { record } = shown
  const { state, now, clock } = context
  const words = { now, clock, name: (uin: Uin) => nameOf(context, uin) }
  const plain = (code: string, text: string): WhyView => ({ code, text, waitsFor: [], lookAt: null })
  if (shown.refused !== null) return plain(shown.refused.error.code, `refused: ${shown.refused.error.message}`)
  if (record.state === 'held') {
    const { heldReason, resumeAt } = record
    const text = heldUntilText(heldReason, resumeAt, words)
    return { ...plain(heldReason ?? 'HELD', text), lookAt: orNull(resumeAt) }
  }
  if (record.state !== 'armed') {
    const ended = record.error?.message ?? ENDED[record.state]
    const text = ended === undefined ? record.state : `${record.state}: ${ended}`
    return plain(record.error?.code ?? record.state.toUpperCase(), text)
  }
  const facts = factsFor(shown, state, context.presence, context.texts)
  const verdict = evaluate(record.plan, record, facts, now)
  if (verdict.verdict !== 'wait') return plain(verdict.reason.code, `armed; ${reasonText(verdict.reason, words)}`)
  const waitsFor = verdict.reasons.map((reason) => reasonText(reason, words))
  const code = verdict.reasons[0]?.code ?? 'NOW'
  return { code, text: `armed; ${waitsFor.join('; ')}`, waitsFor, lookAt: orNull(verdict.wakeAt) }
}

/**
 * The first instant of the plan that is still to come. Of a series the slot it stands at and the one after it, which the
 * relay moves on: a terminal on its own may be past the first. What counts down goes when it has. Asked of every backup
 * at once: it leaves no garbage.
 */
export function nextInstant(plan: BackupPlan, now: Instant): Instant | null {
  const countdown = plan.action.kind === 'send' ? (plan.action.countdownMs ?? 0) : 0
  let first: Instant | null = null
  const consider = (at: Instant | null | undefined): void => {
    if (at == null) return
    const then = at > now ? at : at + countdown
    if (then > now && (first === null || then < first)) first = then
  }
  for (const condition of plan.trigger.conditions) {
    if (condition.kind === 'time') consider(condition.at)
    else if (condition.kind === 'every') for (const at of [condition.slot, condition.next]) consider(at)
  }
  consider(plan.window?.elseAt)
  return first
}

/** When time alone moves it: a snooze or a pause that ends, a slot, a deadline. */
function nextOf(record: BackupRecord, now: Instant): Instant | null {
  if (isLive(record.state) && record.resumeAt !== null) return record.resumeAt
  return isListening(record) ? nextInstant(record.plan, now) : null
}

export function backupView(shown: ShownBackup, context: ViewContext): BackupView {
  const { record, refused } = shown
  const { plan } = record
  const privately = context.texts.backupPrivate(record)
  const opened = context.texts.backup(record)
  const device = (id: string) =>
    id === context.state.account?.deviceId
      ? context.state.account.deviceName
      : (context.state.devices.get(id)?.name ?? id)
  return {
    v: 1,
    id: record.id,
    rev: record.rev,
    key: privately?.key ?? null,
    to: plan.to,
    text: textOf(opened),
    note: privately?.note ?? null,
    unreadable: 'code' in opened || privately === null,
    state: record.state,
    action: plan.action.kind,
    countdownMs: plan.action.kind === 'send' ? plan.action.countdownMs : null,
    trigger: { match: plan.trigger.match, conditions: conditionViews(shown, context) },
    window: plan.window === null ? null : windowView(plan.window, context.now),
    unless: { reply: plan.unless.reply },
    late: { graceMs: plan.late.graceMs, then: plan.late.then },
    why: whyView(shown, context),
    standIn: relayCanEvaluate(plan),
    stored: shown.stored,
    pending: shown.pending,
    createdAt: toRfc3339(record.createdAt),
    createdBy: device(record.createdBy),
    updatedAt: toRfc3339(record.updatedAt),
    updatedBy: device(record.updatedBy),
    armedAt: shown.pending === 'add' ? null : toRfc3339(record.armedAt),
    nextAt: orNull(nextOf(record, context.now)),
    dueAt: orNull(record.dueAt),
    sent: record.sent && { messageId: record.sent.messageId, at: toRfc3339(record.sent.at) },
    error: refused === null ? errorView(record.error, record.error?.at ?? 0) : errorView(refused.error, refused.at),
    repeat: plan.repeat && { until: orNull(plan.repeat.until), count: plan.repeat.count },
    occurrence: record.occurrence,
    occurrences: record.occurrences.map((one) => ({ ...one, at: toRfc3339(one.at) })),
    conflictOf: record.conflictOf,
    stale: !context.current,
  }
}
