import { ImError } from '../protocol/errors.ts'
import type { Limits } from '../protocol/limits.ts'
import type { Envelope } from '../protocol/records.ts'

/** What sealing may add to a text: padding to a bucket, the tag, wrapped keys, and a third for base64. */
const SEALED_FACTOR = 1.4
const SEALED_EXTRA = 4096

function checkSize(envelope: Envelope, most: number, what: string): void {
  const bytes = envelope.kind === 'plain' ? Buffer.byteLength(envelope.text) : JSON.stringify(envelope).length
  const allowed = envelope.kind === 'plain' ? most : most * SEALED_FACTOR + SEALED_EXTRA
  if (bytes > allowed) throw new ImError('TOO_LONG', `${what} is longer than ${most} bytes.`)
}

/** Throws TOO_LONG for content beyond the limit; a sealed text is measured by its envelope. */
export function checkContentSize(content: Envelope, limits: Limits): void {
  checkSize(content, limits.textBytes, 'The text')
}

/** The same for what never leaves the owner: a note, and words or a pattern for each condition. */
export function checkPrivateSize(content: Envelope, limits: Limits): void {
  checkSize(content, limits.noteBytes + limits.conditions * limits.patternChars * 4 + 1024, 'The private part')
}
