import type { Context } from '../context.ts'
import { shownFriend } from '../describe/friend.ts'

export async function run({ call, out, flags, words: [who = ''] }: Context): Promise<number> {
  const friend = await call('friend.add', { who, ...(flags.requestNote ? { note: flags.requestNote } : {}) })
  await out.made(
    friend,
    shownFriend(friend, (name) =>
      friend.state === 'friend' ? `you and ${name} are friends now` : `asked ${name}; friends once they accept`,
    ),
  )
  return 0
}
