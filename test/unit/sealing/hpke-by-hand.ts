/**
 * HPKE base mode, single shot, from the text of RFC 9180 (4.1, 5.1, 5.2) on node:crypto alone: a second opinion on the
 * library, itself held against the RFC's vector.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
} from 'node:crypto'

interface Aead {
  id: number
  name: 'aes-128-gcm' | 'aes-256-gcm'
  keyBytes: number
}

export const AES_128_GCM: Aead = { id: 1, name: 'aes-128-gcm', keyBytes: 16 }
export const AES_256_GCM: Aead = { id: 2, name: 'aes-256-gcm', keyBytes: 32 }

const KEM_SUITE = Buffer.from('KEM\x00\x20', 'latin1')
const NONE = Buffer.alloc(0)

function twoBytes(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff])
}

function hmac(key: Uint8Array, ...parts: Uint8Array[]): Buffer {
  return createHmac('sha256', key).update(Buffer.concat(parts)).digest()
}

function extract(suite: Uint8Array, salt: Uint8Array, label: string, secret: Uint8Array): Buffer {
  return hmac(salt, Buffer.from('HPKE-v1'), suite, Buffer.from(label), secret)
}

/** One block of HKDF-Expand is enough: nothing here is longer than 32 bytes. */
function expand(suite: Uint8Array, prk: Uint8Array, label: string, info: Uint8Array, length: number): Buffer {
  const labelled = [twoBytes(length), Buffer.from('HPKE-v1'), suite, Buffer.from(label), info]
  return hmac(prk, ...labelled, Buffer.from([1])).subarray(0, length)
}

function sharedSecret(privateKey: Uint8Array, publicKey: Uint8Array, enc: Uint8Array, recipient: Uint8Array): Buffer {
  const dh = diffieHellman({
    privateKey: createPrivateKey({
      key: Buffer.concat([Buffer.from('302e020100300506032b656e04220420', 'hex'), privateKey]),
      format: 'der',
      type: 'pkcs8',
    }),
    publicKey: createPublicKey({
      key: Buffer.concat([Buffer.from('302a300506032b656e032100', 'hex'), publicKey]),
      format: 'der',
      type: 'spki',
    }),
  })
  const prk = extract(KEM_SUITE, NONE, 'eae_prk', dh)
  return expand(KEM_SUITE, prk, 'shared_secret', Buffer.concat([enc, recipient]), 32)
}

function keySchedule(aead: Aead, secret: Uint8Array, info: Uint8Array): { key: Buffer; nonce: Buffer } {
  const suite = Buffer.concat([Buffer.from('HPKE'), twoBytes(0x20), twoBytes(1), twoBytes(aead.id)])
  const context = Buffer.concat([
    Buffer.from([0]),
    extract(suite, NONE, 'psk_id_hash', NONE),
    extract(suite, NONE, 'info_hash', info),
  ])
  const prk = extract(suite, secret, 'secret', NONE)
  return {
    key: expand(suite, prk, 'key', context, aead.keyBytes),
    nonce: expand(suite, prk, 'base_nonce', context, 12),
  }
}

/** A fixed ephemeral key pair, the recipient's public key, and what to seal. Returns ciphertext and tag. */
export function sealByHand(
  aead: Aead,
  ephemeral: { secret: Uint8Array; enc: Uint8Array },
  recipient: Uint8Array,
  message: { info: Uint8Array; aad: Uint8Array; plaintext: Uint8Array },
): Buffer {
  const secret = sharedSecret(ephemeral.secret, recipient, ephemeral.enc, recipient)
  const { key, nonce } = keySchedule(aead, secret, message.info)
  const cipher = createCipheriv(aead.name, key, nonce).setAAD(message.aad)
  return Buffer.concat([cipher.update(message.plaintext), cipher.final(), cipher.getAuthTag()])
}

export function openByHand(
  aead: Aead,
  enc: Uint8Array,
  recipient: { secret: Uint8Array; public: Uint8Array },
  message: { info: Uint8Array; aad: Uint8Array; sealed: Uint8Array },
): Buffer {
  const secret = sharedSecret(recipient.secret, enc, enc, recipient.public)
  const { key, nonce } = keySchedule(aead, secret, message.info)
  const tagAt = message.sealed.length - 16
  const decipher = createDecipheriv(aead.name, key, nonce).setAAD(message.aad)
  decipher.setAuthTag(message.sealed.subarray(tagAt))
  return Buffer.concat([decipher.update(message.sealed.subarray(0, tagAt)), decipher.final()])
}
