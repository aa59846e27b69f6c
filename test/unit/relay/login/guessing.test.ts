/** Guessing passwords and UINs, and logins by the thousand. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { randomUin, type Uin } from '../../../../src/domain/uin.ts'
import { type ErrorData, ImError, toErrorData } from '../../../../src/protocol/errors.ts'
import { createPeer } from '../../../../src/rpc/json-rpc-peer.ts'
import { memoryChannelPair } from '../../../../src/rpc/memory-channel.ts'
import type { Peer } from '../../../../src/rpc/peer.ts'
import { type LoginClient, loadLoginClient } from '../../../../src/sealing/login-client.ts'
import { type RelayDevice, type RelayWorld, refusal, relayWorld, say } from '../../../support/relay-world.ts'

const NOBODY = '1000000008' as Uin

let world: RelayWorld
let ana: RelayDevice
let client: LoginClient

beforeEach(async () => {
  world = await relayWorld({ loginsPerMinute: 60 })
  ana = await world.register('Ana')
  client = await loadLoginClient({ memoryKib: 8, iterations: 1, parallelism: 1 })
})
afterEach(() => world.close())

/** A connection from somewhere; `frames`: what the relay has sent over it. */
function from(address: string): { peer: Peer; frames: string[] } {
  const [mine, theirs] = memoryChannelPair()
  const frames: string[] = []
  world.relay.accept(
    {
      ...forwarded(theirs),
      send: (frame) => {
        frames.push(frame)
        theirs.send(frame)
      },
    },
    address,
  )
  const peer = createPeer(mine, {
    handle: () => {},
    errorPayload: toErrorData,
    reviveError: (payload) => ImError.fromData(payload as ErrorData),
    timers: world.host.timers,
  })
  return { peer, frames }
}

function forwarded(channel: ReturnType<typeof memoryChannelPair>[1]) {
  return {
    get bufferedBytes() {
      return channel.bufferedBytes
    },
    start: channel.start.bind(channel),
    close: channel.close.bind(channel),
    closed: channel.closed,
  }
}

interface Guess {
  code: string
  frames: string[]
  /** CPU, not time: what else the machine does is no matter. */
  cpuMicros: number
}

/** One wrong login, from hello to refusal, as somebody makes it who guesses. */
async function guess(uin: Uin, kind: 'password' | 'recovery' = 'password', address = '192.0.2.1'): Promise<Guess> {
  const { peer, frames } = from(address)
  const { request } = client.startLogin('a guess')
  const begun = process.cpuUsage()
  const code = await refusal(
    peer
      .call('login.start', { uin, with: kind, request })
      .then(() => peer.call('login.prove', { request: 'A'.repeat(86) })),
  )
  const { user, system } = process.cpuUsage(begun)
  peer.close()
  return { code, frames, cpuMicros: user + system }
}

/** What does not depend on the randomness of the answer. */
const shapes = (frames: readonly string[]) =>
  frames.map((frame) => frame.replace(/(?<=p=\d+\$)[A-Za-z0-9_-]+/, (sealed) => `${sealed.length}`))

describe('a wrong login', () => {
  it.each(['password', 'recovery'] as const)(
    'looks alike for a UIN that is known and one that is not: %s',
    async (kind) => {
      const [known, unknown] = [await guess(ana.uin, kind), await guess(NOBODY, kind)]
      expect(known.code).toBe('WRONG_LOGIN')
      expect(shapes(unknown.frames)).toEqual(shapes(known.frames))
      expect(unknown.frames.map((frame) => frame.length)).toEqual(known.frames.map((frame) => frame.length))
    },
  )

  it('takes as much work for a UIN that is known as for one that is not', async () => {
    const known: number[] = []
    const unknown: number[] = []
    for (let i = 0; i < 30; i++) {
      known.push((await guess(ana.uin, 'password', `192.0.2.${i}`)).cpuMicros)
      unknown.push((await guess(NOBODY, 'password', `192.0.2.${i}`)).cpuMicros)
    }
    // One of the two without its OPAQUE work would be far beyond this.
    const ratio = median(known) / median(unknown)
    expect(ratio).toBeGreaterThan(1 / 3)
    expect(ratio).toBeLessThan(3)
  })

  it('is answered alike each time for the same unknown UIN', async () => {
    const keyOf = (frame: string | undefined) => /argon2id[^$]*\$([^$]*)\$/.exec(frame ?? '')?.[1]
    expect(keyOf((await guess(NOBODY)).frames[0])).toBe(keyOf((await guess(ana.uin)).frames[0]))
  })
})

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

describe('guessing', () => {
  it('is slowed down by address, before any work is done', async () => {
    const codes: string[] = []
    for (let i = 0; i < 70; i++)
      codes.push((await guess(i % 2 === 0 ? NOBODY : ana.uin, 'password', '2001:db8::1')).code)
    expect(codes.slice(0, 60).every((code) => code === 'WRONG_LOGIN')).toBe(true)
    expect(codes.slice(60).every((code) => code === 'RATE_LIMITED')).toBe(true)
    expect((await guess(ana.uin, 'password', '2001:db8::ffff')).code).toBe('RATE_LIMITED')
    expect((await guess(ana.uin, 'password', '2001:db8:0:1::1')).code).toBe('WRONG_LOGIN')
  })

  it('is slowed down by UIN from wherever it comes, and no device that holds a token is locked out', async () => {
    const codes: string[] = []
    for (let i = 0; i < 70; i++) codes.push((await guess(ana.uin, 'password', `198.51.100.${i}`)).code)
    expect(codes.filter((code) => code === 'RATE_LIMITED')).toHaveLength(10)
    expect((await guess(NOBODY, 'password', '198.51.100.200')).code).toBe('WRONG_LOGIN')
    ana.peer.close()
    await world.settle()
    const back = await world.open(ana)
    expect(await refusal(say(back, ana.uin, 'still in'))).toBe('not refused')
  })

  it('counts for unknown UINs as for known ones', async () => {
    const codes: string[] = []
    for (let i = 0; i < 70; i++) codes.push((await guess(NOBODY, 'password', `198.51.100.${i}`)).code)
    expect(codes.filter((code) => code === 'RATE_LIMITED')).toHaveLength(10)
  })
})

it('1,000 wrong logins at once leave a device that is logged in its answers, and the relay its time', async () => {
  await world.close()
  // Each step of a login takes the relay 5 ms: all of them together 10 s.
  world = await relayWorld({}, { loginStepMs: 5 })
  ana = await world.register('Ana')
  const guesses = Array.from({ length: 1_000 }, (_, i) =>
    guess(randomUin(world.host.random), 'password', `10.0.${i >> 8}.${i & 255}`),
  )
  let over = false
  const all = Promise.all(guesses).finally(() => {
    over = true
  })
  let answered = 0
  while (!over) {
    const begun = world.host.clock.monotonic()
    await say(ana, ana.uin, `message ${answered}`)
    expect(world.host.clock.monotonic() - begun).toBeLessThanOrEqual(5)
    answered++
    await world.pass(20)
  }
  const codes = (await all).map(({ code }) => code)
  expect(answered).toBeGreaterThan(20)
  expect(codes.filter((code) => code === 'WRONG_LOGIN').length).toBeGreaterThan(100)
  expect(new Set(codes)).toEqual(new Set(['RATE_LIMITED', 'WRONG_LOGIN']))
  const login = refusal(world.login(ana.uin))
  await world.pass(100)
  expect(await login).toBe('not refused')
})
