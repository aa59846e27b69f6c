import { createHash } from 'node:crypto'
import type { Uin } from '../../domain/uin.ts'
import type { Envelope, MessageRecord } from '../../protocol/records.ts'
import { friendsCopy, ownersCopy } from '../../sealing/envelope.ts'
import type { AccountTx } from '../account-tx.ts'
import { topics } from '../waits.ts'

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

/**
 * Writes one message into both logs, numbered alike on both sides. `other` is null when it goes to the owner. An id
 * that has been sent already gets the message it made: the sender's {@link MessageRecord}, as JSON.
 */
export async function deliver(me: AccountTx, other: AccountTx | null, outgoing: Outgoing): Promise<string> {
  const known = await me.log.sentMessage(outgoing.id)
  if (known !== undefined) return JSON.stringify(known)
  const n = Math.max(await me.log.count(outgoing.to), other === null ? 0 : await other.log.count(me.uin)) + 1
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
  const json = me.putMessage(message)
  if (other !== null) {
    const content = friendsCopy(outgoing.content)
    other.putMessage({ ...message, friend: me.uin, content, backupId: null, deviceId: null })
    if (other.waits(topics.message(me.uin))) other.lookSoon()
  }
  if (!outgoing.automatic && (me.waits(topics.send(null)) || me.waits(topics.send(outgoing.to)))) me.lookSoon()
  return json
}
