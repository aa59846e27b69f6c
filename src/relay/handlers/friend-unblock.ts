import { changeFriendship } from '../befriending.ts'
import type { DeviceHandler } from '../context.ts'
import { unblock } from '../friendship.ts'

export const friendUnblock: DeviceHandler<'friend.unblock'> = ({ uin }, relay, session) =>
  changeFriendship(relay, session, uin, unblock)
