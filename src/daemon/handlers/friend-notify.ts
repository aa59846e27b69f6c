import { type Handler, requireAccepted, requireKnown, whoOf } from '../core.ts'
import { submit } from '../link/submit.ts'
import { friendNow } from './friend-call.ts'

export const friendNotify: Handler<'friend.notify'> = async (core, { who, notify }, session) => {
  requireAccepted(core)
  const friend = requireKnown(core, whoOf(core, session)(who))
  await submit(core, (_tx, queue) => queue({ method: 'friend.set', params: { uin: friend.uin, notify } }))
  return friendNow(core, session, friend.uin, friend)
}
