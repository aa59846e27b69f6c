import { ImError } from '../../protocol/errors.ts'
import { JsonText } from '../../rpc/message.ts'
import { soon } from '../../store/soon.ts'
import type { DeviceHandler } from '../context.ts'
import { checkContentSeal } from '../firing/check-seal.ts'
import { checkContentSize } from '../firing/content-size.ts'
import { deliver } from '../firing/delivery.ts'
import { permissionToSend } from '../firing/firing.ts'
import { canOpen, keyChanged } from '../firing/key-change.ts'

/** Sends once: an id that is known already gets the message it made. */
export const messageSend: DeviceHandler<'message.send'> = async ({ id, to, content }, relay, session) => {
  relay.changes.take(session.uin, 1)
  checkContentSize(content, relay.config.limits)
  checkContentSeal(content, id, to !== session.uin)
  const message = await relay.accounts.pair(session.uin, to, (me, other) =>
    soon(me.log.sentMessage(id), (known) => {
      if (known !== undefined) {
        if (known.to !== to) throw new ImError('KEY_TAKEN')
        return JSON.stringify(known)
      }
      const refusal = permissionToSend(me, other, to)
      if (refusal !== null) throw refusal
      if (!canOpen(me, other, content)) return null
      const by = { automatic: false, answering: false, backupId: null, deviceId: session.deviceId }
      return deliver(me, other, { id, to, content, ...by })
    }),
  )
  if (message === null) throw keyChanged(to)
  return new JsonText(`{"message":${message}}`)
}
