import type { Context } from '../context.ts'
import { shownFriend } from '../describe/friend.ts'
import { oneOf } from '../input/one-of.ts'

const SENTENCES = {
  on: (name: string) => `a popup whenever ${name} comes online`,
  off: (name: string) => `no popup when ${name} comes online`,
  once: (name: string) => `a popup the next time ${name} comes online`,
}

export async function run({ call, out, words: [who = '', when = ''] }: Context): Promise<number> {
  const notify = oneOf('WHEN', when, ['on', 'off', 'once'])
  const friend = await call('friend.notify', { who, notify })
  await out.said(friend, shownFriend(friend, SENTENCES[notify]))
  return 0
}
