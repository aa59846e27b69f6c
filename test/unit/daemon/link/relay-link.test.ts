import { afterEach, describe, expect, it } from 'vitest'
import { toImError } from '../../../../src/daemon/errors.ts'
import { backoffMs, RelayLink } from '../../../../src/daemon/link/relay-link.ts'
import { DomainError } from '../../../../src/domain/rule-error.ts'
import { type FakeHost, fakeHost } from '../../../../src/host/fake-host.ts'
import { HostError } from '../../../../src/host/host-error.ts'
import { type ErrorData, ImError, toErrorData } from '../../../../src/protocol/errors.ts'
import { createPeer } from '../../../../src/rpc/json-rpc-peer.ts'
import { memoryChannelPair } from '../../../../src/rpc/memory-channel.ts'
import { CallTimeout, LinkLost } from '../../../../src/rpc/peer.ts'
import { StoreError } from '../../../../src/store/store.ts'
import { turn } from '../../../support/turn.ts'
import { ME } from '../samples.ts'

const HELLO = { protocol: 1, relay: 'r', version: '0', limits: {}, now: 0 }

interface Bench {
  host: FakeHost
  link: RelayLink
  attempts: number[]
  happened: string[]
  refusal: ErrorData | null
}

const links: RelayLink[] = []

/** A link to a relay that answers each method as told; null: nobody is there. */
function bench(answers: Record<string, unknown> | null): Bench {
  const host = fakeHost()
  const attempts: number[] = []
  const happened: string[] = []
  const made: Bench = { host, attempts, happened, refusal: null, link: null as never }
  made.link = new RelayLink({
    host,
    version: '0',
    connect: async () => {
      attempts.push(host.clock.monotonic())
      if (answers === null) throw new Error('nobody there')
      const [mine, theirs] = memoryChannelPair()
      createPeer(theirs, {
        handle: (method) => {
          const answer = answers[method]
          if (answer instanceof Error) throw answer
          return answer === 'silence' ? new Promise(() => {}) : answer
        },
        errorPayload: toErrorData,
        reviveError: (payload) => new Error(payload.message),
        timers: host.timers,
      })
      return mine
    },
    events: {
      opened: () => happened.push('opened'),
      event: () => {},
      lost: () => happened.push('lost'),
      unreached: () => happened.push('unreached'),
      refused: (error) => {
        made.refusal = error
      },
    },
  })
  links.push(made.link)
  made.link.start({ relay: 'ws://127.0.0.1:1', uin: ME, token: 't' })
  return made
}

async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) await turn()
}

afterEach(async () => {
  for (const link of links.splice(0)) await link.stop()
})

describe('the link to the relay', () => {
  it('waits longer after each attempt, never the same for everybody, never beyond half a minute', () => {
    expect(backoffMs(0, 255)).toBe(500)
    expect(backoffMs(0, 0)).toBe(250)
    expect(backoffMs(3, 255)).toBe(4_000)
    expect(backoffMs(50, 255)).toBe(30_000)
    expect(backoffMs(50, 0)).toBe(15_000)
  })

  it('tries again and again while nobody is there, and at once when somebody asks', async () => {
    const { host, link, attempts } = bench(null)
    await settle()
    expect(attempts).toHaveLength(1)
    await host.clock.advanceAsync(600_000)
    expect(attempts.length).toBeGreaterThan(15)
    expect(attempts.length).toBeLessThan(60)
    const before = attempts.length
    await expect(link.ready(2_000)).rejects.toMatchObject({ code: 'RELAY_UNREACHABLE' })
    expect(attempts.length).toBe(before + 1)
  })

  it('ends a session whose relay has given no sign of life from one beat to the next, and sets no timer for that', async () => {
    const answers: Record<string, unknown> = { hello: HELLO, 'session.open': { uin: ME, head: 0 } }
    const { host, link, happened } = bench(answers)
    await settle()
    const timers = host.clock.pending
    for (let beats = 0; beats < 3; beats++) {
      await link.beat()
      await host.clock.advanceAsync(30_000)
    }
    answers.hello = 'silence'
    void link.beat()
    await settle()
    expect(host.clock.pending).toBe(timers)
    expect(happened).toEqual(['opened'])
    answers.hello = HELLO
    await link.beat()
    await settle()
    expect(happened).toEqual(['opened', 'lost'])
    // The next session owes nothing.
    await host.clock.advanceAsync(1_000)
    await link.beat()
    await link.beat()
    expect(happened).toEqual(['opened', 'lost', 'opened'])
  })

  it('ends one in doubt when no sign of life comes within ten seconds', async () => {
    const answers: Record<string, unknown> = { hello: HELLO, 'session.open': { uin: ME, head: 0 } }
    const { host, link, happened } = bench(answers)
    await settle()
    expect(happened).toEqual(['opened'])
    answers.hello = 'silence'
    const ping = link.ping()
    await host.clock.advanceAsync(9_999)
    expect(link.connected).toBe(true)
    await host.clock.advanceAsync(1)
    await ping
    await settle()
    expect(happened).toEqual(['opened', 'lost'])
  })

  it('stays away as long as the relay asks for, at most two minutes, and no shorter than it would by itself', async () => {
    const busy = new ImError('RELAY_UNREACHABLE', 'stopping', { retryAfterMs: 7_000 })
    const answers: Record<string, unknown> = { hello: HELLO, 'session.open': busy }
    const { host, attempts } = bench(answers)
    await settle()
    await host.clock.advanceAsync(6_999)
    expect(attempts).toHaveLength(1)
    await host.clock.advanceAsync(1)
    expect(attempts).toHaveLength(2)
    answers['session.open'] = new ImError('RELAY_UNREACHABLE', 'stopping', { retryAfterMs: 9_000_000 })
    await host.clock.advanceAsync(7_000)
    await host.clock.advanceAsync(120_000)
    expect(attempts).toHaveLength(4)
    answers['session.open'] = new ImError('RELAY_UNREACHABLE', 'stopping', { retryAfterMs: 0 })
    await host.clock.advanceAsync(120_000)
    expect(attempts.length).toBeLessThan(20)
  })

  it('gives up for good when the relay no longer takes the device, and says why', async () => {
    const made = bench({ hello: HELLO, 'session.open': new ImError('TOKEN_REFUSED', 'revoked at noon') })
    await settle()
    expect(made.refusal).toMatchObject({ code: 'TOKEN_REFUSED', message: 'revoked at noon' })
    await made.host.clock.advanceAsync(120_000)
    expect(made.attempts).toHaveLength(1)
    await expect(made.link.ready(10)).rejects.toMatchObject({ code: 'TOKEN_REFUSED' })
  })

  it('speaks to no relay of another protocol', async () => {
    const { link, happened } = bench({ hello: { ...HELLO, protocol: 99 } })
    await settle()
    expect(happened).toEqual(['unreached'])
    await expect(link.ready(2_000)).rejects.toMatchObject({ code: 'RELAY_PROTOCOL' })
  })
})

describe('errors of the other rooms', () => {
  it.each([
    [new StoreError('full', 'x'), 'DISK_FULL'],
    [new StoreError('damaged', 'x'), 'STORE_DAMAGED'],
    [new StoreError('format', 'x'), 'STORE_FORMAT'],
    [new HostError('locked', 'x'), 'KEYCHAIN_LOCKED'],
    [new DomainError('PAST_TIME', 'x'), 'PAST_TIME'],
    [new LinkLost('x'), 'RELAY_UNREACHABLE'],
    [new CallTimeout('m', 1), 'RELAY_UNREACHABLE'],
    [new ImError('LIMIT'), 'LIMIT'],
    [new Error('a secret'), 'INTERNAL'],
  ])('%s', (error, code) => {
    expect(toImError(error).code).toBe(code)
  })

  it('what is not known is told without its text', () => {
    expect(toImError(new Error('a secret')).message).not.toContain('secret')
  })
})
