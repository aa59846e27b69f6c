import { changeFriendship } from '../befriending.ts'
import type { DeviceHandler } from '../context.ts'
import { remove } from '../friendship.ts'

export const friendRemove: DeviceHandler<'friend.remove'> = ({ uin }, relay, session) =>
  changeFriendship(relay, session, uin, remove)
