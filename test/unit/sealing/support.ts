import { createHash, randomBytes } from 'node:crypto'
import { expect } from 'vitest'
import type { Uin } from '../../../src/domain/uin.ts'
import type { RandomBytes } from '../../../src/host/host.ts'
import type { Stretching } from '../../../src/sealing/login-wire.ts'
import { SealError, type SealReason } from '../../../src/sealing/seal-error.ts'

export const ALICE = '1000000008' as Uin
export const BOB = '2000000006' as Uin
export const EVE = '3000000004' as Uin

/** The least Argon2id allows, so that a login takes a millisecond. */
export const FAST: Stretching = { memoryKib: 8, iterations: 1, parallelism: 1 }

export const random: RandomBytes = (length) => randomBytes(length)

/** Bytes that are a function of the seed alone. */
export function seededRandom(seed: string): RandomBytes {
  let draws = 0
  return (length) => {
    const bytes = new Uint8Array(length)
    for (let at = 0; at < length; at += 32) {
      const block = createHash('sha256').update(`${seed}/${draws++}`).digest()
      bytes.set(block.subarray(0, Math.min(32, length - at)), at)
    }
    return bytes
  }
}

/** The reason of the SealError the call throws or rejects with. Anything else fails the test. */
export async function refusal(call: () => unknown): Promise<SealReason> {
  const outcome = await Promise.resolve()
    .then(call)
    .then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    )
  if ('value' in outcome) expect.fail(`opened: ${JSON.stringify(outcome.value)}`)
  expect(outcome.error).toBeInstanceOf(SealError)
  return (outcome.error as SealError).reason
}

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** The text with one character exchanged for another of base64url: one bit of its six flipped. */
export function flipAt(text: string, at: number, bit = 0): string {
  const flipped = BASE64URL.charAt(Math.max(0, BASE64URL.indexOf(text.charAt(at))) ^ (1 << (bit % 6)))
  return text.slice(0, at) + flipped + text.slice(at + 1)
}

/** Every text that differs from this one in one character. */
export function* flips(text: string): Generator<string> {
  for (let at = 0; at < text.length; at++) yield flipAt(text, at, at)
}
