import type { Uin } from '../../domain/uin.ts'
import { ImError } from '../../protocol/errors.ts'
import type { FriendRecord } from '../../protocol/records.ts'
import type { AccountTx } from '../accounts/account-tx.ts'
import type { Session } from '../connections/session.ts'
import type { RelayParts } from '../context.ts'

/** One step over both accounts; then each side sees the other as it now may. */
export async function changeFriendship(
  relay: RelayParts,
  session: Session,
  uin: Uin,
  step: (me: AccountTx, other: AccountTx) => FriendRecord | Promise<FriendRecord>,
): Promise<{ friend: FriendRecord }> {
  relay.changes.take(session.uin, 1)
  if (uin === session.uin) throw new ImError('USAGE', 'That is you. `me` needs no friendship.', { hint: 'im send me' })
  const { friend, changed } = await relay.accounts.two(session.uin, uin, async (me, other) => {
    const before = me.friend(uin)?.state
    const friend = await step(me, other)
    return { friend, changed: before !== friend.state && (before === 'friend' || friend.state === 'friend') }
  })
  if (changed) {
    await relay.board.friendChanged(session.uin, uin)
    await relay.board.friendChanged(uin, session.uin)
  }
  return { friend }
}
