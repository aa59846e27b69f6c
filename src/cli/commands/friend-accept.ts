import type { Context } from '../context.ts'
import { shownFriend } from '../describe/friend.ts'

export async function run({ call, out, words: [who = ''] }: Context): Promise<number> {
  const friend = await call('friend.accept', { who })
  await out.said(
    friend,
    shownFriend(friend, (name) => `you and ${name} are friends now`),
  )
  return 0
}
