import type { Uin } from '../../domain/uin.ts'
import { ImError } from '../../protocol/errors.ts'
import type { MessageView } from '../../protocol/views.ts'
import {
  type Core,
  checkText,
  type Handler,
  knownOf,
  type LocalSession,
  requireAccepted,
  requireSendable,
  whoOf,
} from '../core.ts'
import { dropDraft } from '../drafts.ts'
import { keyedId, randomId } from '../ids.ts'
import { submit } from '../link/submit.ts'
import { addressee } from '../mirror/friend-keys.ts'
import { shownBackup } from '../mirror/overlay.ts'
import { shownMessage } from '../views/messages.ts'

export const messageSend: Handler<'message.send'> = async (core, params, session) => {
  const account = requireAccepted(core)
  const to = whoOf(core, session)(params.to)
  checkText(core, params.text)
  const key = params.key ?? null
  const id = key === null ? randomId(core.host.random) : keyedId(account.uin, key)
  const known = key === null ? null : await alreadySent(core, session, id, to, params.text)
  if (known === null) {
    requireSendable(core, to)
    const draft = { origin: id, contentRev: 1, repeats: false }
    const content = await core.texts.seal(params.text, draft, addressee(knownOf(core), to))
    const call = { method: 'message.send' as const, params: { id, to, content } }
    await submit(core, (tx, queue) => {
      dropDraft(tx, to, params.draft)
      queue(call, { key })
    })
  } else core.outbox.promise(id)
  return withKey(await messageNow(core, session, id), key)
}

/** The message this key has made already; throws KEY_TAKEN when it was another. */
async function alreadySent(
  core: Core,
  session: LocalSession,
  id: string,
  to: Uin,
  text: string,
): Promise<MessageView | null> {
  const known = await shownMessage(core, session, id)
  const same = known !== null && known.to === to && known.text === text
  if ((known !== null && !same) || shownBackup(core.ledger.state, id) !== null) throw new ImError('KEY_TAKEN')
  return known
}

function withKey(view: MessageView, key: string | null): MessageView {
  return key === null ? view : { ...view, key }
}

export async function messageNow(core: Core, session: LocalSession, id: string): Promise<MessageView> {
  const view = await shownMessage(core, session, id)
  if (view === null) throw new ImError('NO_SUCH_MESSAGE')
  return view
}
