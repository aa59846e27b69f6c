import { type Handler, requireKnown, whoOf } from '../core.ts'
import { callAboutFriend } from './friend-call.ts'

export const friendDecline: Handler<'friend.decline'> = (core, { who }, session) => {
  const { uin } = requireKnown(core, whoOf(core, session)(who))
  return callAboutFriend(core, session, (peer) => peer.call('friend.answer', { uin, accept: false }))
}
