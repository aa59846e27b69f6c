import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { FriendPrivate } from '../../../src/protocol/records.ts'
import { seal } from '../../../src/sealing/aead.ts'
import { binding, utf8 } from '../../../src/sealing/bytes.ts'
import { pad } from '../../../src/sealing/padding.ts'
import { openPrivate, type PrivatePlace, sealPrivate } from '../../../src/sealing/private.ts'
import { plainEnvelope } from '../../support/dummy-seal.ts'
import { ALICE, EVE, flips, random, refusal } from './support.ts'

const dataKey = random(32)
const place: PrivatePlace = { owner: ALICE, kind: 'friend', about: '2000000006' }
const alias = { alias: 'Bobby', firstKeys: null, verified: false }

describe('the private part', () => {
  it('gives any JSON back to its owner', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const json: unknown = JSON.parse(JSON.stringify(value))
        expect(openPrivate(sealPrivate(json as FriendPrivate, place, 1, dataKey, random), place, dataKey)).toEqual(json)
      }),
    )
  })

  it('opens for no other owner, kind, object or revision', async () => {
    const envelope = sealPrivate(alias, place, 1, dataKey, random)
    const open = (at: PrivatePlace, key = dataKey) => refusal(() => openPrivate(envelope, at, key))
    expect(await open(place, random(32))).toBe('wrong-key')
    expect(await open({ ...place, owner: EVE })).toBe('wrong-key')
    expect(await open({ ...place, kind: 'backup' })).toBe('wrong-key')
    expect(await open({ ...place, about: '3000000004' })).toBe('malformed')
    expect(await refusal(() => openPrivate({ ...envelope, contentRev: 2 }, place, dataKey))).toBe('wrong-key')
    const moved = { ...envelope, origin: '3000000004' }
    expect(await refusal(() => openPrivate(moved, { ...place, about: '3000000004' }, dataKey))).toBe('wrong-key')
  })

  it('is refused with any one character changed, with anything added, and in the clear', async () => {
    const envelope = sealPrivate(alias, place, 1, dataKey, random)
    const open = (changed: typeof envelope) => refusal(() => openPrivate(changed, place, dataKey))
    for (const body of flips(envelope.body))
      expect(['wrong-key', 'malformed']).toContain(await open({ ...envelope, body }))
    expect(await open({ ...envelope, sig: 'A' })).toBe('malformed')
    expect(await open({ ...envelope, wraps: { self: 'A', to: null } })).toBe('malformed')
    expect(await refusal(() => openPrivate(plainEnvelope('{}'), place, dataKey))).toBe('not-sealed')
  })

  it('says damaged when the key is right and what lies under it is not JSON, UTF-8 or padded', async () => {
    const envelope = sealPrivate(alias, place, 1, dataKey, random)
    const bound = binding('im/private/1', ALICE, 'friend', place.about, 1)
    for (const wrong of [
      pad(utf8('{')),
      pad(new Uint8Array([0xff])),
      utf8('{}'),
      utf8('{}\u0080x'),
      new Uint8Array(0),
    ]) {
      const body = seal(dataKey, wrong, bound, random)
      expect(await refusal(() => openPrivate({ ...envelope, body }, place, dataKey))).toBe('damaged')
    }
  })
})
