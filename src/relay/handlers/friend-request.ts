import { DAY_MS } from '../../domain/instant.ts'
import type { DeviceHandler } from '../context.ts'
import { changeFriendship } from '../friends/befriending.ts'
import { request } from '../friends/friendship.ts'

export const friendRequest: DeviceHandler<'friend.request'> = async ({ uin, note }, relay, session) => {
  const { friends, newUinsPerDay } = relay.config.limits
  const state = await relay.accounts.read(session.uin, (view) => view.friend(uin)?.state ?? 'removed')
  // Taking a request back and asking again is asking once more.
  if (state === 'removed') relay.requests.take(session.uin, DAY_MS / 1000 / newUinsPerDay)
  return changeFriendship(relay, session, uin, (me, other) => request(me, other, note, friends))
}
