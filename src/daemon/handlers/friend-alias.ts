import { uinDigits } from '../../domain/uin.ts'
import { ImError } from '../../protocol/errors.ts'
import { type Handler, knownOf, requireAccepted, requireKnown, whoOf } from '../core.ts'
import { submitSetting } from '../link/submit.ts'
import { friendPrivate, trustedKeys } from '../mirror/friend-keys.ts'
import { friendNow } from './friend-call.ts'

/** A name of my own for a friend; sealed, so that only my devices know it. */
export const friendAlias: Handler<'friend.alias'> = async (core, { who, alias }, session) => {
  requireAccepted(core)
  const { state } = core.ledger
  const known = knownOf(core)
  const friend = requireKnown(core, whoOf(core, session)(who))
  const clean = alias?.trim().normalize('NFC') ?? null
  if (clean !== null && (clean === '' || clean.toLowerCase() === 'me' || uinDigits(clean) !== null)) {
    throw new ImError('USAGE', `"${alias}" cannot be an alias: it means something else already.`)
  }
  const taken = [...state.friends.values()].find(
    (other) =>
      other.uin !== friend.uin &&
      clean !== null &&
      friendPrivate(known, other).alias?.toLowerCase() === clean.toLowerCase(),
  )
  if (taken !== undefined) throw new ImError('USAGE', `"${clean}" is the alias of ${taken.uin} already.`)
  const kept = { ...friendPrivate(known, friend), firstKeys: trustedKeys(known, friend), alias: clean }
  const sealed = core.texts.sealFriendPrivate(kept, friend)
  const waits = await submitSetting(core, { method: 'friend.set', params: { uin: friend.uin, private: sealed } })
  return { ...friendNow(core, session, friend.uin, friend), ...waits }
}
