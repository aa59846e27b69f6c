import { ImError } from '../../protocol/errors.ts'
import type { Context } from '../context.ts'
import { safetyLines, shownFriend } from '../describe/friend.ts'
import { friendName } from '../describe/names.ts'
import { askYes } from '../input/prompt.ts'

/** Marks what was compared: a number that changes between the look and the answer is not accepted. */
export async function run(context: Context): Promise<number> {
  const { call, out, words } = context
  const friend = await call('friend.show', { who: words[0] ?? '' })
  const { safetyNumber } = friend
  if (safetyNumber === null) {
    throw new ImError('NOT_FRIENDS', `the key of ${friendName(friend)} is not known yet`, {
      hint: 'you have to be friends first',
    })
  }
  out.talk(safetyLines(safetyNumber))
  const question = `Does ${friendName(friend)} see the same number?`
  if (!(await askYes(context, question, 'compare the safety number with them, then: im friend verify WHO -y'))) {
    out.talk('nothing changed')
    return 7
  }
  const verified = await call('friend.verify', { who: friend.uin, safetyNumber })
  await out.said(
    verified,
    shownFriend(verified, (name) =>
      friend.keyChanged ? `${name} is verified; what was held for them goes again` : `${name} is verified`,
    ),
  )
  return 0
}
