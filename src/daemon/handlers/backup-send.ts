import type { RelayParams } from '../../protocol/relay-api.ts'
import { endedError, findBackup, viewOf } from '../backups.ts'
import { checkText, type Handler, knownOf, requireAccepted, requireSendable } from '../core.ts'
import { dropDraft } from '../drafts.ts'
import { randomId } from '../ids.ts'
import { submit } from '../link/submit.ts'
import { addressee } from '../mirror/friend-keys.ts'
import { contentFor, isUnfit, sealedContent } from '../plan/backup-content.ts'

/** Sends it now, as it stands or with another text. */
export const backupSend: Handler<'backup.send'> = async (core, params, session) => {
  requireAccepted(core)
  const shown = findBackup(core, params.id)
  const { record } = shown
  const { id, plan, state } = record
  const again = params.again === true && state === 'sent' && params.text === undefined
  const ended = endedError(shown)
  if (ended !== null && !again) throw ended
  if (!again) {
    requireSendable(core, plan.to)
    const known = knownOf(core)
    addressee(known, plan.to)
    const call: RelayParams<'backup.send'> = { id, change: randomId(core.host.random) }
    if (params.text !== undefined) {
      checkText(core, params.text)
      call.content = await sealedContent(known, params.text, { id, plan, before: record.content, now: true })
    } else if (isUnfit(known, record, plan)) call.content = await contentFor(known, record, plan, true)
    await submit(core, (tx, queue) => {
      dropDraft(tx, plan.to, params.draft)
      queue({ method: 'backup.send', params: call })
    })
  }
  return viewOf(core, session, id)
}
