/** What the relay asks of envelopes: their form, never what is in them. */
import { ImError } from '../../protocol/errors.ts'
import type { Envelope } from '../../protocol/records.ts'
import type { SealedEnvelope } from '../../sealing/envelope.ts'
import { hasPrivateForm } from '../../sealing/private.ts'

function demandSealed(envelope: Envelope): SealedEnvelope {
  if (envelope.kind !== 'sealed') throw new ImError('NOT_SEALED', 'This relay takes no text in clear.')
  return envelope
}

/**
 * Content that was sealed for this backup or message, and that those who are to read it can open: its owner, and with
 * `forFriend` a friend. Throws NOT_SEALED or BAD_SEAL.
 */
export function checkContentSeal(content: Envelope, origin: string, forFriend: boolean): void {
  const { wraps, sealedTo, sig, origin: own } = demandSealed(content)
  const broken = (what: string) => new ImError('BAD_SEAL', `The text is ${what}.`)
  if (own !== origin) throw broken('sealed for something else')
  if (sig === '' || wraps.self === null) throw broken('not sealed by its owner')
  if ((wraps.to === null) !== (sealedTo === null)) throw broken('not sealed as it says')
  if (forFriend && wraps.to === null) throw broken('not sealed for its recipient')
}

/** What never leaves the owner. */
export function checkPrivateSeal(sealed: Envelope, about: string): void {
  const envelope = demandSealed(sealed)
  if (envelope.origin !== about) throw new ImError('BAD_SEAL', 'The private part is sealed for something else.')
  if (!hasPrivateForm(envelope)) throw new ImError('BAD_SEAL', 'The private part is not of its form.')
}

/** Whether the holder of the keys of that short name can open it. */
export function isSealedFor(content: Envelope, keyId: string | null): boolean {
  return content.kind === 'sealed' && content.sealedTo !== null && content.sealedTo === keyId
}
