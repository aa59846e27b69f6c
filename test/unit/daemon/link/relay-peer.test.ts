import { describe, expect, it } from 'vitest'
import { LogFollower } from '../../../../src/daemon/link/log-follower.ts'
import { dialRelay, type RelayEventOf, type RelayPeer, reviveError } from '../../../../src/daemon/link/relay-peer.ts'
import { PresenceBook } from '../../../../src/daemon/mirror/presence-book.ts'
import type { Uin } from '../../../../src/domain/uin.ts'
import { fakeHost } from '../../../../src/host/fake-host.ts'
import { toErrorData } from '../../../../src/protocol/errors.ts'
import type { RelayResults } from '../../../../src/protocol/relay-api.ts'
import { createPeer } from '../../../../src/rpc/json-rpc-peer.ts'
import { memoryChannelPair } from '../../../../src/rpc/memory-channel.ts'
import { LinkLost, type Peer } from '../../../../src/rpc/peer.ts'
import { turn } from '../../../support/turn.ts'
import { BO, ME, openLedger, openTexts, statePages } from '../samples.ts'

const HELLO = { protocol: 1, relay: 'r', version: '0', limits: {}, now: 0 }
const host = fakeHost()

/** A relay that answers each method as told, and what it is heard to say. */
async function dialled(answers: Readonly<Record<string, unknown>>, asked: (params: unknown) => void = () => {}) {
  const heard: RelayEventOf[] = []
  const [mine, theirs] = memoryChannelPair()
  const relay: Peer = createPeer(theirs, {
    handle: (method, params) => {
      if (method === 'log.state') asked(params)
      const answer = answers[method]
      return Array.isArray(answer) ? answer.shift() : answer
    },
    errorPayload: toErrorData,
    reviveError,
    timers: host.timers,
  })
  const peer = await dialRelay({
    url: 'ws://127.0.0.1:1',
    connect: async () => mine,
    host,
    version: '0',
    onEvent: (event) => heard.push(event),
    signal: new AbortController().signal,
  })
  return { relay, peer, heard }
}

async function settle(): Promise<void> {
  for (let n = 0; n < 10; n++) await turn()
}

describe('a relay that says what it may not', () => {
  it('is no relay, if its hello is none', async () => {
    for (const hello of [null, 5, {}, { ...HELLO, protocol: '1' }, { ...HELLO, now: 'noon' }]) {
      await expect(dialled({ hello })).rejects.toMatchObject({ code: 'RELAY_PROTOCOL' })
    }
  })

  it('loses its link over an event of the wrong shape, and nothing of it is heard', async () => {
    const { relay, peer, heard } = await dialled({ hello: HELLO })
    relay.notify('presence.changed', { uin: BO, presence: { status: 'everywhere' } })
    relay.notify('presence.changed', { uin: BO, presence: null })
    expect((await peer.closed).reason).toMatch(/presence.changed is wrong at presence/)
    expect(heard).toEqual([])
  })

  it('loses its link over an answer of the wrong shape, as if there had been none', async () => {
    const { peer } = await dialled({ hello: HELLO, 'log.follow': { epoch: 1, head: '41', resync: false } })
    await expect(peer.call('log.follow', { cursor: null })).rejects.toBeInstanceOf(LinkLost)
    await peer.closed
  })

  it('is asked for the next page of state before the one that came is looked at, and for none after the last', async () => {
    const page = (next: string | null) => ({ items: [], next, seq: 7 })
    const asked: unknown[] = []
    const answers = { hello: HELLO, 'log.state': [page('a'), page('b'), page(null)] }
    const { peer } = await dialled(answers, (params) => asked.push(params))
    const come: unknown[] = []
    for await (const { next } of peer.statePages()) {
      await settle()
      come.push([next, asked.length])
    }
    expect(come).toEqual([
      ['a', 2],
      ['b', 3],
      [null, 3],
    ])
    expect(asked).toEqual([{ after: null }, { after: 'a' }, { after: 'b' }])
  })

  it('loses its link over a page of state of the wrong shape, and the pages behind it are not taken', async () => {
    const answers = {
      hello: HELLO,
      'log.state': [
        { items: 5, next: 'a', seq: 7 },
        { items: [], next: null, seq: 7 },
      ],
    }
    const { peer } = await dialled(answers)
    const reading = async () => {
      for await (const _ of peer.statePages()) throw new Error('taken')
    }
    await expect(reading()).rejects.toBeInstanceOf(LinkLost)
    expect((await peer.closed).reason).toMatch(/log.state is wrong at items/)
  })

  it('may tell of what this version does not know', async () => {
    const { relay, heard } = await dialled({ hello: HELLO })
    relay.notify('presence.typing', { uin: BO })
    relay.notify('presence.changed', { uin: BO, presence: null, mood: 'blue' })
    await settle()
    expect(heard).toMatchObject([{ event: 'presence.changed' }])
  })

  it('cannot set a hint that is no text, nor a wait for ever', () => {
    const revived = (more: object) => reviveError({ code: 'IO', message: 'x', ...more }).toData()
    expect(revived({ hint: ['x'], retryAfterMs: 'x' })).toMatchObject({ hint: null, retryAfterMs: null })
    expect(revived({ hint: 'y', retryAfterMs: 1e300 })).toMatchObject({ hint: 'y', retryAfterMs: 86_400_000 })
    expect(revived({ retryAfterMs: -1 })).toMatchObject({ retryAfterMs: null })
  })
})

/** Answers `log.follow` and pages of state; keeps why it was closed. */
function relayPeer(page: () => object): RelayPeer & { reasons: string[] } {
  const reasons: string[] = []
  const answers: Record<string, () => object> = {
    'log.follow': () => ({ epoch: 1, head: 0, resync: true }),
    'device.list': () => ({ devices: [] }),
  }
  return {
    reasons,
    hello: HELLO as RelayPeer['hello'],
    call: async (method) => answers[method]?.() as never,
    statePages: () => statePages(page as () => RelayResults['log.state']),
    close: (reason = '') => reasons.push(reason),
    closed: new Promise(() => {}),
  }
}

async function follower(): Promise<LogFollower> {
  const { ledger } = await openLedger()
  return new LogFollower({ ledger, host, texts: openTexts(), applied: () => {}, resynced: () => {} })
}

describe('a relay that says too much', () => {
  it('is left when its state has no end', async () => {
    const following = await follower()
    const peer = relayPeer(() => ({ items: [], next: 'more', seq: 0 }))
    await following.begin(peer, ME)
    expect(peer.reasons).toEqual(['log not followed'])
    expect(following.following).toBe(false)
  })

  it('is left when entries come faster than they can be kept', async () => {
    const following = await follower()
    const peer = relayPeer(() => ({ items: [], next: null, seq: 0 }))
    await following.begin(peer, ME)
    for (let n = 0; n < 600; n++) following.entries(peer, { epoch: 1, entries: [], head: 0 })
    expect(peer.reasons[0]).toBe('entries come faster than they can be kept')
    await following.idle()
    following.entries(peer, { epoch: 1, entries: [], head: 0 })
    expect(peer.reasons).toHaveLength(600 - 512)
  })

  it('does not fill the book of presences with strangers', () => {
    const book = new PresenceBook()
    const fact = { status: 'online' as const, onlineSince: 0, statusSince: 0, statusText: null }
    expect(book.change({ uin: BO, presence: fact }, ME)).not.toBe(null)
    for (let n = 0; n < 10_000; n++) book.change({ uin: `stranger ${n}` as Uin, presence: fact }, ME)
    expect(book.shown('stranger 9999' as Uin)).toBe(null)
    expect(book.change({ uin: BO, presence: fact }, ME)).not.toBe(null)
  })
})
