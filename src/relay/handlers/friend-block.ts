import { changeFriendship } from '../befriending.ts'
import type { DeviceHandler } from '../context.ts'
import { block } from '../friendship.ts'

export const friendBlock: DeviceHandler<'friend.block'> = ({ uin }, relay, session) =>
  changeFriendship(relay, session, uin, block)
