import type { Envelope, PublicKeys } from '../../src/protocol/records.ts'
import { SEAL_BYTES } from '../../src/sealing/aead.ts'
import type { SealedEnvelope } from '../../src/sealing/envelope.ts'
import { keyId } from '../../src/sealing/keys.ts'
import { pad, unpad } from '../../src/sealing/padding.ts'

/**
 * Envelopes of the right form for tests and benchmarks of the relay, which never looks inside: sealing costs nothing, as
 * nothing is sealed. The text stands in `body`, where a test finds it again.
 */
export function dummyContent(text: string, origin: string, friend: PublicKeys | null, contentRev = 1): SealedEnvelope {
  const body = Buffer.concat([pad(Buffer.from(text)), Buffer.alloc(SEAL_BYTES)]).toString('base64url')
  const wraps = { self: 'A'.repeat(80), to: friend && 'A'.repeat(107) }
  const sealedTo = friend && keyId(friend)
  return { kind: 'sealed', origin, contentRev, repeats: false, sealedTo, body, wraps, sig: 'A'.repeat(86) }
}

/** Text in clear, as nobody may send it. */
export function plainEnvelope(text: string): Envelope {
  return { kind: 'plain', text }
}

export function dummyPrivate(about: string, text = '{}'): SealedEnvelope {
  return { ...dummyContent(text, about, null), wraps: { self: null, to: null }, sig: '' }
}

export function dummyText(envelope: Envelope): string {
  if (envelope.kind === 'plain') return envelope.text
  return Buffer.from(unpad(Buffer.from(envelope.body, 'base64url').subarray(0, -SEAL_BYTES))).toString()
}
