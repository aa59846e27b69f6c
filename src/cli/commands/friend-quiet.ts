import type { Context } from '../context.ts'
import { shownFriend } from '../describe/friend.ts'

export async function run({ call, flags, out, words: [who = '', span = ''] }: Context): Promise<number> {
  const off = span === 'off'
  const friend = await call('friend.quiet', {
    who,
    span: off ? null : span,
    ...(flags.tz !== undefined && { tz: flags.tz }),
  })
  const sentence = (name: string) =>
    off
      ? `no quiet hours for ${name}`
      : `nothing is sent to ${name} by itself in ${span}; what you set a time for goes on time`
  await out.said(friend, shownFriend(friend, sentence))
  return 0
}
