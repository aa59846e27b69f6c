import type { DeviceHandler } from '../context.ts'
import { changeFriendship } from '../friends/befriending.ts'
import { remove } from '../friends/friendship.ts'

export const friendRemove: DeviceHandler<'friend.remove'> = ({ uin }, relay, session) =>
  changeFriendship(relay, session, uin, remove)
