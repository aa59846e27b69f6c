import { ImError } from '../protocol/errors.ts'
import type { Limits } from '../protocol/limits.ts'
import type { Envelope } from '../protocol/records.ts'

/** What sealing may add to a text: padding to a bucket, the tag, and a third for base64. */
const SEALED_FACTOR = 1.4
const SEALED_EXTRA = 4096

/** Throws TOO_LONG for content beyond the limit; a sealed text is measured by its envelope. */
export function checkContentSize(content: Envelope, limits: Limits): void {
  const bytes = content.kind === 'plain' ? Buffer.byteLength(content.text) : content.body.length
  const most = content.kind === 'plain' ? limits.textBytes : limits.textBytes * SEALED_FACTOR + SEALED_EXTRA
  if (bytes > most) throw new ImError('TOO_LONG', `The text is longer than ${limits.textBytes} bytes.`)
}
