/**
 * 1,000 envelopes as they lie in logs once a message is sent, 500 as their owner's copy and 500 as their friend's: each is
 * refused with any one byte changed. Sealed parts are changed in the bytes they decode to, names in their characters; the
 * bit goes round from envelope to envelope, so that each bit of each byte has its turn.
 */
import { describe, expect, it } from 'vitest'
import { fromBase64url, toBase64url } from '../../../src/sealing/bytes.ts'
import { openAsFriend, openAsOwner, type Place, sealContent } from '../../../src/sealing/content.ts'
import { friendsCopy, ownersCopy, type SealedEnvelope } from '../../../src/sealing/envelope.ts'
import { makeAccountKeys } from '../../../src/sealing/keys.ts'
import { SealError } from '../../../src/sealing/seal-error.ts'
import { ALICE, BOB, random } from './support.ts'

const COPIES = 500

const [alice, bob] = [makeAccountKeys(random), makeAccountKeys(random)]
const place: Place = { sender: ALICE, recipient: BOB, origin: 'b_0123456789', contentRev: 1, repeats: false }

/** A text for each way of changing one of the bytes it stands for. */
type Changes = (text: string, round: number) => Iterable<string>

function* sealedBytes(text: string, round: number): Iterable<string> {
  const bytes = Buffer.from(fromBase64url(text, 'part'))
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes)
    changed.writeUInt8(changed.readUInt8(at) ^ (1 << ((at + round) % 8)), at)
    yield toBase64url(changed)
  }
}

function* characters(text: string, round: number): Iterable<string> {
  for (let at = 0; at < text.length; at++) {
    const changed = String.fromCharCode(text.charCodeAt(at) ^ (1 << ((at + round) % 7)))
    yield text.slice(0, at) + changed + text.slice(at + 1)
  }
}

interface Part {
  changes: Changes
  of(envelope: SealedEnvelope): string | null
  into(envelope: SealedEnvelope, text: string): SealedEnvelope
}

const PARTS: readonly Part[] = [
  { changes: sealedBytes, of: ({ body }) => body, into: (envelope, body) => ({ ...envelope, body }) },
  { changes: sealedBytes, of: ({ sig }) => sig, into: (envelope, sig) => ({ ...envelope, sig }) },
  {
    changes: sealedBytes,
    of: ({ wraps }) => wraps.self,
    into: (envelope, self) => ({ ...envelope, wraps: { ...envelope.wraps, self } }),
  },
  {
    changes: sealedBytes,
    of: ({ wraps }) => wraps.to,
    into: (envelope, to) => ({ ...envelope, wraps: { ...envelope.wraps, to } }),
  },
  { changes: characters, of: ({ origin }) => origin, into: (envelope, origin) => ({ ...envelope, origin }) },
  { changes: characters, of: ({ sealedTo }) => sealedTo, into: (envelope, sealedTo) => ({ ...envelope, sealedTo }) },
]

function* changed(envelope: SealedEnvelope, round: number): Iterable<SealedEnvelope> {
  for (const { changes, of, into } of PARTS) {
    const text = of(envelope)
    if (text === null) continue
    for (const other of changes(text, round)) yield into(envelope, other)
  }
  yield { ...envelope, contentRev: envelope.contentRev + 1 }
  yield { ...envelope, repeats: !envelope.repeats }
}

const sealOne = async (round: number) => {
  const sealed = await sealContent('x'.repeat(round % 60), place, alice, bob.publicKeys, random)
  expect(sealed.kind).toBe('sealed')
  return sealed as SealedEnvelope
}

/** Why it was refused, or that it was not. Without vitest's own assertions, which take longer than the opening. */
async function outcome(read: () => unknown): Promise<string> {
  try {
    await read()
    return 'opened'
  } catch (error) {
    return error instanceof SealError ? error.reason : `threw ${error}`
  }
}

function count(reasons: Map<string, number>, reason: string): void {
  reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
}

describe('an envelope with any one byte changed', () => {
  it("is refused to its owner: 500 copies as they lie in the owner's log", async () => {
    const reasons = new Map<string, number>()
    for (let round = 0; round < COPIES; round++) {
      const copy = ownersCopy(await sealOne(round)) as SealedEnvelope
      expect(openAsOwner(copy, place, alice.dataKey)).toBe('x'.repeat(round % 60))
      for (const other of changed(copy, round)) {
        count(reasons, await outcome(() => openAsOwner(other, place, alice.dataKey)))
      }
    }
    // body 92, signature 64, self 60, origin 12, sealedTo 22 bytes; revision and mark.
    const body = COPIES * 92
    expect(Object.fromEntries(reasons)).toEqual({ damaged: body, 'wrong-key': COPIES * 252 - body })
  }, 120_000)

  it("is refused to the friend: 500 copies as they lie in the friend's log", async () => {
    const read = (envelope: SealedEnvelope) => openAsFriend(envelope, place, bob, alice.publicKeys, random)
    const reasons = new Map<string, number>()
    for (let round = 0; round < COPIES; round++) {
      const copy = friendsCopy(await sealOne(round)) as SealedEnvelope
      expect((await read(copy)).text).toBe('x'.repeat(round % 60))
      for (const other of changed(copy, round)) {
        count(reasons, await outcome(() => read(other)))
      }
    }
    // body 92, signature 64, to 80, origin 12, sealedTo 22 bytes; revision and mark.
    expect(Object.fromEntries(reasons)).toEqual({ 'bad-signature': COPIES * 272 })
  }, 120_000)
})
