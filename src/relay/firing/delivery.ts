import { createHash } from 'node:crypto'
import type { Uin } from '../../domain/uin.ts'
import type { Envelope, MessageRecord } from '../../protocol/records.ts'
import { friendsCopy, ownersCopy } from '../../sealing/envelope.ts'
import { type Soon, soon } from '../../store/soon.ts'
import type { AccountTx } from '../accounts/account-tx.ts'
import { topics } from '../accounts/waits.ts'

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
 * that has been sent already gets the message it made: the sender's {@link MessageRecord}, as JSON. What the recipient's
 * devices have given back after a loss is in their log already: then only the sender's is written.
 */
export function deliver(me: AccountTx, other: AccountTx | null, outgoing: Outgoing): Soon<string> {
  return soon(me.log.sentMessage(outgoing.id), (known) => {
    if (known !== undefined) return JSON.stringify(known)
    return soon(other?.log.reportedAs(outgoing.id), (there) =>
      there === undefined
        ? soon(nextNumber(me, other, outgoing.to), (n) => write(me, other, outgoing, n))
        : soon(me.log.count(outgoing.to), (mine) => write(me, null, outgoing, Math.max(mine + 1, there))),
    )
  })
}

function nextNumber(me: AccountTx, other: AccountTx | null, to: Uin): Soon<number> {
  return soon(me.log.count(to), (mine) =>
    soon(other === null ? 0 : other.log.count(me.uin), (theirs) => Math.max(mine, theirs) + 1),
  )
}

function write(me: AccountTx, other: AccountTx | null, outgoing: Outgoing, n: number): string {
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
    if (other.backups.waits(topics.message(me.uin))) other.lookSoon()
  }
  if (!outgoing.automatic && (me.backups.waits(topics.send(null)) || me.backups.waits(topics.send(outgoing.to))))
    me.lookSoon()
  return json
}
