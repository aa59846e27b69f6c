import { type Handler, requireAccepted, requireKnown, whoOf } from '../core.ts'
import { submitSetting } from '../link/submit.ts'
import { friendNow } from './friend-call.ts'

export const friendHide: Handler<'friend.hide'> = async (core, { who, hide }, session) => {
  requireAccepted(core)
  const friend = requireKnown(core, whoOf(core, session)(who))
  const kept = await submitSetting(core, { method: 'friend.set', params: { uin: friend.uin, hide } })
  return { ...friendNow(core, session, friend.uin, friend), ...kept }
}
