/**
 * The end of an account. Burying it is one transaction: from then on it has no login and takes no device. What is left
 * of it goes step by step, each of which may be repeated; housekeeping takes up what a crash has interrupted.
 */
import type { Uin } from '../../domain/uin.ts'
import { ImError } from '../../protocol/errors.ts'
import type { AccountTx } from '../accounts/account-tx.ts'
import type { RelayParts } from '../context.ts'
import { remove } from '../friends/friendship.ts'

/** Friends told at once: their transactions share synced writes. */
const FRIENDS_AT_ONCE = 16

/** Only a tombstone stands for it now, so that its UIN is never given again; its sessions are cut. `check` may throw. */
export async function bury(relay: RelayParts, uin: Uin, check: (account: AccountTx) => unknown): Promise<void> {
  await relay.accounts.one(uin, (account) => {
    check(account)
    account.bury()
  })
  const ended = new ImError('TOKEN_REFUSED', 'This account has been deleted.').toData()
  for (const session of relay.sessions.of(uin)) {
    await relay.board.disconnected(uin, session.deviceId, true)
    session.close(ended)
  }
}

/** Friends see it gone, requests of its own are taken back, and its rows are removed. */
export async function finishDeletion(relay: Pick<RelayParts, 'accounts' | 'board'>, uin: Uin): Promise<void> {
  const { accounts, board } = relay
  const friends = await accounts.read(uin, (view) =>
    view.friends().filter(({ state }) => state === 'friend' || state === 'outgoing' || state === 'incoming'),
  )
  const leave = async (friend: Uin) => {
    const before = await accounts.two(uin, friend, async (me, other) => {
      const state = me.friend(friend)?.state
      await remove(me, other)
      return state
    })
    if (before !== 'friend') return
    await board.friendChanged(uin, friend)
    await board.friendChanged(friend, uin)
  }
  for (let i = 0; i < friends.length; i += FRIENDS_AT_ONCE) {
    await Promise.all(friends.slice(i, i + FRIENDS_AT_ONCE).map((friend) => leave(friend.uin)))
  }
  await accounts.wipe(uin)
}
