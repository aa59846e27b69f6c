import type { DeviceHandler } from '../context.ts'
import { changeFriendship } from '../friends/befriending.ts'
import { block } from '../friends/friendship.ts'

export const friendBlock: DeviceHandler<'friend.block'> = ({ uin }, relay, session) =>
  changeFriendship(relay, session, uin, block)
