import { createHash } from 'node:crypto'

/** Crockford's base32 in lower case: no i, l, o, u. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
const SYMBOLS = 24

/** 24 symbols, 120 bits. `random`: that many bytes nobody can guess. */
export function makeInviteSecret(random: (length: number) => Uint8Array): string {
  return Array.from(random(SYMBOLS), (byte) => ALPHABET.charAt(byte % ALPHABET.length)).join('')
}

/** What a relay keeps of it: SHA-256, hex. Fast on purpose: 120 random bits cannot be guessed at any speed. */
export function hashInvite(secret: string): string {
  return createHash('sha256').update(`im/invite/${secret}`).digest('hex')
}
