import { createHash } from 'node:crypto'
import type { Uin } from '../domain/uin.ts'
import type { PublicKeys } from '../protocol/records.ts'
import { KEY_BYTES } from './aead.ts'
import { fromBase64url, utf8 } from './bytes.ts'

/** Whose keys. */
export interface Identity {
  uin: Uin
  keys: PublicKeys
}

/** As Signal's NumericFingerprint has it: finding other keys with the same 30 digits costs over 2^112. */
const ITERATIONS = 5_200
const VERSION = Buffer.from([0, 0])
const CHUNKS = 6
const CHUNK_BYTES = 5

/** 30 digits that stand for one account: six groups of five, each from five bytes of the iterated SHA-512. */
function digitsOf({ uin, keys }: Identity): string {
  const raw = Buffer.concat([fromBase64url(keys.kem, 'key', KEY_BYTES), fromBase64url(keys.sign, 'key', KEY_BYTES)])
  let hash: Uint8Array = Buffer.concat([VERSION, raw, utf8(uin)])
  for (let round = 0; round < ITERATIONS; round++) hash = createHash('sha512').update(hash).update(raw).digest()
  const groups = Array.from({ length: CHUNKS }, (_, at) => Buffer.from(hash).readUIntBE(at * CHUNK_BYTES, CHUNK_BYTES))
  return groups.map((group) => (group % 100_000).toString().padStart(5, '0')).join(' ')
}

/**
 * Twelve groups of five digits, the same for both sides: they compare it by another way. Takes about 20 ms.
 * Throws SealError `malformed` for what is no key.
 */
export function safetyNumber(mine: Identity, theirs: Identity): string {
  return [digitsOf(mine), digitsOf(theirs)].sort().join(' ')
}
