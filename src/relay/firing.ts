import { evaluate, type Facts, type Verdict } from '../domain/engine.ts'
import { isLive } from '../domain/life.ts'
import type { PresenceFact } from '../domain/presence.ts'
import type { Uin } from '../domain/uin.ts'
import { ImError } from '../protocol/errors.ts'
import type { BackupRecord } from '../protocol/records.ts'
import type { FireResult, RelayParams } from '../protocol/relay-api.ts'
import type { AccountTx } from './account-tx.ts'
import { moveTo, withOccurrence } from './backup-change.ts'
import { deliver, occurrenceMessageId } from './delivery.ts'
import { correspondentsOf, relayFacts } from './facts.ts'

type FireRequest = RelayParams<'backup.fire'>

const result = (outcome: FireResult['outcome'], record: BackupRecord, lookAt: number | null = null): FireResult => ({
  outcome,
  record,
  lookAt,
})

/** Whether a message the backup depends on came after the device had last read the log. */
async function isStale(me: AccountTx, record: BackupRecord, seenSeq: number): Promise<boolean> {
  for (const friend of correspondentsOf(record)) {
    const later = await me.messagesSince(friend, Math.max(seenSeq, record.armedSeq))
    if (later.some(({ message }) => message.from === friend)) return true
  }
  return false
}

/** Fires the action: a message in both logs, or a reminder in the owner's. Permission is looked at again, now. */
async function carryOut(
  me: AccountTx,
  other: AccountTx | null,
  record: BackupRecord,
  as: 'action' | 'remind',
): Promise<FireResult> {
  if (as === 'remind' || record.plan.action.kind !== 'send') {
    const due = moveTo(record, 'due', {
      dueAt: me.now,
      occurrences: withOccurrence(record, 'reminded', me.now),
    })
    me.putBackup(due)
    return result('due', due)
  }
  const refusal = permissionToSend(me, other, record.plan.to)
  if (refusal !== null) {
    const failed = moveTo(record, 'failed', {
      error: { code: refusal.code, message: refusal.message, at: me.now },
      endedAt: me.now,
      occurrences: withOccurrence(record, 'failed', me.now),
    })
    me.putBackup(failed)
    return result('failed', failed)
  }
  const sent = await send(me, other, record, { automatic: true, deviceId: null })
  return result('sent', sent)
}

/** Writes the message of a backup's present occurrence and the backup as sent. */
export async function send(
  me: AccountTx,
  other: AccountTx | null,
  record: BackupRecord,
  by: { automatic: boolean; deviceId: string | null },
): Promise<BackupRecord> {
  const messageId = occurrenceMessageId(me.uin, record.id, record.occurrence)
  await deliver(me, other, { id: messageId, to: record.plan.to, content: record.content, backupId: record.id, ...by })
  const sent = moveTo(record, 'sent', {
    sent: { messageId, at: me.now },
    endedAt: me.now,
    occurrences: withOccurrence(record, 'sent', me.now, messageId),
  })
  me.putBackup(sent)
  return sent
}

/** Null when a message may pass; else the error. To oneself it always may. */
export function permissionToSend(me: AccountTx, other: AccountTx | null, to: Uin): ImError | null {
  if (other === null) return null
  const mine = me.friend(to)
  if (mine?.state === 'blocked') {
    return new ImError('BLOCKED_BY_ME', 'You have blocked them.', { hint: `im friend unblock ${to}` })
  }
  if (mine?.state === 'friend' && other.friend(me.uin)?.state === 'friend') return null
  return new ImError('NOT_FRIENDS', 'You are not friends.', { hint: `im friend add ${to}` })
}

/** A verdict other than wait, carried out. */
async function apply(
  me: AccountTx,
  other: AccountTx | null,
  record: BackupRecord,
  verdict: Exclude<Verdict, { verdict: 'wait' }>,
): Promise<FireResult> {
  const now = me.now
  switch (verdict.verdict) {
    case 'fire':
      return carryOut(me, other, record, verdict.as)
    case 'hold': {
      const held = moveTo(record, 'held', { heldReason: 'REPLIED' })
      me.putBackup(held)
      return result('held', held)
    }
    case 'cancel': {
      const occurrences = withOccurrence(record, 'cancelled', now)
      const cancelled = moveTo(record, 'cancelled', { endedAt: now, occurrences })
      me.putBackup(cancelled)
      return result('cancelled', cancelled)
    }
    case 'expire': {
      const expired = moveTo(record, 'expired', { endedAt: now, occurrences: withOccurrence(record, 'missed', now) })
      me.putBackup(expired)
      return result('expired', expired)
    }
    case 'miss': {
      const missed = moveTo(record, 'missed', { endedAt: now, occurrences: withOccurrence(record, 'missed', now) })
      me.putBackup(missed)
      return result('missed', missed)
    }
    default:
      return verdict satisfies never
  }
}

/** What is to happen to a live backup by itself: armed ones come due, the others can only expire. */
export function verdictOn(record: BackupRecord, facts: Facts, now: number): Verdict {
  if (record.state === 'armed') return evaluate(record.plan, record, facts, now)
  const expiresAt = record.plan.window?.expiresAt ?? null
  if (expiresAt === null || now < expiresAt) return { verdict: 'wait', reasons: [], wakeAt: expiresAt }
  return { verdict: 'expire', reason: { code: 'EXPIRED', who: null, status: null, at: expiresAt } }
}

/**
 * The same, where the relay acts alone. What a terminal would run it cannot. A countdown is a terminal's to show: once
 * it should have ended long ago, the backup becomes a reminder.
 */
export function verdictAlone(record: BackupRecord, facts: Facts, now: number, standInDelayMs: number): Verdict {
  const verdict = verdictOn(record, facts, now)
  if (verdict.verdict !== 'fire' && verdict.verdict !== 'miss') return verdict
  const { action } = record.plan
  if (action.kind === 'run') {
    return { verdict: 'wait', reasons: [verdict.reason], wakeAt: record.plan.window?.expiresAt ?? null }
  }
  if (verdict.verdict === 'miss' || verdict.as === 'remind') return verdict
  if (action.kind !== 'send' || action.countdownMs === null) return verdict
  const patientTo = verdict.dueSince + action.countdownMs + standInDelayMs
  if (now < patientTo) return { verdict: 'wait', reasons: [verdict.reason], wakeAt: patientTo }
  return { ...verdict, as: 'remind' }
}

/** Who asks: a device, whose view of the log may be stale, or the relay itself. */
export type FireCause = { by: 'device' } | { by: 'relay'; standInDelayMs: number }

/**
 * The one place that decides "fired", inside a transaction over the owner and the recipient. Whoever asks, and however
 * many ask at once, the state, the revision and the occurrence let exactly one through.
 */
export async function fire(
  me: AccountTx,
  other: AccountTx | null,
  request: FireRequest,
  cause: FireCause,
  presence: (uin: Uin) => PresenceFact | 'unknown',
): Promise<FireResult> {
  const record = me.backup(request.id)
  if (record === undefined) throw new ImError('NO_SUCH_BACKUP')
  if (!isLive(record.state) || record.occurrence !== request.occurrence) return result('already', record)
  if (record.rev !== request.rev) return result('stale', record)
  if (cause.by === 'device' && record.state === 'armed' && (await isStale(me, record, request.seenSeq)))
    return result('stale', record)
  const facts: Facts = await relayFacts(me, record, presence, request.sightings)
  const verdict =
    cause.by === 'device' ? verdictOn(record, facts, me.now) : verdictAlone(record, facts, me.now, cause.standInDelayMs)
  if (verdict.verdict !== 'wait') return apply(me, other, record, verdict)
  return record.state === 'armed' ? result('early', record, verdict.wakeAt) : result('already', record)
}
