import type { FriendView } from '../../protocol/views.ts'
import type { Context } from '../context.ts'

/** The name a person knows a UIN by: alias, else nick, else the number itself; `me` for the own account. */
export type Names = (uin: string) => string

export function friendName(friend: Pick<FriendView, 'uin' | 'alias' | 'nick'>): string {
  return friend.alias ?? friend.nick ?? friend.uin
}

/** Asks the daemon for the names; without an answer, numbers do. */
export async function namesOf({ call }: Context): Promise<Names> {
  const [friends, me] = await Promise.all([
    call('friend.list', {}).catch(() => []),
    call('account.whoami', {}).then(
      ({ uin }) => uin,
      () => null,
    ),
  ])
  const known = new Map(friends.map((friend) => [friend.uin, friendName(friend)]))
  if (me !== null) known.set(me, 'me')
  return (uin) => known.get(uin) ?? uin
}
