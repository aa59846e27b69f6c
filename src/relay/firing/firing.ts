import type { Facts } from '../../domain/conditions.ts'
import { evaluate, type Verdict } from '../../domain/engine.ts'
import { earliest } from '../../domain/instant.ts'
import { isLive } from '../../domain/life.ts'
import type { PresenceFact } from '../../domain/presence.ts'
import { reason } from '../../domain/reason.ts'
import { isListening } from '../../domain/repeating.ts'
import type { Uin } from '../../domain/uin.ts'
import { ImError } from '../../protocol/errors.ts'
import type { Limits } from '../../protocol/limits.ts'
import type { BackupRecord, Envelope } from '../../protocol/records.ts'
import type { FireResult, RelayParams } from '../../protocol/relay-api.ts'
import type { AccountTx } from '../accounts/account-tx.ts'
import type { LiveBackup } from '../accounts/live-backup.ts'
import { correspondentsOf } from '../accounts/waits.ts'
import { concluded, type Moment, moveTo, pastSlots, sentByHand, withOccurrence } from './backup-change.ts'
import { resumed } from './backup-steps.ts'
import { contentTooLong } from './content-size.ts'
import { deliver, occurrenceMessageId } from './delivery.ts'
import { relayFacts } from './facts.ts'
import { canOpen, held } from './key-change.ts'
import { answersMessages, loopCapReached, tellLoopCap } from './loop-cap.ts'

type FireRequest = RelayParams<'backup.fire'>

const result = (outcome: FireResult['outcome'], record: BackupRecord, lookAt: number | null = null): FireResult => ({
  outcome,
  record,
  lookAt,
})

/** Whether a message the backup depends on came after the device had last read the log. */
async function isStale(me: AccountTx, record: BackupRecord, seenSeq: number): Promise<boolean> {
  for (const friend of correspondentsOf(record)) {
    const later = await me.log.messagesSince(friend, Math.max(seenSeq, record.armedSeq))
    if (later.some(({ message }) => message.from === friend)) return true
  }
  return false
}

/** How the account stands now: what an occurrence that begins here counts from. */
function momentOf(me: AccountTx): Moment {
  return { now: me.now, seq: me.head }
}

function failed(me: AccountTx, record: BackupRecord, error: ImError): FireResult {
  const next = moveTo(record, 'failed', {
    error: { code: error.code, message: error.message, at: me.now },
    endedAt: me.now,
    dueAt: null,
    occurrences: withOccurrence(record, 'failed', me.now),
  })
  me.putBackup(next)
  return result('failed', next)
}

/** Fires the action: a message in both logs, or a reminder in the owner's. Permission and limits are looked at again, now. */
async function carryOut(
  me: AccountTx,
  other: AccountTx | null,
  record: BackupRecord,
  as: 'action' | 'remind',
  limits: Limits,
): Promise<FireResult> {
  const { action, to } = record.plan
  if (as === 'action' && action.kind === 'run') {
    const claimed = concluded(record, { state: 'due', outcome: 'ran' }, momentOf(me))
    const next = isListening(claimed) ? moveTo(claimed, 'armed', { dueAt: null }) : claimed
    me.putBackup(next)
    return result('run', next)
  }
  if (as === 'remind' || action.kind !== 'send') {
    const due = concluded(record, { state: 'due', outcome: 'reminded' }, momentOf(me))
    me.putBackup(due)
    return result('due', due)
  }
  const refusal = permissionToSend(me, other, to) ?? contentTooLong(record.content, limits)
  if (refusal !== null) return failed(me, record, refusal)
  if (other !== null && answersMessages(record) && (await loopCapReached(me, to))) {
    const capped = moveTo(record, 'held', { heldReason: 'LOOP_CAP' })
    me.putBackup(capped)
    tellLoopCap(me, other)
    return result('held', capped)
  }
  if (!canOpen(me, other, record.content)) {
    const stale = held(record)
    me.putBackup(stale)
    return result('held', stale)
  }
  const sent = await send(me, other, record, { automatic: true, deviceId: null })
  return result('sent', sent)
}

/** Writes the message of a backup's present occurrence and the backup as sent; a series goes on. */
export async function send(
  me: AccountTx,
  other: AccountTx | null,
  record: BackupRecord,
  by: { automatic: boolean; deviceId: string | null; content?: Envelope },
): Promise<BackupRecord> {
  const messageId = occurrenceMessageId(me.uin, record.id, record.occurrence)
  const answering = by.automatic && answersMessages(record)
  const content = by.content ?? record.content
  const outgoing = { id: messageId, to: record.plan.to, content, backupId: record.id, answering }
  await deliver(me, other, { ...outgoing, automatic: by.automatic, deviceId: by.deviceId })
  const sent = by.automatic
    ? concluded(record, { state: 'sent', outcome: 'sent', messageId }, momentOf(me))
    : sentByHand(record, messageId, momentOf(me))
  // A series keeps the text it goes on with.
  const shown = sent.state === 'sent' ? { ...sent, content } : sent
  me.putBackup(shown)
  return shown
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
  verdict: Exclude<RecordVerdict, { verdict: 'wait' }>,
  limits: Limits,
): Promise<FireResult> {
  const now = me.now
  const end = (state: 'missed' | 'cancelled'): FireResult => {
    const next = concluded(record, { state, outcome: state }, momentOf(me))
    me.putBackup(next)
    return result(state, next)
  }
  switch (verdict.verdict) {
    case 'fire':
      return carryOut(me, other, record, verdict.as, limits)
    case 'hold': {
      const replied = moveTo(record, 'held', { heldReason: 'REPLIED' })
      me.putBackup(replied)
      return result('held', replied)
    }
    case 'resume': {
      const next = resumed(record, { ...momentOf(me), deviceId: record.updatedBy })
      me.putBackup(next)
      return result('stale', next)
    }
    case 'next-slot': {
      const next = pastSlots(record, 'missed', momentOf(me))
      me.putBackup(next)
      return result('missed', next)
    }
    case 'cancel':
      return end('cancelled')
    case 'miss':
      return end('missed')
    case 'expire': {
      const expired = moveTo(record, 'expired', {
        endedAt: now,
        dueAt: null,
        occurrences: withOccurrence(record, 'missed', now),
      })
      me.putBackup(expired)
      return result('expired', expired)
    }
    default:
      return verdict satisfies never
  }
}

/** What is to happen to a live backup by itself. A paused one may resume; those that do not listen can only expire. */
export type RecordVerdict = Verdict | { verdict: 'resume' }

function verdictOn(record: LiveBackup, facts: Facts, now: number): RecordVerdict {
  if (isListening(record)) return evaluate(record.plan, record, facts, now)
  const expiresAt = record.plan.window?.expiresAt ?? null
  if (expiresAt !== null && now >= expiresAt) {
    return { verdict: 'expire', reason: reason('EXPIRED', { at: expiresAt }) }
  }
  const resumeAt = record.heldReason === 'PAUSED' ? record.resumeAt : null
  if (resumeAt !== null && now >= resumeAt) return { verdict: 'resume' }
  return { verdict: 'wait', reasons: [], wakeAt: earliest([expiresAt, resumeAt]) }
}

/**
 * The same, where the relay acts alone. What a terminal would run it cannot. A countdown is a terminal's to show: once
 * it should have ended long ago, the backup becomes a reminder.
 */
export function verdictAlone(record: LiveBackup, facts: Facts, now: number, standInDelayMs: number): RecordVerdict {
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

/** What came of it, and since when its conditions held; null where nothing came due. */
export interface Fired {
  result: FireResult
  dueSince: number | null
}

/** Why a backup that should have fired did not. */
export function stopReason({ outcome, record }: FireResult): string | null {
  if (outcome === 'held') return record.heldReason
  return outcome === 'failed' ? (record.error?.code ?? null) : null
}

/** Who asks: a device, whose view of the log may be stale, or the relay itself. */
export type FireCause = { by: 'device'; deviceId: string } | { by: 'relay'; standInDelayMs: number }

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
  limits: Limits,
): Promise<Fired> {
  const record = await me.backups.get(request.id)
  if (record === undefined) throw new ImError('NO_SUCH_BACKUP')
  const not = (result: FireResult): Fired => ({ result, dueSince: null })
  if (!isLive(record.state) || record.occurrence !== request.occurrence) return not(result('already', record))
  if (record.rev !== request.rev) return not(result('stale', record))
  if (cause.by === 'device' && isListening(record) && (await isStale(me, record, request.seenSeq)))
    return not(result('stale', record))
  const verdict = await verdictFor(me, record, request, cause, presence)
  if (verdict.verdict === 'wait') {
    return not(isListening(record) ? result('early', record, verdict.wakeAt) : result('already', record))
  }
  const done = await carriedOut(me, other, record, verdict, limits)
  if (verdict.verdict !== 'next-slot' && verdict.verdict !== 'resume') return done
  // It is armed anew, and may be due at once.
  const armed = done.result.record
  const again = await verdictFor(me, armed, request, cause, presence)
  return again.verdict === 'wait' ? done : carriedOut(me, other, armed, again, limits)
}

async function carriedOut(
  me: AccountTx,
  other: AccountTx | null,
  record: BackupRecord,
  verdict: Exclude<RecordVerdict, { verdict: 'wait' }>,
  limits: Limits,
): Promise<Fired> {
  const dueSince = verdict.verdict === 'fire' ? verdict.dueSince : null
  return { result: await apply(me, other, record, verdict, limits), dueSince }
}

async function verdictFor(
  me: AccountTx,
  record: BackupRecord,
  { sightings }: FireRequest,
  cause: FireCause,
  presence: (uin: Uin) => PresenceFact | 'unknown',
): Promise<RecordVerdict> {
  const facts = await relayFacts(me, record, presence, sightings)
  if (cause.by === 'relay') return verdictAlone(record, facts, me.now, cause.standInDelayMs)
  const verdict = verdictOn(record, facts, me.now)
  const { action } = record.plan
  if (verdict.verdict !== 'fire' || verdict.as !== 'action' || action.kind !== 'run') return verdict
  if (action.device === cause.deviceId) return verdict
  return { verdict: 'wait', reasons: [verdict.reason], wakeAt: record.plan.window?.expiresAt ?? null }
}
