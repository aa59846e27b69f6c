/**
 * What never leaves the owner: aliases, first keys, notes, words to match. JSON under the data key itself, padded; no
 * signature and no wrap, as whoever can open it could have written it.
 */
import type { Uin } from '../domain/uin.ts'
import type { RandomBytes } from '../host/host.ts'
import type { BackupPrivate, Envelope, FriendPrivate } from '../protocol/records.ts'
import { open, seal } from './aead.ts'
import { binding, fromUtf8, utf8 } from './bytes.ts'
import { demandSealed, type SealedEnvelope } from './envelope.ts'
import { pad, unpad } from './padding.ts'
import { SealError } from './seal-error.ts'

/** Whose private part of what it is. `about`: a backup by its id, or a friend (or who a draft is for) by UIN. */
export interface PrivatePlace {
  owner: Uin
  kind: 'backup' | 'friend' | 'draft'
  about: string
}

/** Text for somebody that is not sent yet, and the due backup it began as. It never leaves the device. */
export interface DraftPrivate {
  text: string
  backupId: string | null
}

function bindingOf(place: PrivatePlace, contentRev: number): Uint8Array {
  return binding('im/private/1', place.owner, place.kind, place.about, contentRev)
}

/** Nothing but a body: nobody else is to open it, and nobody else could have written it. */
export function hasPrivateForm({ sig, wraps, sealedTo, repeats }: SealedEnvelope): boolean {
  return sig === '' && wraps.self === null && wraps.to === null && sealedTo === null && !repeats
}

export function sealPrivate(
  value: BackupPrivate | FriendPrivate | DraftPrivate,
  place: PrivatePlace,
  contentRev: number,
  dataKey: Uint8Array,
  random: RandomBytes,
): SealedEnvelope {
  const body = seal(dataKey, pad(utf8(JSON.stringify(value))), bindingOf(place, contentRev), random)
  const wraps = { self: null, to: null }
  return { kind: 'sealed', origin: place.about, contentRev, repeats: false, sealedTo: null, body, wraps, sig: '' }
}

/**
 * The JSON value; its shape is the caller's to check.
 * Throws SealError: `not-sealed`, `malformed`, `wrong-key` (other owner or object, or altered), `damaged`.
 */
export function openPrivate(envelope: Envelope, place: PrivatePlace, dataKey: Uint8Array): unknown {
  const sealed = demandSealed(envelope)
  if (sealed.origin !== place.about || !hasPrivateForm(sealed)) {
    throw new SealError('malformed', 'private: not its form')
  }
  const padded = open(dataKey, sealed.body, bindingOf(place, sealed.contentRev), 'private', 'wrong-key')
  try {
    return JSON.parse(fromUtf8(unpad(padded), 'private'))
  } catch (cause) {
    throw cause instanceof SealError ? cause : new SealError('damaged', 'private: not JSON', cause)
  }
}
