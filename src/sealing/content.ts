/**
 * Text for a friend, sealed once when it is written, opened by two: its owner, on every device, and the friend.
 *
 *   body = AES-256-GCM(content key, padded text)          content key: fresh for every contentRev
 *   to   = HPKE(friend's X25519 key, content key)         null while it stays with the owner
 *   sig  = Ed25519(owner, place + body + to)
 *   self = AES-256-GCM(data key, content key), bound to sig
 *
 * All four are bound to the place. The owner's copy loses `to` when the message is sent, the friend's loses `self`:
 * so the signature covers what the friend gets, and the owner's own wrap covers what the owner keeps.
 */
import type { Uin } from '../domain/uin.ts'
import type { RandomBytes } from '../host/host.ts'
import type { Envelope, PublicKeys } from '../protocol/records.ts'
import { KEY_BYTES, open, seal } from './aead.ts'
import { binding, fromUtf8, utf8 } from './bytes.ts'
import { demandSealed, type SealedEnvelope } from './envelope.ts'
import { hpkeOpen, hpkeSeal } from './hpke.ts'
import { type AccountKeys, isSignedBy, type PrivateKeys, signBytes } from './keys.ts'
import { pad, unpad } from './padding.ts'
import { SealError } from './seal-error.ts'

/** Between whom a text passes. For a note to oneself both are the owner. */
export interface Parties {
  sender: Uin
  recipient: Uin
}

/** Where a text belongs. `origin`: the id of the backup or message it was first written for; survives firing. */
export interface Place extends Parties {
  origin: string
  contentRev: number
}

function bindingOf(purpose: string, place: Place, ...more: readonly (string | null)[]): Uint8Array {
  return binding(`im/${purpose}/1`, place.sender, place.recipient, place.origin, place.contentRev, ...more)
}

function signed(place: Place, body: string, to: string | null): Uint8Array {
  return bindingOf('content-signature', place, body, to)
}

function placeOf(envelope: SealedEnvelope, { sender, recipient }: Parties): Place {
  return { sender, recipient, origin: envelope.origin, contentRev: envelope.contentRev }
}

function openBody(envelope: SealedEnvelope, place: Place, contentKey: Uint8Array): string {
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
  place: Place,
  keys: AccountKeys,
  friend: PublicKeys | null,
  random: RandomBytes,
): Promise<SealedEnvelope> {
  const contentKey = random(KEY_BYTES)
  const body = seal(contentKey, pad(utf8(text)), bindingOf('content-body', place), random)
  const to = friend && (await hpkeSeal(friend.kem, contentKey, bindingOf('content-to', place), random))
  const sig = signBytes(keys.privateKeys, signed(place, body, to))
  const self = seal(keys.dataKey, contentKey, bindingOf('content-self', place, sig), random)
  return { kind: 'sealed', origin: place.origin, contentRev: place.contentRev, body, wraps: { self, to }, sig }
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

/**
 * The text, for the friend it was written to. `sender`: the keys the reader knows the sender by. The signature comes
 * first: it is cheap, and nothing of a stranger reaches the rest.
 * Throws SealError: `not-sealed`, `malformed`, `bad-signature` (other sender, parties or origin, or altered),
 * `wrong-key` (sealed to another key of the recipient), `damaged`.
 */
export async function openAsFriend(
  envelope: Envelope,
  parties: Parties,
  privateKeys: PrivateKeys,
  sender: PublicKeys,
): Promise<string> {
  const sealed = demandSealed(envelope)
  const place = placeOf(sealed, parties)
  if (sealed.wraps.to === null) throw new SealError('wrong-key', 'envelope: not for a friend')
  if (!isSignedBy(sender, signed(place, sealed.body, sealed.wraps.to), sealed.sig)) {
    throw new SealError('bad-signature', 'envelope: not by this sender')
  }
  return openBody(sealed, place, await hpkeOpen(privateKeys.kem, sealed.wraps.to, bindingOf('content-to', place)))
}
