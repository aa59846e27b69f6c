import { ImError } from '../../protocol/errors.ts'
import type { Context } from '../context.ts'
import { shownFriend } from '../describe/friend.ts'

export async function run({ call, out, flags, words: [who = '', alias] }: Context): Promise<number> {
  if ((alias === undefined) === (flags.clearAlias === undefined)) {
    throw new ImError('USAGE', 'give a NAME, or --clear', { hint: 'im friend alias WHO NAME' })
  }
  const friend = await call('friend.alias', { who, alias: alias ?? null })
  await out.said(
    friend,
    shownFriend(friend, (name) =>
      alias === undefined ? `${name} has no alias any more` : `${friend.uin} is ${name} to you`,
    ),
  )
  return 0
}
