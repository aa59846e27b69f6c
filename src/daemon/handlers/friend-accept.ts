import { type Handler, requireKnown, whoOf } from '../core.ts'
import { callAboutFriend } from './friend-call.ts'

export const friendAccept: Handler<'friend.accept'> = (core, { who }, session) => {
  const { uin } = requireKnown(core, whoOf(core, session)(who))
  return callAboutFriend(core, session, (peer) => peer.call('friend.answer', { uin, accept: true }))
}
