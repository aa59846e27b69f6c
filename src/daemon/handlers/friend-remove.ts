import { type Handler, requireKnown, whoOf } from '../core.ts'
import { endFriendship } from './friend-call.ts'

export const friendRemove: Handler<'friend.remove'> = (core, { who }, session) => {
  const { uin } = requireKnown(core, whoOf(core, session)(who))
  return endFriendship(core, session, uin, (peer) => peer.call('friend.remove', { uin }))
}
