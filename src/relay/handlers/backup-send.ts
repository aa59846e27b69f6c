import { isLive } from '../../domain/life.ts'
import { ImError } from '../../protocol/errors.ts'
import type { BackupRecord, Envelope, MessageRecord } from '../../protocol/records.ts'
import type { AccountTx } from '../accounts/account-tx.ts'
import type { DeviceHandler } from '../context.ts'
import { checkContentSeal } from '../firing/check-seal.ts'
import { checkContentSize } from '../firing/content-size.ts'
import { permissionToSend, send } from '../firing/firing.ts'
import { canOpen, keyChanged } from '../firing/key-change.ts'

async function messageOf(account: AccountTx, record: BackupRecord): Promise<MessageRecord> {
  const message = record.sent === null ? undefined : await account.log.sentMessage(record.sent.messageId)
  if (message === undefined) throw new ImError('NO_SUCH_MESSAGE')
  return message
}

/** Whether a text was written before another that has taken its place: it must not go out in its stead. */
function isOlder(content: Envelope, present: Envelope): boolean {
  return content.kind === 'sealed' && present.kind === 'sealed' && content.contentRev <= present.contentRev
}

/** The owner sends it now, with its text or another. A change that is known already gets the message it made. */
export const backupSend: DeviceHandler<'backup.send'> = async ({ id, change, content }, relay, session) => {
  relay.changes.take(session.uin, 1)
  const to = await relay.accounts.read(session.uin, async (view) => (await view.backups.get(id))?.plan.to)
  if (to === undefined) throw new ImError('NO_SUCH_BACKUP')
  const sent = await relay.accounts.pair(session.uin, to, async (me, other) => {
    const record = await me.backups.get(id)
    if (record === undefined) throw new ImError('NO_SUCH_BACKUP')
    if (record.changes.includes(change)) return { record, message: await messageOf(me, record) }
    if (record.state === 'sent') throw new ImError('ALREADY_SENT', undefined, { hint: `im backup show ${id}` })
    if (!isLive(record.state)) throw new ImError('ALREADY_FINISHED', `That backup is ${record.state}.`)
    const refusal = permissionToSend(me, other, to)
    if (refusal !== null) throw refusal
    if (content !== undefined && isOlder(content, record.content)) throw new ImError('REV_CONFLICT')
    checkContentSize(content ?? record.content, relay.config.limits)
    checkContentSeal(content ?? record.content, id, other !== null)
    if (!canOpen(me, other, content ?? record.content)) return null
    const changed = {
      ...record,
      rev: content === undefined ? record.rev : record.rev + 1,
      changes: [...record.changes, change].slice(-16),
      updatedAt: me.now,
      updatedBy: session.deviceId,
    }
    const sent = await send(me, other, changed, {
      automatic: false,
      deviceId: session.deviceId,
      content: content ?? record.content,
    })
    return { record: sent, message: await messageOf(me, sent) }
  })
  if (sent === null) throw keyChanged(to)
  return sent
}
