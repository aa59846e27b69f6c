import type { Uin } from '../../domain/uin.ts'
import { ImError } from '../../protocol/errors.ts'
import type { Envelope, FriendRecord, PublicKeys } from '../../protocol/records.ts'
import { sameKeys } from '../../sealing/keys.ts'
import type { State } from './state.ts'
import type { Addressee, Texts } from './texts.ts'

/** The mirror, and the keys to what is sealed in it. */
export interface Known {
  state: Readonly<State>
  texts: Texts
}

/** What I keep of a friend, as it stands: what waits for the relay counts already. */
function sealedOf(state: Readonly<State>, friend: FriendRecord): Envelope | null {
  let sealed = friend.private
  for (const { call, failed } of state.outbox.about(null)) {
    if (call.method !== 'friend.set' || call.params.uin !== friend.uin || failed !== null) continue
    if (call.params.private !== undefined) sealed = call.params.private
  }
  return sealed
}

export function friendPrivate({ state, texts }: Known, friend: FriendRecord) {
  return texts.friendPrivate({ uin: friend.uin, private: sealedOf(state, friend) })
}

/**
 * The keys a friend is known by: those that were seen first, here or on another device of mine, until the owner says
 * yes to others. What the relay names now is believed only where there was nothing before.
 */
export function trustedKeys(known: Known, friend: FriendRecord): PublicKeys | null {
  return friendPrivate(known, friend).firstKeys ?? known.state.pins.get(friend.uin) ?? friend.keys
}

export function keyChanged(known: Known, friend: FriendRecord): boolean {
  const trusted = trustedKeys(known, friend)
  return trusted !== null && friend.keys !== null && !sameKeys(trusted, friend.keys)
}

/** Whom to seal for. Throws NOT_FRIENDS, or as {@link refuseChangedKey}. */
export function addressee(known: Known, uin: Uin): Addressee {
  if (uin === known.state.account?.uin) return { uin, keys: null }
  const friend = known.state.friends.get(uin)
  if (friend?.state !== 'friend' || friend.keys === null) {
    throw new ImError('NOT_FRIENDS', undefined, { hint: `im friend add ${uin}` })
  }
  refuseChangedKey(known, uin)
  return { uin, keys: friend.keys }
}

/** Throws KEY_CHANGED while the owner has not said yes to the friend's new keys. */
export function refuseChangedKey(known: Known, uin: Uin): void {
  const friend = known.state.friends.get(uin)
  if (friend === undefined || !keyChanged(known, friend)) return
  throw new ImError('KEY_CHANGED', undefined, { hint: `compare the safety number, then: im friend verify ${uin}` })
}
