/** How the owner's changes move a backup: pure, on the record alone. Firing is in `firing.ts`. */
import type { BackupState, HeldReason } from '../domain/backup.ts'
import type { Instant } from '../domain/instant.ts'
import { assertStep, isLive, UNDO_FOR_MS } from '../domain/life.ts'
import { ImError } from '../protocol/errors.ts'
import type { BackupRecord, OccurrenceRecord, Outcome } from '../protocol/records.ts'
import type { NewBackup, RelayParams } from '../protocol/relay-api.ts'

const REMEMBERED_CHANGES = 16
const REMEMBERED_OCCURRENCES = 20

/** Who changes it, when, and how far the log was. */
export interface ChangeContext {
  now: Instant
  seq: number
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

/** Armed once more: a new occurrence that counts from now. */
export function rearmed(record: BackupRecord, context: ChangeContext): BackupRecord {
  return moveTo(record, 'armed', {
    occurrence: record.occurrence + 1,
    armedAt: context.now,
    armedSeq: context.seq,
    dueAt: null,
    endedAt: null,
    error: null,
  })
}

function changedBy(record: BackupRecord, change: string, context: ChangeContext): BackupRecord {
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
    plan: backup.plan,
    state: 'armed',
    heldReason: null,
    content: backup.content,
    private: backup.private,
    blobs: [],
    occurrence: 1,
    armedAt: context.now,
    armedSeq: context.seq,
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

const ended = (record: BackupRecord) =>
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
  return {
    kind: 'edited',
    record: {
      ...changedBy(base, edit.change, context),
      rev: record.rev + 1,
      plan: edit.plan ?? record.plan,
      content: edit.content ?? record.content,
      private: edit.private ?? record.private,
    },
  }
}

/** The time alone would make it fire at once, were it brought back. */
function momentPassed({ plan }: BackupRecord, now: Instant): boolean {
  const elseAt = plan.window?.elseAt ?? null
  if (elseAt !== null && elseAt <= now) return true
  const { conditions, match } = plan.trigger
  const times = conditions.flatMap((c) => (c.kind === 'time' ? [c.at] : c.kind === 'every' ? [c.slot] : []))
  if (match === 'any') return times.some((at) => at <= now)
  return times.length > 0 && times.length === conditions.length && times.every((at) => at <= now)
}

function undone(record: BackupRecord, context: ChangeContext): BackupRecord {
  if (record.state !== 'cancelled' && record.state !== 'dismissed') throw ended(record)
  if (record.endedAt !== null && context.now - record.endedAt > UNDO_FOR_MS) {
    throw new ImError('ALREADY_FINISHED', 'It ended more than a day ago.', { hint: 'im backup add' })
  }
  const back = rearmed(record, context)
  if (!momentPassed(record, context.now)) return back
  const heldReason: HeldReason = 'UNDONE_LATE'
  return { ...back, state: 'held', heldReason }
}

/** What cancel, dismiss and undo make of a record; the record itself when it is so already. */
export function stepped(
  record: BackupRecord,
  { change, step }: Pick<RelayParams<'backup.step'>, 'change' | 'step'>,
  context: ChangeContext,
): BackupRecord {
  if (record.changes.includes(change)) return record
  switch (step) {
    case 'cancel': {
      if (record.state === 'cancelled') return record
      if (record.state === 'sent')
        throw new ImError('ALREADY_SENT', 'It has been sent already; it cannot be cancelled.')
      if (!isLive(record.state)) throw ended(record)
      const cancelled = moveTo(record, 'cancelled', {
        endedAt: context.now,
        occurrences: withOccurrence(record, 'cancelled', context.now),
      })
      return changedBy(cancelled, change, context)
    }
    case 'dismiss': {
      if (record.state === 'dismissed') return record
      if (record.state === 'sent') throw new ImError('ALREADY_SENT')
      if (record.state === 'armed' || record.state === 'held') {
        throw new ImError('USAGE', 'Only a due reminder can be dismissed.', { hint: `im backup cancel ${record.id}` })
      }
      if (record.state !== 'due') throw ended(record)
      const dismissed = moveTo(record, 'dismissed', {
        endedAt: context.now,
        occurrences: withOccurrence(record, 'dismissed', context.now),
      })
      return changedBy(dismissed, change, context)
    }
    case 'undo':
      return changedBy(undone(record, context), change, context)
    default:
      return step satisfies never
  }
}
