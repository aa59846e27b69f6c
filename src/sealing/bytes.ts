import { SealError } from './seal-error.ts'

/** Made once: they keep nothing between two texts, and making one takes as long as a short text does. */
const ENCODER = new TextEncoder()
const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export function toBase64url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url')
}

/**
 * The bytes of canonical base64url. Node's decoder skips foreign characters and ignores spare bits, so that several
 * texts stand for the same bytes; here only one does. Throws SealError `malformed`, naming `what`.
 */
export function fromBase64url(text: string, what: string, length?: number): Uint8Array {
  const bytes = Buffer.from(text, 'base64url')
  if (bytes.toString('base64url') !== text) throw new SealError('malformed', `${what}: not base64url`)
  if (length !== undefined && bytes.length !== length) throw new SealError('malformed', `${what}: wrong length`)
  return bytes
}

export function utf8(text: string): Uint8Array {
  return ENCODER.encode(text)
}

/** The text of UTF-8 bytes, a leading byte order mark included. Throws SealError `damaged`. */
export function fromUtf8(bytes: Uint8Array, what: string): string {
  try {
    return DECODER.decode(bytes)
  } catch (cause) {
    throw new SealError('damaged', `${what}: not UTF-8`, cause)
  }
}

/** What a ciphertext or signature is bound to. JSON of flat values: two different lists never read the same. */
export function binding(purpose: string, ...fields: readonly (string | number | null)[]): Uint8Array {
  return utf8(JSON.stringify([purpose, ...fields]))
}
