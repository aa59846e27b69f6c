import { Aes128Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core'
import { describe, expect, it } from 'vitest'
import { fromBase64url, toBase64url, utf8 } from '../../../src/sealing/bytes.ts'
import { hpkeOpen, hpkeSeal } from '../../../src/sealing/hpke.ts'
import { makeAccountKeys } from '../../../src/sealing/keys.ts'
import { AES_128_GCM, AES_256_GCM, openByHand, sealByHand } from './hpke-by-hand.ts'
import { flips, random, refusal, seededRandom } from './support.ts'

const hex = (text: string) => Buffer.from(text, 'hex')

/**
 * RFC 9180, A.1.1: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM, base mode, first encryption. The RFC has no
 * vector with AES-256-GCM for this KEM; the two suites differ in the id and the length of one derived key.
 */
const A_1_1 = {
  info: hex('4f6465206f6e2061204772656369616e2055726e'),
  ikmE: hex('7268600d403fce431561aef583ee1613527cff655c1343f29812e66706df3234'),
  skEm: hex('52c4a758a802cd8b936eceea314432798d5baf2d7e9235dc084ab1b9cfa2f736'),
  pkRm: hex('3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d'),
  skRm: hex('4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8'),
  enc: hex('37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431'),
  plaintext: hex('4265617574792069732074727574682c20747275746820626561757479'),
  aad: hex('436f756e742d30'),
  sealed: hex('f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a'),
}
const INFO = utf8('im/hpke/1')

const keys = makeAccountKeys(random)
const mine = { secret: keys.privateKeys.kem, public: fromBase64url(keys.publicKeys.kem, 'key') }

describe('HPKE', () => {
  it('is that of RFC 9180, A.1.1 in the library', async () => {
    const suite = new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes128Gcm() })
    const recipientPublicKey = await suite.kem.importKey('raw', A_1_1.pkRm, true)
    const params = { recipientPublicKey, info: A_1_1.info, ekm: A_1_1.ikmE }
    const sealed = await suite.seal(params, A_1_1.plaintext, A_1_1.aad)
    expect(Buffer.from(sealed.enc)).toEqual(A_1_1.enc)
    expect(Buffer.from(sealed.ct)).toEqual(A_1_1.sealed)
  })

  it('is that of RFC 9180, A.1.1 in the second opinion', () => {
    expect(sealByHand(AES_128_GCM, { secret: A_1_1.skEm, enc: A_1_1.enc }, A_1_1.pkRm, A_1_1)).toEqual(A_1_1.sealed)
    expect(openByHand(AES_128_GCM, A_1_1.enc, { secret: A_1_1.skRm, public: A_1_1.pkRm }, A_1_1)).toEqual(
      A_1_1.plaintext,
    )
  })

  it('with AES-256-GCM agrees with the second opinion both ways', async () => {
    const aad = utf8('somewhere')
    const plaintext = random(32)
    const sealed = fromBase64url(await hpkeSeal(keys.publicKeys.kem, plaintext, aad, random), 'sealed')
    const message = { info: INFO, aad, sealed: sealed.subarray(32) }
    expect(openByHand(AES_256_GCM, sealed.subarray(0, 32), mine, message)).toEqual(Buffer.from(plaintext))

    const ephemeral = { secret: A_1_1.skEm, enc: A_1_1.enc }
    const byHand = sealByHand(AES_256_GCM, ephemeral, mine.public, { info: INFO, aad, plaintext })
    const whole = toBase64url(Buffer.concat([ephemeral.enc, byHand]))
    expect(await hpkeOpen(keys.privateKeys.kem, whole, aad)).toEqual(new Uint8Array(plaintext))
  })

  it('is a function of the injected randomness, and fresh with fresh randomness', async () => {
    const seal = (seed: string) => hpkeSeal(keys.publicKeys.kem, utf8('x'), utf8('y'), seededRandom(seed))
    expect(await seal('a')).toBe(await seal('a'))
    expect(await seal('a')).not.toBe(await seal('b'))
  })

  it('opens for nobody else, nowhere else, and with no bit changed', async () => {
    const sealed = await hpkeSeal(keys.publicKeys.kem, random(32), utf8('here'), random)
    const stranger = makeAccountKeys(random).privateKeys.kem
    expect(await refusal(() => hpkeOpen(stranger, sealed, utf8('here')))).toBe('wrong-key')
    expect(await refusal(() => hpkeOpen(keys.privateKeys.kem, sealed, utf8('there')))).toBe('wrong-key')
    for (const changed of flips(sealed)) {
      const reason = await refusal(() => hpkeOpen(keys.privateKeys.kem, changed, utf8('here')))
      expect(['wrong-key', 'malformed']).toContain(reason)
    }
    expect(await refusal(() => hpkeOpen(keys.privateKeys.kem, 'AAAA', utf8('here')))).toBe('malformed')
  })

  it('refuses to seal to a key of small order or of the wrong length', async () => {
    for (const key of [toBase64url(new Uint8Array(32)), toBase64url(random(31)), '', 'not a key']) {
      expect(await refusal(() => hpkeSeal(key, utf8('x'), utf8('y'), random))).toBe('malformed')
    }
  })
})
