import type { FriendRecord } from '../../protocol/records.ts'
import { type Core, type Handler, requireAccount, requireKnown, viewContext, whoOf } from '../core.ts'
import { friendView } from '../views/views.ts'

/** Of the keys the relay names now, as the friend's own device has it; null without keys. */
export async function safetyNumberWith(core: Core, { uin, keys }: FriendRecord): Promise<string | null> {
  if (keys === null) return null
  const { safetyNumber } = await import('../../sealing/safety-number.ts')
  return safetyNumber({ uin: requireAccount(core).uin, keys: core.texts.publicKeys }, { uin, keys })
}

export const friendShow: Handler<'friend.show'> = async (core, { who }, session) => {
  const friend = requireKnown(core, whoOf(core, session)(who))
  return friendView(friend, viewContext(core, session), await safetyNumberWith(core, friend))
}
