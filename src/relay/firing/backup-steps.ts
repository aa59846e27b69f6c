/** What the owner does with a backup as a whole: each step a function from the record to the next one. */
import type { HeldReason } from '../../domain/backup.ts'
import { isLive, UNDO_FOR_MS } from '../../domain/life.ts'
import { everyOf, isListening } from '../../domain/repeating.ts'
import { withoutNext } from '../../domain/series.ts'
import { ImError } from '../../protocol/errors.ts'
import type { BackupRecord } from '../../protocol/records.ts'
import type { RelayParams } from '../../protocol/relay-api.ts'
import { type ChangeContext, changedBy, ended, moveTo, pastSlots, rearmed, withOccurrence } from './backup-change.ts'

type Step = RelayParams<'backup.step'>

/** What a step makes of a record; the record itself when it is so already. */
export function stepped(record: BackupRecord, step: Step, context: ChangeContext): BackupRecord {
  if (record.changes.includes(step.change)) return record
  const next = taken(record, step, context)
  return next === record ? record : changedBy(next, step.change, context)
}

function taken(record: BackupRecord, step: Step, context: ChangeContext): BackupRecord {
  switch (step.step) {
    case 'cancel':
      return cancelled(record, context)
    case 'dismiss':
      return dismissed(record, context)
    case 'undo':
      return undone(record, context)
    case 'snooze':
      return snoozed(record, step.until, context)
    case 'pause':
      return paused(record, step.until, context)
    case 'resume':
      return resumed(record, context)
    case 'skip':
      return skipped(record, step.count, context)
    case 'ran':
      return ran(record, step, context)
    default:
      return step satisfies never
  }
}

/** It carries no revision: it wins over edits and loses only to a send. A series is cancelled whole. */
function cancelled(record: BackupRecord, { now }: ChangeContext): BackupRecord {
  if (record.state === 'cancelled') return record
  if (record.state === 'sent') {
    throw new ImError('ALREADY_SENT', 'It has been sent already; it cannot be cancelled.')
  }
  if (!isLive(record.state)) throw ended(record)
  return moveTo(record, 'cancelled', { endedAt: now, occurrences: withOccurrence(record, 'cancelled', now) })
}

function requireDue(record: BackupRecord, what: string): void {
  if (record.state === 'due') return
  if (record.state === 'sent') throw new ImError('ALREADY_SENT')
  if (!isLive(record.state)) throw ended(record)
  throw new ImError('USAGE', `Only a due reminder can be ${what}.`, { hint: `im backup cancel ${record.id}` })
}

/** Ends what is due; a series goes on with what follows. */
function dismissed(record: BackupRecord, context: ChangeContext): BackupRecord {
  if (record.state === 'dismissed') return record
  requireDue(record, 'dismissed')
  if (!isListening(record)) {
    const occurrences = withOccurrence(record, 'dismissed', context.now)
    return moveTo(record, 'dismissed', { endedAt: context.now, occurrences })
  }
  const due = { ...record, occurrence: record.occurrence - 1 }
  return { ...rearmed(record, context), occurrences: withOccurrence(due, 'dismissed', context.now) }
}

function snoozed(record: BackupRecord, until: number, context: ChangeContext): BackupRecord {
  requireDue(record, 'snoozed')
  if (until <= context.now) throw new ImError('PAST_TIME')
  return { ...rearmed(record, context), resumeAt: until, final: record.final }
}

function paused(record: BackupRecord, until: number | null, context: ChangeContext): BackupRecord {
  if (record.state === 'held' && record.heldReason === 'PAUSED' && record.resumeAt === until) return record
  if (!isLive(record.state)) throw ended(record)
  if (record.state === 'due' && !isListening(record)) {
    throw new ImError('USAGE', 'It is due already.', { hint: `im backup snooze ${record.id} 1h` })
  }
  if (until !== null && until <= context.now) throw new ImError('PAST_TIME')
  return moveTo(record, 'held', { heldReason: 'PAUSED', resumeAt: until, dueAt: null })
}

/** Armed again, from now on: slots that passed are skipped, and a time that passed is late. */
export function resumed(record: BackupRecord, context: ChangeContext): BackupRecord {
  if (record.state === 'armed') return record
  if (record.state !== 'held') {
    if (!isLive(record.state)) throw ended(record)
    throw new ImError('USAGE', 'It is not held.', { hint: `im backup show ${record.id}` })
  }
  const past = pastSlots(rearmed(record, context), 'skipped', context)
  const every = everyOf(past.plan)
  if (every === null || every.slot > context.now) return past
  // The newest slot has passed too, unless it was the last: then it is late.
  return every.next === null ? past : skipped(past, 1, context)
}

function skipped(record: BackupRecord, count: number, context: ChangeContext): BackupRecord {
  if (!isLive(record.state)) throw ended(record)
  if (everyOf(record.plan) === null) {
    throw new ImError('USAGE', 'Only what comes with --every has slots to skip.', {
      hint: `im backup pause ${record.id}, or im backup cancel ${record.id}`,
    })
  }
  const plan = withoutNext(record.plan, count)
  if (plan === null) {
    throw new ImError('NEVER_FIRES', 'Nothing would be left of the series.', { hint: `im backup cancel ${record.id}` })
  }
  let next = record
  for (let n = 0; n < Math.min(count, 20); n++) {
    next = { ...next, occurrences: withOccurrence(next, 'skipped', context.now), occurrence: next.occurrence + 1 }
  }
  return { ...next, plan, armedAt: context.now, armedSeq: context.seq }
}

/** The time alone would make it fire at once, were it brought back. */
function momentPassed({ plan }: BackupRecord, now: number): boolean {
  const elseAt = plan.window?.elseAt ?? null
  if (elseAt !== null && elseAt <= now) return true
  const { conditions, match } = plan.trigger
  const times = conditions.flatMap((c) => (c.kind === 'time' ? [c.at] : c.kind === 'every' ? [c.slot] : []))
  if (match === 'any') return times.some((at) => at <= now)
  return times.length > 0 && times.length === conditions.length && times.every((at) => at <= now)
}

/** Brought back late it is due again: nothing goes out by itself. */
function onlyReminds({ plan: { action, late } }: BackupRecord): boolean {
  return action.kind === 'remind' && late.then === 'remind'
}

function undone(record: BackupRecord, context: ChangeContext): BackupRecord {
  if (record.state !== 'cancelled' && record.state !== 'dismissed') throw ended(record)
  if (record.endedAt !== null && context.now - record.endedAt > UNDO_FOR_MS) {
    throw new ImError('ALREADY_FINISHED', 'It ended more than a day ago.', { hint: 'im backup add' })
  }
  const back = pastSlots(rearmed(record, context), 'skipped', context)
  if (!momentPassed(back, context.now) || onlyReminds(back)) return back
  const heldReason: HeldReason = 'UNDONE_LATE'
  return { ...back, state: 'held', heldReason }
}

/** The command of an occurrence has ended. The firing had moved a series on, and left any other due. */
function ran(record: BackupRecord, step: Step & { step: 'ran' }, { now }: ChangeContext): BackupRecord {
  const { failure, occurrence: n } = step
  const outcome = failure === null ? ('ran' as const) : ('failed' as const)
  const occurrences = record.occurrences.map((one) =>
    one.n === n && one.outcome === 'ran' ? { ...one, outcome } : one,
  )
  const error = failure === null ? null : { code: 'RUN_FAILED', message: failure, at: now }
  if (record.state !== 'due' || isListening(record)) return { ...record, occurrences, error }
  return moveTo(record, failure === null ? 'sent' : 'failed', { occurrences, error, dueAt: null, endedAt: now })
}
