import type { Context } from '../context.ts'
import { shownFriend } from '../describe/friend.ts'

export async function run({ call, out, words: [who = ''] }: Context): Promise<number> {
  const friend = await call('friend.block', { who })
  await out.said(
    friend,
    shownFriend(friend, (name) => `${name} is blocked; to them it looks like a removal`),
  )
  return 0
}
