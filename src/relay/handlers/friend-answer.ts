import { changeFriendship } from '../befriending.ts'
import type { DeviceHandler } from '../context.ts'
import { answer } from '../friendship.ts'

export const friendAnswer: DeviceHandler<'friend.answer'> = ({ uin, accept }, relay, session) =>
  changeFriendship(relay, session, uin, (me, other) => answer(me, other, accept, relay.config.limits.friends))
