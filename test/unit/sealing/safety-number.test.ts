import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { makeAccountKeys } from '../../../src/sealing/keys.ts'
import { safetyNumber } from '../../../src/sealing/safety-number.ts'
import { ALICE, BOB, EVE, seededRandom } from './support.ts'

const alice = { uin: ALICE, keys: makeAccountKeys(seededRandom('alice')).publicKeys }
const bob = { uin: BOB, keys: makeAccountKeys(seededRandom('bob')).publicKeys }
const eve = { uin: EVE, keys: makeAccountKeys(seededRandom('eve')).publicKeys }

/** The half of one account, written out anew from Signal's description of it. */
function half({ uin, keys }: typeof alice): string {
  const key = Buffer.concat([Buffer.from(keys.kem, 'base64url'), Buffer.from(keys.sign, 'base64url')])
  let hash = Buffer.concat([Buffer.from('0000', 'hex'), key, Buffer.from(uin)])
  for (let i = 0; i < 5200; i++)
    hash = createHash('sha512')
      .update(Buffer.concat([hash, key]))
      .digest()
  const chunk = (at: number) => BigInt(`0x${hash.subarray(at, at + 5).toString('hex')}`) % 100000n
  return [0, 5, 10, 15, 20, 25].map((at) => chunk(at).toString().padStart(5, '0')).join(' ')
}

describe('a safety number', () => {
  it('is twelve groups of five digits, the same for both sides', () => {
    const number = safetyNumber(alice, bob)
    expect(number).toMatch(/^\d{5}( \d{5}){11}$/)
    expect(safetyNumber(bob, alice)).toBe(number)
  })

  it('is the two halves in order, each the iterated hash of keys and UIN', () => {
    expect(safetyNumber(alice, bob)).toBe([half(alice), half(bob)].sort().join(' '))
  })

  it('is another one with any key or UIN exchanged', () => {
    const numbers = [
      safetyNumber(alice, bob),
      safetyNumber(alice, eve),
      safetyNumber(alice, { ...bob, uin: EVE }),
      safetyNumber(alice, { ...bob, keys: { ...bob.keys, kem: eve.keys.kem } }),
      safetyNumber(alice, { ...bob, keys: { ...bob.keys, sign: eve.keys.sign } }),
    ]
    expect(new Set(numbers).size).toBe(numbers.length)
  })
})
