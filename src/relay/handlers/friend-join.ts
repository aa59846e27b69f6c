import { ImError } from '../../protocol/errors.ts'
import type { DeviceHandler } from '../context.ts'
import { changeFriendship } from '../friends/befriending.ts'
import { befriendInvited } from '../friends/friendship.ts'
import { inviteUse, OPERATOR, spend } from '../friends/invites.ts'

/** Whoever shows a friend's invite is a friend. A friend already: as it is, and no use is counted. */
export const friendJoin: DeviceHandler<'friend.join'> = async ({ invite }, relay, session) => {
  const { giver, hash } = inviteUse(invite)
  if (giver === OPERATOR) throw new ImError('USAGE', 'That invite is to the relay, not of a friend.')
  const { friends } = relay.config.limits
  const known = await relay.accounts.read(session.uin, (view) => view.friend(giver))
  if (known?.state === 'friend') return { friend: known }
  relay.invites.take(session.uin, 1)
  return changeFriendship(relay, session, giver, async (me, other) => {
    await spend(other, hash)
    return befriendInvited(me, other, friends)
  })
}
