import { ImError } from '../../protocol/errors.ts'
import { type Handler, requireAccount, whoOf } from '../core.ts'
import { endFriendship } from './friend-call.ts'

/** Anybody may be blocked, a friend or not. */
export const friendBlock: Handler<'friend.block'> = (core, { who }, session) => {
  const uin = whoOf(core, session)(who)
  if (uin === requireAccount(core).uin) throw new ImError('USAGE', 'You cannot block yourself.')
  return endFriendship(core, session, uin, (peer) => peer.call('friend.block', { uin }))
}
