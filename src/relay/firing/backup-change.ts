/** How the owner's changes move a backup: pure, on the record alone. Firing is in `firing.ts`. */
import type { BackupPlan, BackupState } from '../../domain/backup.ts'
import type { Instant } from '../../domain/instant.ts'
import { assertStep, isLive } from '../../domain/life.ts'
import { everyOf, repeats } from '../../domain/repeating.ts'
import { afterOne, afterPassed, opened } from '../../domain/series.ts'
import { ImError } from '../../protocol/errors.ts'
import type { BackupRecord, OccurrenceRecord, Outcome } from '../../protocol/records.ts'
import type { NewBackup, RelayParams } from '../../protocol/relay-api.ts'

const REMEMBERED_CHANGES = 16
const REMEMBERED_OCCURRENCES = 20

/** When it happens, and how far the log was. */
export interface Moment {
  now: Instant
  seq: number
}

/** Who changes it. */
export interface ChangeContext extends Moment {
  deviceId: string
}

export function withOccurrence(
  record: BackupRecord,
  outcome: Outcome,
  at: Instant,
  messageId: string | null = null,
): readonly OccurrenceRecord[] {
  const added = { n: record.occurrence, at, outcome, messageId }
  return [...record.occurrences, added].slice(-REMEMBERED_OCCURRENCES)
}

/** The record in another state. Throws when the life of a backup knows no such step. */
export function moveTo(record: BackupRecord, state: BackupState, changes: Partial<BackupRecord> = {}): BackupRecord {
  assertStep(record.state, state)
  return { ...record, heldReason: null, ...changes, state }
}

/** Another occurrence, that counts from now. */
function anew(record: BackupRecord, plan: BackupPlan, { now, seq }: Moment): BackupRecord {
  const occurrence = record.occurrence + 1
  return { ...record, plan, occurrence, armedAt: now, armedSeq: seq, resumeAt: null, final: false }
}

/** Armed once more. */
export function rearmed(record: BackupRecord, moment: Moment): BackupRecord {
  return anew(moveTo(record, 'armed', { dueAt: null, endedAt: null, error: null }), record.plan, moment)
}

/** How an occurrence has ended: the state it would leave the backup in, and what is noted of it. */
export interface Ending {
  state: 'sent' | 'due' | 'missed' | 'cancelled'
  outcome: Outcome
  messageId?: string
}

/** After one occurrence. A series goes on in the same step, also while its reminder is due; else this was the end. */
export function concluded(record: BackupRecord, { state, outcome, messageId }: Ending, moment: Moment): BackupRecord {
  const { now } = moment
  const occurrences = withOccurrence(record, outcome, now, messageId ?? null)
  const sent = messageId === undefined ? record.sent : { messageId, at: now }
  const noted = { occurrences, sent, dueAt: state === 'due' ? now : null }
  const snoozed = record.resumeAt !== null && record.resumeAt <= now
  const plan = snoozed ? record.plan : afterOne(record.plan, now)
  if (plan === null || record.final) {
    return moveTo(record, state, { ...noted, endedAt: state === 'due' ? null : now, resumeAt: null, final: true })
  }
  return anew(moveTo(record, state === 'due' ? 'due' : 'armed', noted), plan, moment)
}

/** Sent by hand. A series sends this one besides, stays armed or held, and goes on; a slot that waits is used up. */
export function sentByHand(record: BackupRecord, messageId: string, moment: Moment): BackupRecord {
  const every = everyOf(record.plan)
  const repeating = (every !== null || record.plan.repeat !== null) && !record.final
  const plan = every !== null && every.slot <= moment.now ? afterOne(record.plan, moment.now) : record.plan
  // It is the occurrence itself that is sent, not what a pause or a snooze brings back.
  const present = { ...record, resumeAt: null }
  if (!repeating || plan === null) return concluded(present, { state: 'sent', outcome: 'sent', messageId }, moment)
  const held = record.state === 'held' ? { heldReason: record.heldReason, resumeAt: record.resumeAt } : {}
  const occurrences = withOccurrence(record, 'sent', moment.now, messageId)
  const noted = { occurrences, sent: { messageId, at: moment.now }, dueAt: null }
  return { ...anew(moveTo(record, record.state === 'held' ? 'held' : 'armed', noted), plan, moment), ...held }
}

/** At the newest slot that has come: those before it are recorded, the record itself when there are none. */
export function pastSlots(record: BackupRecord, outcome: 'missed' | 'skipped', moment: Moment): BackupRecord {
  const { plan, passed } = afterPassed(record.plan, moment.now)
  if (passed === 0) return record
  let next = record
  for (let n = 0; n < Math.min(passed, REMEMBERED_OCCURRENCES); n++) {
    next = { ...next, occurrences: withOccurrence(next, outcome, moment.now), occurrence: next.occurrence + 1 }
  }
  const armed = record.state === 'due' ? moveTo(next, 'armed', { dueAt: null }) : next
  return { ...armed, plan, armedAt: moment.now, armedSeq: moment.seq, resumeAt: null }
}

export function changedBy(record: BackupRecord, change: string, context: ChangeContext): BackupRecord {
  return {
    ...record,
    updatedAt: context.now,
    updatedBy: context.deviceId,
    changes: [...record.changes, change].slice(-REMEMBERED_CHANGES),
  }
}

export function created(backup: NewBackup, context: ChangeContext): BackupRecord {
  return {
    id: backup.id,
    rev: 1,
    plan: opened(backup.plan, context.now),
    state: backup.held === undefined ? 'armed' : 'held',
    heldReason: backup.held ?? null,
    content: backup.content,
    private: backup.private,
    blobs: [],
    occurrence: 1,
    armedAt: context.now,
    armedSeq: context.seq,
    resumeAt: null,
    final: false,
    createdAt: context.now,
    createdBy: context.deviceId,
    updatedAt: context.now,
    updatedBy: context.deviceId,
    dueAt: null,
    endedAt: null,
    sent: null,
    error: null,
    occurrences: [],
    conflictOf: backup.conflictOf,
    changes: [],
  }
}

/** The text of an edit that lost, as a manual backup of its own. Its id follows from the change: a retry finds it. */
export function conflictCopy(
  record: BackupRecord,
  edit: RelayParams<'backup.edit'>,
  id: string,
  context: ChangeContext,
): BackupRecord {
  const trigger = { match: 'all' as const, conditions: [] }
  const unless = { reply: null }
  const plan = { ...record.plan, ...edit.plan, trigger, window: null, unless, repeat: null }
  const copy = created(
    {
      id,
      plan,
      content: edit.content ?? record.content,
      private: edit.private ?? record.private,
      conflictOf: record.id,
    },
    context,
  )
  return moveTo(copy, 'held', { heldReason: 'CONFLICT' })
}

export type EditOutcome = { kind: 'edited'; record: BackupRecord } | { kind: 'lost'; error: ImError }

export const ended = (record: BackupRecord) =>
  new ImError('ALREADY_FINISHED', `That backup is ${record.state}.`, { hint: `im backup show ${record.id}` })

/** What an edit makes of the record, or the error it loses with. */
export function edited(record: BackupRecord, edit: RelayParams<'backup.edit'>, context: ChangeContext): EditOutcome {
  if (record.state === 'sent') return { kind: 'lost', error: new ImError('ALREADY_SENT') }
  if (record.state === 'cancelled' || record.state === 'dismissed') return { kind: 'lost', error: ended(record) }
  if (!isLive(record.state) && !edit.rearm) {
    return {
      kind: 'lost',
      error: new ImError('ALREADY_FINISHED', `That backup is ${record.state}.`, {
        hint: 'give it a new time: --at, --in',
      }),
    }
  }
  if (record.rev !== edit.rev) {
    return {
      kind: 'lost',
      error: new ImError('REV_CONFLICT', `It is at revision ${record.rev}, not ${edit.rev}.`, {
        hint: `im backup show ${record.id}`,
      }),
    }
  }
  const base = edit.rearm ? rearmed(record, context) : record
  // Where a series stands is the relay's to say; an edit that leaves the trigger leaves it there.
  const { trigger, repeat } = record.plan
  const kept = repeats(record.plan) ? { trigger, repeat } : {}
  const plan = edit.rearm ? opened(edit.plan ?? record.plan, context.now) : { ...record.plan, ...edit.plan, ...kept }
  return {
    kind: 'edited',
    record: {
      ...changedBy(base, edit.change, context),
      rev: record.rev + 1,
      plan,
      content: edit.content ?? record.content,
      private: edit.private ?? record.private,
    },
  }
}
