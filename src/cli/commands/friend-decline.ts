import type { Context } from '../context.ts'
import { shownFriend } from '../describe/friend.ts'

export async function run({ call, out, words: [who = ''] }: Context): Promise<number> {
  const friend = await call('friend.decline', { who })
  await out.said(
    friend,
    shownFriend(friend, (name) => `declined the request of ${name}`),
  )
  return 0
}
