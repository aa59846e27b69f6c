/**
 * Text for a friend, sealed once when it is written, opened by two: its owner, on every device, and the friend.
 *
 *   body = AES-256-GCM(content key, padded text)          content key: fresh for every contentRev
 *   to   = HPKE(friend's X25519 key, content key)         null while it stays with the owner
 *   sealedTo = the name of the friend's keys              null with `to`
 *   sig  = Ed25519(owner, place + body + to)
 *   self = AES-256-GCM(data key, content key), bound to sig
 *
 * All are bound to the place and to `sealedTo`. The owner's copy loses `to` when the message is sent, the friend's loses
 * `self`: so the signature covers what the friend gets, and the owner's own wrap covers what the owner keeps. The friend
 * opens HPKE once, and from then on by a wrap of the content key under the own data key (`kept`).
 */
import type { Uin } from '../domain/uin.ts'
import type { RandomBytes } from '../host/host.ts'
import type { Envelope, PublicKeys } from '../protocol/records.ts'
import { KEY_BYTES, open, seal } from './aead.ts'
import { binding, fromUtf8, utf8 } from './bytes.ts'
import { demandSealed, type SealedEnvelope } from './envelope.ts'
import { hpkeOpen, hpkeSeal } from './hpke.ts'
import { type AccountKeys, isSignedBy, keyId, signBytes } from './keys.ts'
import { pad, unpad } from './padding.ts'
import { SealError } from './seal-error.ts'

/** Between whom a text passes. For a note to oneself both are the owner. */
export interface Parties {
  sender: Uin
  recipient: Uin
}

/**
 * Where a text belongs. `origin`: the id of the backup or message it was first written for; survives firing.
 * `repeats`: a backup that fires more than once, so that its friend takes more than one copy.
 */
export interface Place extends Parties {
  origin: string
  contentRev: number
  repeats: boolean
}

/** A place, and whose keys open what lies there. */
interface Bound extends Place {
  sealedTo: string | null
}

function bindingOf(purpose: string, bound: Bound, ...more: readonly (string | null)[]): Uint8Array {
  const { sender, recipient, origin, contentRev, repeats, sealedTo } = bound
  return binding(`im/${purpose}/1`, sender, recipient, origin, contentRev, repeats ? 1 : 0, sealedTo, ...more)
}

function signed(place: Bound, body: string, to: string | null): Uint8Array {
  return bindingOf('content-signature', place, body, to)
}

function placeOf(envelope: SealedEnvelope, { sender, recipient }: Parties): Bound {
  const { origin, contentRev, repeats, sealedTo } = envelope
  return { sender, recipient, origin, contentRev, repeats, sealedTo }
}

function openBody(envelope: SealedEnvelope, place: Bound, contentKey: Uint8Array): string {
  if (contentKey.length !== KEY_BYTES) throw new SealError('damaged', 'content key: wrong length')
  const padded = open(contentKey, envelope.body, bindingOf('content-body', place), 'body', 'damaged')
  return fromUtf8(unpad(padded), 'body')
}

/**
 * Seals a text by the sender's keys. `friend`: the recipient's keys, or null to seal it for the owner alone.
 * Throws SealError `malformed` if the friend's key is not one.
 */
export async function sealContent(
  text: string,
  at: Place,
  keys: AccountKeys,
  friend: PublicKeys | null,
  random: RandomBytes,
): Promise<SealedEnvelope> {
  const sealedTo = friend && keyId(friend)
  const place = { ...at, sealedTo }
  const contentKey = random(KEY_BYTES)
  const body = seal(contentKey, pad(utf8(text)), bindingOf('content-body', place), random)
  const to = friend && (await hpkeSeal(friend.kem, contentKey, bindingOf('content-to', place), random))
  const sig = signBytes(keys.signer, signed(place, body, to))
  const self = seal(keys.dataKey, contentKey, bindingOf('content-self', place, sig), random)
  const { origin, contentRev, repeats } = at
  return { kind: 'sealed', origin, contentRev, repeats, sealedTo, body, wraps: { self, to }, sig }
}

/**
 * The text, for the one who wrote it. `wraps.to` is not looked at: only the friend can.
 * Throws SealError: `not-sealed`, `malformed`, `wrong-key` (other owner, other parties, or altered), `damaged`.
 */
export function openAsOwner(envelope: Envelope, parties: Parties, dataKey: Uint8Array): string {
  const sealed = demandSealed(envelope)
  const place = placeOf(sealed, parties)
  if (sealed.wraps.self === null) throw new SealError('wrong-key', 'envelope: not for its owner')
  const bound = bindingOf('content-self', place, sealed.sig)
  return openBody(sealed, place, open(dataKey, sealed.wraps.self, bound, 'content key', 'wrong-key'))
}

/** A text opened as a friend, and what opens it again without HPKE. */
export interface FriendOpened {
  text: string
  kept: string
}

/**
 * The text, for the friend it was written to; `kept` opens it from now on, by {@link openKept}. `sender`: the keys the reader knows the sender by. The signature comes
 * first: it is cheap, and nothing of a stranger reaches the rest.
 * Throws SealError: `not-sealed`, `malformed`, `bad-signature` (other sender, parties or origin, or altered),
 * `wrong-key` (sealed to another key of the recipient), `damaged`.
 */
export async function openAsFriend(
  envelope: Envelope,
  parties: Parties,
  keys: AccountKeys,
  sender: PublicKeys,
  random: RandomBytes,
): Promise<FriendOpened> {
  const sealed = demandSealed(envelope)
  const place = placeOf(sealed, parties)
  if (sealed.wraps.to === null) throw new SealError('wrong-key', 'envelope: not for a friend')
  if (!isSignedBy(sender, signed(place, sealed.body, sealed.wraps.to), sealed.sig)) {
    throw new SealError('bad-signature', 'envelope: not by this sender')
  }
  const contentKey = await hpkeOpen(keys.privateKeys.kem, sealed.wraps.to, bindingOf('content-to', place))
  const text = openBody(sealed, place, contentKey)
  return { text, kept: seal(keys.dataKey, contentKey, bindingOf('content-kept', place, sealed.sig), random) }
}

/** What {@link openAsFriend} has opened before, by the wrap it made then. Throws SealError as {@link openAsOwner}. */
export function openKept(envelope: Envelope, parties: Parties, kept: string, dataKey: Uint8Array): string {
  const sealed = demandSealed(envelope)
  const place = placeOf(sealed, parties)
  const bound = bindingOf('content-kept', place, sealed.sig)
  return openBody(sealed, place, open(dataKey, kept, bound, 'kept key', 'wrong-key'))
}
