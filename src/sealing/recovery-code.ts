import { createHash } from 'node:crypto'
import type { RandomBytes } from '../host/host.ts'
import { SealError } from './seal-error.ts'

/**
 * 26 random symbols (130 bits) and 4 to check, in Crockford's base32: no I, L, O, U. The whole code is the password
 * of the account's recovery record. A mistyped code passes the check once in 2^20.
 */
export type RecoveryCode = string & { readonly __brand: 'RecoveryCode' }

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const RANDOM_SYMBOLS = 26
const CHECK_SYMBOLS = 4
const GROUP = 5

/** One symbol per byte, from its low five bits: uniform, as 32 divides 256. */
function symbols(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => ALPHABET.charAt(byte % ALPHABET.length)).join('')
}

function checkOf(body: string): string {
  return symbols(createHash('sha256').update(`im/recovery-code/${body}`).digest().subarray(0, CHECK_SYMBOLS))
}

export function makeRecoveryCode(random: RandomBytes): RecoveryCode {
  const body = symbols(random(RANDOM_SYMBOLS))
  return `${body}${checkOf(body)}` as RecoveryCode
}

/** As it is shown and written down: `XXXXX-XXXXX-XXXXX-XXXXX-XXXXX-XXXXX`. */
export function formatRecoveryCode(code: RecoveryCode): string {
  const groups: string[] = []
  for (let at = 0; at < code.length; at += GROUP) groups.push(code.slice(at, at + GROUP))
  return groups.join('-')
}

/**
 * A code as somebody typed it: any case, spaces and dashes anywhere, O for 0, I or L for 1.
 * Throws SealError: `malformed` (length, letters) or `typo` (the check does not match).
 */
export function parseRecoveryCode(typed: string): RecoveryCode {
  const code = typed
    .replace(/[\s\p{Pd}]/gu, '')
    .toUpperCase()
    .replace(/O/g, '0')
    .replace(/[IL]/g, '1')
  if (code.length !== RANDOM_SYMBOLS + CHECK_SYMBOLS || [...code].some((symbol) => !ALPHABET.includes(symbol))) {
    throw new SealError('malformed', 'recovery code: 30 letters and digits, without U')
  }
  const body = code.slice(0, RANDOM_SYMBOLS)
  if (checkOf(body) !== code.slice(RANDOM_SYMBOLS)) throw new SealError('typo', 'recovery code: mistyped')
  return code as RecoveryCode
}
