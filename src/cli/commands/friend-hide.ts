import type { Context } from '../context.ts'
import { shownFriend } from '../describe/friend.ts'
import { oneOf } from '../input/one-of.ts'

const SENTENCES = {
  on: (name: string) => `${name} sees you as offline, whatever you are`,
  off: (name: string) => `${name} sees how you are`,
}

export async function run({ call, out, words: [who = '', whether = ''] }: Context): Promise<number> {
  const hide = oneOf('WHETHER', whether, ['on', 'off'])
  const friend = await call('friend.hide', { who, hide: hide === 'on' })
  await out.said(friend, shownFriend(friend, SENTENCES[hide]))
  return 0
}
