import { ImError } from '../../protocol/errors.ts'
import { type Handler, knownOf, requireAccepted, requireKnown, viewContext, whoOf } from '../core.ts'
import { submitSetting } from '../link/submit.ts'
import { friendPrivate } from '../mirror/friend-keys.ts'
import { friendView } from '../views/views.ts'
import { safetyNumberWith } from './friend-show.ts'

/** The owner has compared the number: the keys that make it are the friend's, whatever was known before. */
export const friendVerify: Handler<'friend.verify'> = async (core, { who, safetyNumber }, session) => {
  requireAccepted(core)
  const friend = requireKnown(core, whoOf(core, session)(who))
  const number = await safetyNumberWith(core, friend)
  if (number === null) throw new ImError('NOT_FRIENDS', 'Their key is not known yet.')
  if (number !== safetyNumber) {
    throw new ImError('KEY_CHANGED', 'That is not their safety number.', { hint: `im friend show ${friend.uin}` })
  }
  const kept = { ...friendPrivate(knownOf(core), friend), firstKeys: friend.keys, verified: true }
  const sealed = core.texts.sealFriendPrivate(kept, friend)
  const waits = await submitSetting(core, { method: 'friend.set', params: { uin: friend.uin, private: sealed } })
  const now = core.ledger.state.friends.get(friend.uin) ?? friend
  return { ...friendView(now, viewContext(core, session), number), ...waits }
}
