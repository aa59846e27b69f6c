import { createHash } from 'node:crypto'
import { isListening } from '../domain/repeating.ts'
import type { Uin } from '../domain/uin.ts'
import type { BackupRecord, Envelope, MessageRecord } from '../protocol/records.ts'
import { friendsCopy, ownersCopy } from '../sealing/envelope.ts'
import type { AccountTx } from './account-tx.ts'
import { correspondentsOf } from './facts.ts'

/** The id of the message an occurrence produces: the same for ever, whoever asks and however often. */
export function occurrenceMessageId(owner: Uin, backupId: string, occurrence: number): string {
  return createHash('sha256').update(`im message ${owner} ${backupId} ${occurrence}`).digest('base64url').slice(0, 22)
}

export interface Outgoing {
  id: string
  to: Uin
  content: Envelope
  automatic: boolean
  answering: boolean
  backupId: string | null
  deviceId: string | null
}

function waitsForMessageFrom(backup: BackupRecord, friend: Uin): boolean {
  return isListening(backup) && correspondentsOf(backup).includes(friend)
}

function waitsForMySend(backup: BackupRecord, to: Uin): boolean {
  return (
    isListening(backup) &&
    backup.plan.trigger.conditions.some((c) => c.kind === 'my-send' && (c.to === null || c.to === to))
  )
}

/**
 * Writes one message into both logs, numbered alike on both sides. `other` is null when it goes to the owner. An id
 * that has been sent already gets the message it made.
 */
export async function deliver(me: AccountTx, other: AccountTx | null, outgoing: Outgoing): Promise<MessageRecord> {
  const known = await me.sentMessage(outgoing.id)
  if (known !== undefined) return known
  const n = Math.max(await me.count(outgoing.to), other === null ? 0 : await other.count(me.uin)) + 1
  const message: MessageRecord = {
    id: outgoing.id,
    friend: outgoing.to,
    n,
    from: me.uin,
    to: outgoing.to,
    at: me.now,
    content: ownersCopy(outgoing.content),
    automatic: outgoing.automatic,
    answering: outgoing.answering,
    backupId: outgoing.backupId,
    deviceId: outgoing.deviceId,
  }
  me.putMessage(message)
  if (other !== null) {
    const content = friendsCopy(outgoing.content)
    other.putMessage({ ...message, friend: me.uin, content, backupId: null, deviceId: null })
    if (other.backups().some((backup) => waitsForMessageFrom(backup, me.uin))) other.lookSoon()
  }
  if (!outgoing.automatic && me.backups().some((backup) => waitsForMySend(backup, outgoing.to))) me.lookSoon()
  return message
}
