import { expect, it } from 'vitest'
import { seededBytes } from '../../src/host/fake-host.ts'
import { hpkeOpen, hpkeSeal } from '../../src/sealing/hpke.ts'
import { makeAccountKeys } from '../../src/sealing/keys.ts'
import { useThisCrypto } from './prompt-crypto.ts'

it('seals what the real one opens, and opens what the real one seals', async () => {
  const { publicKeys, privateKeys } = makeAccountKeys(seededBytes('prompt'))
  const text = new Uint8Array(Buffer.from('a text'))
  const bound = new Uint8Array(Buffer.from('bound'))
  const seal = () => hpkeSeal(publicKeys.kem, text, bound, seededBytes('ephemeral'))
  const real = await seal()
  const restore = useThisCrypto()
  const prompt = await seal()
  expect(Buffer.from(await hpkeOpen(privateKeys.kem, real, bound))).toEqual(Buffer.from(text))
  restore()
  // The ephemeral key is drawn from the same bytes: they are the same, byte for byte.
  expect(prompt).toBe(real)
  expect(Buffer.from(await hpkeOpen(privateKeys.kem, prompt, bound))).toEqual(Buffer.from(text))
})
