import type { DeviceHandler } from '../context.ts'
import { changeFriendship } from '../friends/befriending.ts'
import { unblock } from '../friends/friendship.ts'

export const friendUnblock: DeviceHandler<'friend.unblock'> = ({ uin }, relay, session) =>
  changeFriendship(relay, session, uin, unblock)
