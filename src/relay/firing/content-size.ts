import { ImError } from '../../protocol/errors.ts'
import type { Limits } from '../../protocol/limits.ts'
import type { Envelope } from '../../protocol/records.ts'
import { SEAL_BYTES } from '../../sealing/aead.ts'
import { paddedLength } from '../../sealing/padding.ts'

/** As far as a length can be told: sealed texts are padded. Wraps and signature are bounded by the schema. */
function tooLong(envelope: Envelope, most: number, what: string): ImError | null {
  const text = envelope.kind === 'plain' ? envelope.text : envelope.body
  const bytes = Buffer.byteLength(text, envelope.kind === 'plain' ? 'utf8' : 'base64url')
  const allowed = envelope.kind === 'plain' ? most : paddedLength(most) + SEAL_BYTES
  return bytes > allowed ? new ImError('TOO_LONG', `${what} is longer than ${most} bytes.`) : null
}

/** The refusal of content beyond the limit, if it is. */
export function contentTooLong(content: Envelope, limits: Limits): ImError | null {
  return tooLong(content, limits.textBytes, 'The text')
}

/** Throws TOO_LONG for content beyond the limit; a sealed text by the length it is padded to. */
export function checkContentSize(content: Envelope, limits: Limits): void {
  const refusal = contentTooLong(content, limits)
  if (refusal !== null) throw refusal
}

/** The same for what never leaves the owner: a note, and words or a pattern for each condition. */
export function checkPrivateSize(content: Envelope, limits: Limits): void {
  const most = limits.noteBytes + limits.conditions * limits.patternChars * 4 + 1024
  const refusal = tooLong(content, most, 'The private part')
  if (refusal !== null) throw refusal
}
