import type { Context } from '../context.ts'
import { friendLines } from '../describe/friend.ts'

export async function run({ call, out, io, words: [who = ''] }: Context): Promise<number> {
  const friend = await call('friend.show', { who })
  await out.said(friend, { id: friend.uin, text: () => friendLines(friend, io.clock.now()) })
  return 0
}
