import type { Uin } from '../domain/uin.ts'
import { ImError } from '../protocol/errors.ts'
import type { FriendRecord } from '../protocol/records.ts'
import type { AccountTx } from './account-tx.ts'
import type { RelayParts } from './context.ts'
import type { Session } from './session.ts'

/** One step over both accounts; then each side sees the other as it now may. */
export async function changeFriendship(
  relay: RelayParts,
  session: Session,
  uin: Uin,
  step: (me: AccountTx, other: AccountTx) => FriendRecord,
): Promise<{ friend: FriendRecord }> {
  relay.changes.take(session.uin, 1)
  if (uin === session.uin) throw new ImError('USAGE', 'That is you. `me` needs no friendship.', { hint: 'im send me' })
  const before = await relay.accounts.read(session.uin, (view) => view.friend(uin))
  const { mine, theirs } = await relay.accounts.two(session.uin, uin, (me, other) => ({
    mine: step(me, other),
    theirs: other.friend(me.uin),
  }))
  if (before?.state !== mine.state) {
    await relay.board.friendChanged(session.uin, mine)
    if (theirs !== undefined) await relay.board.friendChanged(uin, theirs)
  }
  return { friend: mine }
}
