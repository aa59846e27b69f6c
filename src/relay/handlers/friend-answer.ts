import type { DeviceHandler } from '../context.ts'
import { changeFriendship } from '../friends/befriending.ts'
import { answer } from '../friends/friendship.ts'

export const friendAnswer: DeviceHandler<'friend.answer'> = ({ uin, accept }, relay, session) =>
  changeFriendship(relay, session, uin, (me, other) => answer(me, other, accept, relay.config.limits.friends))
