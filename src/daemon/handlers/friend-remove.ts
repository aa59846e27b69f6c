import { type Handler, requireKnown, whoOf } from '../core.ts'
import { callAboutFriend } from './friend-call.ts'

export const friendRemove: Handler<'friend.remove'> = (core, { who }, session) => {
  const { uin } = requireKnown(core, whoOf(core, session)(who))
  return callAboutFriend(core, session, (peer) => peer.call('friend.remove', { uin }))
}
