import { Aes128Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core'
import { describe, expect, it } from 'vitest'
import { fromBase64url, toBase64url, utf8 } from '../../../src/sealing/bytes.ts'
import { hpkeOpen, hpkeSeal } from '../../../src/sealing/hpke.ts'
import { makeAccountKeys } from '../../../src/sealing/keys.ts'
import { AES_128_GCM, AES_256_GCM, openByHand, sealByHand } from './hpke-by-hand.ts'
import { flips, random, refusal, seededRandom } from './support.ts'

const hex = (text: string) => Buffer.from(text, 'hex')

/** RFC 9180, A.1.1: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM, base mode, first encryption. */
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

/**
 * Our suite, with AES-256-GCM: of the vectors published beside RFC 9180 (cfrg/draft-irtf-cfrg-hpke at 5f503c5,
 * test-vectors.json), mode 0, KEM 32, KDF 1, AEAD 2, first encryption. The appendix prints a part of them, without this one.
 */
const OURS = {
  info: A_1_1.info,
  ikmE: hex('2cd7c601cefb3d42a62b04b7a9041494c06c7843818e0ce28a8f704ae7ab20f9'),
  skEm: hex('179d4b53b6365c45b600c4163b61d95cbc2f4d9e36f1695558dce265ab8bab11'),
  pkRm: hex('430f4b9859665145a6b1ba274024487bd66f03a2dd577d7753c68d7d7d00c00c'),
  skRm: hex('497b4502664cfea5d5af0b39934dac72242a74f8480451e1aee7d6a53320333d'),
  enc: hex('6c93e09869df3402d7bf231bf540fadd35cd56be14f97178f0954db94b7fc256'),
  plaintext: A_1_1.plaintext,
  aad: A_1_1.aad,
  sealed: hex('e5d84cd531cfb583096e7cfa9641bd3079cf3a91cda813c52deb5f512be9931980a41de125a925cdad859d5b7a'),
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

  it('is that of the vector with AES-256-GCM, sealed and opened as texts are', async () => {
    const whole = toBase64url(Buffer.concat([OURS.enc, OURS.sealed]))
    const sealed = await hpkeSeal(toBase64url(OURS.pkRm), OURS.plaintext, OURS.aad, () => OURS.ikmE, OURS.info)
    expect(sealed).toBe(whole)
    expect(Buffer.from(await hpkeOpen(OURS.skRm, whole, OURS.aad, OURS.info))).toEqual(OURS.plaintext)
  })

  it.each([
    ['A.1.1', AES_128_GCM, A_1_1],
    ['AES-256-GCM', AES_256_GCM, OURS],
  ])('is that of the vector %s in the second opinion', (_, aead, vector) => {
    const { skEm, skRm, pkRm, enc, sealed, plaintext } = vector
    expect(sealByHand(aead, { secret: skEm, enc }, pkRm, vector)).toEqual(sealed)
    expect(openByHand(aead, enc, { secret: skRm, public: pkRm }, vector)).toEqual(plaintext)
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
