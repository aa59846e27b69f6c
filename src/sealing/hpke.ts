/**
 * HPKE (RFC 9180) in base mode, single shot: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM.
 * A context is used for one message and thrown away, so that no nonce counter is ever shared.
 */
import type { RandomBytes } from '../host/host.ts'
import { KEY_BYTES } from './aead.ts'
import { fromBase64url, toBase64url, utf8 } from './bytes.ts'
import { SealError } from './seal-error.ts'

const INFO = utf8('im/hpke/1')
const ENC_BYTES = 32
const TAG_BYTES = 16

/** Loaded on use: a daemon at rest does without. */
async function loadSuite() {
  const { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } = await import('@hpke/core')
  return new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() })
}

/**
 * Base64url of `enc` and ciphertext, for the holder of an X25519 key. The ephemeral key is DeriveKeyPair of 32 random
 * bytes, which RFC 9180, 7.1.3 gives as one way of generating it: so it comes from the injected randomness.
 * `info` is ours but for a test vector. Throws SealError `malformed` if the key is not one.
 */
export async function hpkeSeal(
  publicKey: string,
  plaintext: Uint8Array,
  bound: Uint8Array,
  random: RandomBytes,
  info = INFO,
): Promise<string> {
  const raw = fromBase64url(publicKey, 'public key', KEY_BYTES)
  const suite = await loadSuite()
  try {
    const recipientPublicKey = await suite.kem.importKey('raw', raw, true)
    const sealed = await suite.seal({ recipientPublicKey, info, ekm: random(KEY_BYTES) }, plaintext, bound)
    return toBase64url(Buffer.concat([Buffer.from(sealed.enc), Buffer.from(sealed.ct)]))
  } catch (cause) {
    throw new SealError('malformed', 'public key: not usable', cause)
  }
}

/** Opens what {@link hpkeSeal} made. Throws SealError: `malformed`, or `wrong-key` when key, binding or bytes do not fit. */
export async function hpkeOpen(
  privateKey: Uint8Array,
  sealed: string,
  bound: Uint8Array,
  info = INFO,
): Promise<Uint8Array> {
  const bytes = fromBase64url(sealed, 'sealed key')
  if (bytes.length < ENC_BYTES + TAG_BYTES) throw new SealError('malformed', 'sealed key: too short')
  const suite = await loadSuite()
  try {
    const recipientKey = await suite.kem.importKey('raw', privateKey, false)
    const params = { recipientKey, info, enc: bytes.subarray(0, ENC_BYTES) }
    return new Uint8Array(await suite.open(params, bytes.subarray(ENC_BYTES), bound))
  } catch (cause) {
    throw new SealError('wrong-key', 'sealed key: does not open', cause)
  }
}
