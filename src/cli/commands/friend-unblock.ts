import type { Context } from '../context.ts'
import { shownFriend } from '../describe/friend.ts'

export async function run({ call, out, words: [who = ''] }: Context): Promise<number> {
  const friend = await call('friend.unblock', { who })
  await out.said(
    friend,
    shownFriend(friend, (name) => `${name} may ask to be your friend again`),
  )
  return 0
}
