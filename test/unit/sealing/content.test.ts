import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Envelope } from '../../../src/protocol/records.ts'
import {
  openAsFriend,
  openAsOwner,
  openKept,
  type Parties,
  type Place,
  sealContent,
} from '../../../src/sealing/content.ts'
import { friendsCopy, ownersCopy, type SealedEnvelope } from '../../../src/sealing/envelope.ts'
import { makeAccountKeys } from '../../../src/sealing/keys.ts'
import { plainEnvelope } from '../../support/dummy-seal.ts'
import { ALICE, BOB, EVE, flipAt, flips, random, refusal, seededRandom } from './support.ts'

const alice = makeAccountKeys(random)
const bob = makeAccountKeys(random)
const eve = makeAccountKeys(random)
const place: Place = { sender: ALICE, recipient: BOB, origin: 'b_0123456789abcdef', contentRev: 1, repeats: false }
const REFUSED = ['bad-signature', 'wrong-key', 'damaged', 'malformed']

const asAlice = (envelope: Envelope, parties: Parties = place) => openAsOwner(envelope, parties, alice.dataKey)
const asBob = (envelope: Envelope, parties: Parties = place) =>
  openAsFriend(envelope, parties, bob, alice.publicKeys, random).then(({ text }) => text)
const sealToBob = (text: string, at: Place = place) => sealContent(text, at, alice, bob.publicKeys, random)

type Field = 'body' | 'self' | 'to' | 'sig' | 'origin' | 'sealedTo'

function field(envelope: SealedEnvelope, name: Field): string {
  if (name === 'self' || name === 'to') return envelope.wraps[name] ?? ''
  return envelope[name] ?? ''
}

function withField(envelope: SealedEnvelope, name: Field, text: string): SealedEnvelope {
  if (name === 'self' || name === 'to') return { ...envelope, wraps: { ...envelope.wraps, [name]: text } }
  return { ...envelope, [name]: text }
}

describe('sealed content', () => {
  it('gives any text back to its owner and to the friend, before and after it was sent', async () => {
    const texts = fc.string({ unit: 'binary', maxLength: 3_000 })
    await fc.assert(
      fc.asyncProperty(texts, async (text) => {
        const envelope = await sealToBob(text)
        expect(asAlice(envelope)).toBe(text)
        expect(asAlice(ownersCopy(envelope))).toBe(text)
        expect(await asBob(envelope)).toBe(text)
        expect(await asBob(friendsCopy(envelope))).toBe(text)
      }),
      { numRuns: 100, examples: [[''], ['\uFEFFbom'], ['漢字 😀'], ['x'.repeat(16 * 1024)]] },
    )
  })

  it('leaves the owner nothing for the friend once sent, and the friend nothing for the owner', async () => {
    const envelope = await sealToBob('hello')
    expect(await refusal(() => asBob(ownersCopy(envelope)))).toBe('wrong-key')
    expect(await refusal(() => asAlice(friendsCopy(envelope)))).toBe('wrong-key')
  })

  it('can be for its owner alone', async () => {
    const envelope = await sealContent('to myself', { ...place, recipient: ALICE }, alice, null, random)
    expect(envelope.wraps.to).toBeNull()
    expect(asAlice(envelope, { sender: ALICE, recipient: ALICE })).toBe('to myself')
  })

  it('is refused with any one character of the copy changed', async () => {
    const whole = await sealToBob('hello')
    for (const name of ['body', 'self', 'sig', 'origin'] as const) {
      const mine = ownersCopy(whole) as SealedEnvelope
      for (const changed of flips(field(mine, name))) {
        expect(REFUSED).toContain(await refusal(() => asAlice(withField(mine, name, changed))))
      }
    }
    for (const name of ['body', 'to', 'sig', 'origin'] as const) {
      const theirs = friendsCopy(whole) as SealedEnvelope
      for (const changed of flips(field(theirs, name))) {
        expect(await refusal(() => asBob(withField(theirs, name, changed)))).toBe('bad-signature')
      }
    }
  })

  it('opens again for the friend by what was kept of the first time, and only as it was', async () => {
    const envelope = friendsCopy(await sealToBob('hello')) as SealedEnvelope
    const { kept } = await openAsFriend(envelope, place, bob, alice.publicKeys, random)
    const again = (one: Envelope, by = kept, key = bob.dataKey) => openKept(one, place, by, key)
    expect(again(envelope)).toBe('hello')
    expect(await refusal(() => again(envelope, kept, eve.dataKey))).toBe('wrong-key')
    for (const changed of flips(kept)) expect(REFUSED).toContain(await refusal(() => again(envelope, changed)))
    for (const name of ['body', 'sig', 'origin', 'sealedTo'] as const) {
      const other = withField(envelope, name, flipAt(field(envelope, name), 3))
      expect(REFUSED).toContain(await refusal(() => again(other)))
    }
  })

  it('opens for no other reader', async () => {
    const envelope = await sealToBob('hello')
    const asEve = () => openAsFriend(envelope, place, eve, alice.publicKeys, random)
    expect(await refusal(asEve)).toBe('wrong-key')
    expect(await refusal(() => openAsOwner(envelope, place, eve.dataKey))).toBe('wrong-key')
  })

  it('is refused as of another sender, for another recipient, or under another key of the sender', async () => {
    const envelope = await sealToBob('hello')
    for (const parties of [
      { sender: EVE, recipient: BOB },
      { sender: ALICE, recipient: EVE },
    ]) {
      expect(await refusal(() => asBob(envelope, parties))).toBe('bad-signature')
      expect(await refusal(() => asAlice(envelope, parties))).toBe('wrong-key')
    }
    const fromEve = () => openAsFriend(envelope, place, bob, eve.publicKeys, random)
    expect(await refusal(fromEve)).toBe('bad-signature')
  })

  it('cannot be signed anew by somebody who passes it off as their own', async () => {
    const envelope = await sealToBob('hello')
    const forged = await sealContent('', { ...place, sender: EVE }, eve, bob.publicKeys, random)
    const stolen = { ...envelope, sig: forged.sig }
    const read = () => openAsFriend(stolen, { sender: EVE, recipient: BOB }, bob, eve.publicKeys, random)
    expect(await refusal(read)).toBe('bad-signature')
  })

  it('is refused with any part exchanged for that of another origin', async () => {
    const one = await sealToBob('one')
    const two = await sealToBob('two', { ...place, origin: 'b_fedcba9876543210' })
    for (const name of ['body', 'self', 'to', 'sig', 'origin'] as const) {
      const mixed = withField(one, name, field(two, name))
      if (name !== 'self') expect(await refusal(() => asBob(mixed))).toBe('bad-signature')
      if (name !== 'to') expect(REFUSED).toContain(await refusal(() => asAlice(mixed)))
    }
  })

  it('is refused when two versions of one place are mixed, as two devices may write them', async () => {
    const [one, two] = [await sealToBob('one'), await sealToBob('two')]
    for (const name of ['body', 'self', 'to', 'sig'] as const) {
      const mixed = withField(one, name, field(two, name))
      if (name !== 'self') expect(await refusal(() => asBob(mixed))).toBe('bad-signature')
      if (name !== 'to') expect(REFUSED).toContain(await refusal(() => asAlice(mixed)))
    }
  })

  it('cannot be written by somebody else in the place of the sender, who gives only the signature', async () => {
    const real = await sealToBob('hello')
    const forged = await sealContent('forged', place, eve, bob.publicKeys, random)
    expect(await refusal(() => asBob({ ...forged, sig: real.sig }))).toBe('bad-signature')
    expect(await refusal(() => asBob(forged))).toBe('bad-signature')
  })

  it('is not what clear text is taken for', async () => {
    const clear = plainEnvelope('words of whoever carries it')
    expect(await refusal(() => asAlice(clear))).toBe('not-sealed')
    expect(await refusal(() => asBob(clear))).toBe('not-sealed')
    expect([ownersCopy(clear), friendsCopy(clear)]).toEqual([clear, clear])
  })

  it('shows the length of its text only by the bucket', async () => {
    const lengthOf = async (text: string) => (await sealToBob(text)).body.length
    expect(await lengthOf('')).toBe(await lengthOf('x'.repeat(63)))
    expect(await lengthOf('x'.repeat(64))).toBe(await lengthOf('x'.repeat(127)))
    expect(await lengthOf('x'.repeat(63))).toBeLessThan(await lengthOf('x'.repeat(64)))
    expect(await lengthOf('x'.repeat(1_024))).toBe(await lengthOf('x'.repeat(2_047)))
  })

  it('is a function of the injected randomness, with nothing repeated under a fresh one', async () => {
    const seal = (seed: string) => sealContent('hello', place, alice, bob.publicKeys, seededRandom(seed))
    expect(await seal('a')).toEqual(await seal('a'))
    const [a, b] = [await seal('a'), await seal('b')]
    for (const name of ['body', 'self', 'to', 'sig'] as const) expect(field(a, name)).not.toBe(field(b, name))
  })
})
