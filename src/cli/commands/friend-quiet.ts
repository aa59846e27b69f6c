import type { Context } from '../context.ts'
import { shownFriend } from '../describe/friend.ts'
import { hoursWords } from '../describe/time.ts'
import { quietChange } from '../input/quiet-change.ts'

/** Without a span it only shows. */
export async function run({ call, flags, out, words: [who = '', span] }: Context): Promise<number> {
  const change = quietChange(flags, span)
  const friend = change === null ? await call('friend.show', { who }) : await call('friend.quiet', { who, ...change })
  const { quiet } = friend
  const sentence = (name: string) =>
    quiet === null
      ? `no quiet hours for ${name}`
      : `nothing is sent to ${name} by itself in ${hoursWords(quiet)}; what you set a time for goes on time`
  await out.said(friend, shownFriend(friend, sentence))
  return 0
}
