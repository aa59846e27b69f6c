import { createCipheriv, createDecipheriv } from 'node:crypto'
import type { RandomBytes } from '../host/host.ts'
import { fromBase64url, toBase64url } from './bytes.ts'
import { SealError, type SealReason } from './seal-error.ts'

export const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16
/** What a ciphertext has beside the plaintext. */
export const SEAL_BYTES = NONCE_BYTES + TAG_BYTES

/**
 * AES-256-GCM as base64url of nonce, ciphertext, tag. The nonce is random: good for 2^32 seals under one key
 * (NIST SP 800-38D, 8.3), far beyond what an account writes.
 */
export function seal(key: Uint8Array, plaintext: Uint8Array, bound: Uint8Array, random: RandomBytes): string {
  const nonce = random(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES }).setAAD(bound)
  const body = cipher.update(plaintext)
  cipher.final()
  return toBase64url(Buffer.concat([nonce, body, cipher.getAuthTag()]))
}

/** Opens what {@link seal} made. Throws SealError: `malformed`, or `refused` when key, binding or bytes do not fit. */
export function open(
  key: Uint8Array,
  sealed: string,
  bound: Uint8Array,
  what: string,
  refused: SealReason,
): Uint8Array {
  const bytes = fromBase64url(sealed, what)
  if (bytes.length < NONCE_BYTES + TAG_BYTES) throw new SealError('malformed', `${what}: too short`)
  const tagAt = bytes.length - TAG_BYTES
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
  decipher.setAAD(bound).setAuthTag(bytes.subarray(tagAt))
  const plaintext = decipher.update(bytes.subarray(NONCE_BYTES, tagAt))
  try {
    decipher.final()
  } catch (cause) {
    throw new SealError(refused, `${what}: does not open`, cause)
  }
  return plaintext
}
