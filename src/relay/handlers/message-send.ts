import { ImError } from '../../protocol/errors.ts'
import { JsonText } from '../../rpc/message.ts'
import { type Soon, soon } from '../../store/soon.ts'
import type { DeviceHandler } from '../context.ts'
import { checkContentSeal } from '../firing/check-seal.ts'
import { checkContentSize } from '../firing/content-size.ts'
import { deliver } from '../firing/delivery.ts'
import { permissionToSend } from '../firing/firing.ts'
import { canOpen, keyChanged } from '../firing/key-change.ts'

/** Sends once: an id that is known already gets the message it made. */
export const messageSend: DeviceHandler<'message.send'> = ({ id, to, content }, relay, session) => {
  relay.changes.take(session.uin, 1)
  checkContentSize(content, relay.config.limits)
  checkContentSeal(content, id, to !== session.uin)
  const sending = relay.accounts.pair(session.uin, to, (me, other) =>
    soon(me.log.sentMessage(id), (known): Soon<string | ImError> => {
      if (known !== undefined) {
        if (known.to !== to) throw new ImError('KEY_TAKEN')
        return JSON.stringify(known)
      }
      const refusal = permissionToSend(me, other, to)
      if (refusal !== null) throw refusal
      // Not thrown, since it leaves the friend's present keys.
      if (!canOpen(me, other, content)) return keyChanged(to)
      const by = { automatic: false, answering: false, backupId: null, deviceId: session.deviceId }
      return deliver(me, other, { id, to, content, ...by })
    }),
  )
  return sending.then(answer)
}

function answer(sent: string | ImError): JsonText {
  if (sent instanceof ImError) throw sent
  return new JsonText(`{"message":${sent}}`)
}
