import type { Context } from '../context.ts'
import { shownFriend } from '../describe/friend.ts'

export async function run({ call, out, words: [who = ''] }: Context): Promise<number> {
  const friend = await call('friend.remove', { who })
  await out.said(
    friend,
    shownFriend(friend, (name) => `${name} is no friend of yours any more`),
  )
  return 0
}
