import { describe, expect, it } from 'vitest'
import type { KeyBundle } from '../../../src/protocol/records.ts'
import { toBase64url } from '../../../src/sealing/bytes.ts'
import { makeKeyBundle, openKeyBundle, rewrapKeyBundle } from '../../../src/sealing/key-bundle.ts'
import { exportAccountKeys, importAccountKeys, makeAccountKeys, publicKeysOf } from '../../../src/sealing/keys.ts'
import { ALICE, BOB, flips, random, refusal, seededRandom } from './support.ts'

const exportKeys = { password: toBase64url(random(64)), recovery: toBase64url(random(64)) }
const keys = makeAccountKeys(random)
const bundle = makeKeyBundle(ALICE, keys, exportKeys, random)

describe('the key bundle', () => {
  it('gives all keys back to the password and to the recovery code', () => {
    for (const kind of ['password', 'recovery'] as const) {
      const opened = openKeyBundle(ALICE, bundle, kind, exportKeys[kind])
      expect(exportAccountKeys(opened)).toBe(exportAccountKeys(keys))
      expect(opened.publicKeys).toEqual(keys.publicKeys)
    }
  })

  it('stays closed to another export key, to the other kind and to another account', async () => {
    const other = toBase64url(random(64))
    expect(await refusal(() => openKeyBundle(ALICE, bundle, 'password', other))).toBe('wrong-key')
    expect(await refusal(() => openKeyBundle(ALICE, bundle, 'recovery', exportKeys.password))).toBe('wrong-key')
    expect(await refusal(() => openKeyBundle(BOB, bundle, 'password', exportKeys.password))).toBe('wrong-key')
    const exchanged = { ...bundle, wrap: bundle.recoveryWrap }
    expect(await refusal(() => openKeyBundle(ALICE, exchanged, 'password', exportKeys.recovery))).toBe('wrong-key')
  })

  it('is refused with any one character changed', async () => {
    const open = (changed: KeyBundle) => refusal(() => openKeyBundle(ALICE, changed, 'password', exportKeys.password))
    for (const wrap of flips(bundle.wrap)) {
      expect(['wrong-key', 'malformed']).toContain(await open({ ...bundle, wrap }))
    }
    for (const privateKeys of flips(bundle.privateKeys)) {
      expect(['damaged', 'malformed']).toContain(await open({ ...bundle, privateKeys }))
    }
    for (const kem of flips(bundle.keys.kem))
      expect(await open({ ...bundle, keys: { ...keys.publicKeys, kem } })).toBe('damaged')
    for (const sign of flips(bundle.keys.sign))
      expect(await open({ ...bundle, keys: { ...keys.publicKeys, sign } })).toBe('damaged')
  })

  it('is refused when it comes from a later version', async () => {
    const later = { ...bundle, version: 2 } as unknown as KeyBundle
    expect(await refusal(() => openKeyBundle(ALICE, later, 'password', exportKeys.password))).toBe('malformed')
  })

  it('opens with the new password alone after a change, and with the recovery code as before', async () => {
    const changed = toBase64url(random(64))
    const after = rewrapKeyBundle(ALICE, bundle, keys.dataKey, 'password', changed, random)
    expect(exportAccountKeys(openKeyBundle(ALICE, after, 'password', changed))).toBe(exportAccountKeys(keys))
    expect(exportAccountKeys(openKeyBundle(ALICE, after, 'recovery', exportKeys.recovery))).toBe(
      exportAccountKeys(keys),
    )
    expect(await refusal(() => openKeyBundle(ALICE, after, 'password', exportKeys.password))).toBe('wrong-key')
  })

  it('shows none of the keys it holds', () => {
    const shown = JSON.stringify(bundle)
    for (const secret of [keys.dataKey, keys.privateKeys.kem, keys.privateKeys.sign]) {
      expect(shown).not.toContain(toBase64url(secret))
    }
  })
})

describe('account keys', () => {
  it('are a function of the random bytes', () => {
    const make = (seed: string) => exportAccountKeys(makeAccountKeys(seededRandom(seed)))
    expect(make('a')).toBe(make('a'))
    expect(make('a')).not.toBe(make('b'))
  })

  it('have the public keys that RFC 9180, A.1.1 and RFC 8032, 7.1 give for their private ones', () => {
    const kem = Buffer.from('4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8', 'hex')
    const sign = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex')
    const hex = (key: string) => Buffer.from(key, 'base64url').toString('hex')
    const publicKeys = publicKeysOf({ kem, sign })
    expect(hex(publicKeys.kem)).toBe('3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d')
    expect(hex(publicKeys.sign)).toBe('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a')
  })

  it('survive the way through a keychain, and nothing but the whole text does', async () => {
    const text = exportAccountKeys(keys)
    const imported = importAccountKeys(text)
    expect(exportAccountKeys(imported)).toBe(text)
    expect(imported.publicKeys).toEqual(keys.publicKeys)
    expect(await refusal(() => importAccountKeys(text.slice(1)))).toBe('malformed')
    expect(await refusal(() => importAccountKeys(`${text}!`))).toBe('malformed')
  })
})
