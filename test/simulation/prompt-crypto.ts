/**
 * WebCrypto works in threads, whose answers come in no certain order. This does the part of it that HPKE needs at once,
 * by node:crypto, so that a run is a function of its seed; a test holds that the real one opens what it seals.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
} from 'node:crypto'

type Bytes = ArrayBuffer | ArrayBufferView

interface PromptKey {
  type: 'public' | 'private' | 'secret'
  raw: Buffer
}

interface Jwk {
  kty: string
  crv: string
  x: string
  d?: string
}

interface DhParams {
  name: 'X25519'
  public: PromptKey
}

interface HkdfParams {
  name: 'HKDF'
  salt: Bytes
  info: Bytes
}

interface GcmParams {
  iv: Bytes
  additionalData?: Bytes
}

/** Before the key itself in PKCS #8 (RFC 8410, 7). */
const PKCS8_PREFIX_BYTES = 16
const TAG_BYTES = 16
const MOST_REMEMBERED = 1_000

function bytesOf(source: Bytes): Buffer {
  return ArrayBuffer.isView(source)
    ? Buffer.from(source.buffer, source.byteOffset, source.byteLength)
    : Buffer.from(source)
}

/** A copy of its own: a Buffer's may be part of a larger one. */
function bufferOf(bytes: Buffer): ArrayBuffer {
  return new Uint8Array(bytes).buffer
}

/** What was made of some bytes before: keys are dear to make, and a run has few that come again and again. */
function remembered<T>(make: (raw: Buffer) => T): (raw: Buffer) => T {
  const made = new Map<string, T>()
  return (raw) => {
    const name = raw.toString('latin1')
    const known = made.get(name)
    if (known !== undefined) return known
    if (made.size >= MOST_REMEMBERED) made.clear()
    const fresh = make(raw)
    made.set(name, fresh)
    return fresh
  }
}

/** The public key it has to name is not looked at. */
const privateObject = remembered((raw) => {
  const d = raw.toString('base64url')
  return createPrivateKey({ key: { kty: 'OKP', crv: 'X25519', d, x: d }, format: 'jwk' })
})

const publicObject = remembered((raw) =>
  createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x: raw.toString('base64url') }, format: 'jwk' }),
)

const publicOf = remembered((raw) => createPublicKey(privateObject(raw)).export({ format: 'jwk' }).x ?? '')

function importJwk({ x, d }: Jwk): PromptKey {
  return d === undefined
    ? { type: 'public', raw: Buffer.from(x, 'base64url') }
    : { type: 'private', raw: Buffer.from(d, 'base64url') }
}

const subtle = {
  async importKey(format: string, data: Bytes | Jwk, algorithm: { name: string }): Promise<PromptKey> {
    if (format === 'jwk') return importJwk(data as Jwk)
    const bytes = Buffer.from(bytesOf(data as Bytes))
    if (format === 'pkcs8') return { type: 'private', raw: bytes.subarray(PKCS8_PREFIX_BYTES) }
    return { type: algorithm.name === 'X25519' ? 'public' : 'secret', raw: bytes }
  },
  async exportKey(format: string, { type, raw }: PromptKey): Promise<ArrayBuffer | Jwk> {
    if (format === 'raw') return bufferOf(raw)
    const about = { kty: 'OKP', crv: 'X25519' }
    const text = raw.toString('base64url')
    return type === 'private' ? { ...about, x: publicOf(raw), d: text } : { ...about, x: text }
  },
  async deriveBits(algorithm: DhParams | HkdfParams, key: PromptKey, bits: number): Promise<ArrayBuffer> {
    if (algorithm.name === 'HKDF') {
      return hkdfSync('sha256', key.raw, bytesOf(algorithm.salt), bytesOf(algorithm.info), bits / 8)
    }
    const keys = { privateKey: privateObject(key.raw), publicKey: publicObject(algorithm.public.raw) }
    return bufferOf(diffieHellman(keys))
  },
  async sign(_algorithm: unknown, key: PromptKey, data: Bytes): Promise<ArrayBuffer> {
    return bufferOf(createHmac('sha256', key.raw).update(bytesOf(data)).digest())
  },
  async encrypt({ iv, additionalData }: GcmParams, key: PromptKey, data: Bytes): Promise<ArrayBuffer> {
    const cipher = createCipheriv('aes-256-gcm', key.raw, bytesOf(iv))
    if (additionalData !== undefined) cipher.setAAD(bytesOf(additionalData))
    return bufferOf(Buffer.concat([cipher.update(bytesOf(data)), cipher.final(), cipher.getAuthTag()]))
  },
  async decrypt({ iv, additionalData }: GcmParams, key: PromptKey, data: Bytes): Promise<ArrayBuffer> {
    const bytes = bytesOf(data)
    const decipher = createDecipheriv('aes-256-gcm', key.raw, bytesOf(iv))
    if (additionalData !== undefined) decipher.setAAD(bytesOf(additionalData))
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
    return bufferOf(Buffer.concat([decipher.update(bytes.subarray(0, -TAG_BYTES)), decipher.final()]))
  },
}

/** From here on this process's WebCrypto is the one above; returns how to take that back. */
export function useThisCrypto(): () => void {
  Object.defineProperty(globalThis.crypto, 'subtle', { value: subtle, configurable: true })
  return () => {
    delete (globalThis.crypto as { subtle?: unknown }).subtle
  }
}
