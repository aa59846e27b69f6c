import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { fakeTime } from '../../src/host/fake-host.ts'
import { CallTimeout, type Channel, LinkLost, type PeerOptions } from '../../src/rpc/peer.ts'
import { queue, TestError, TRANSPORTS, type Transport, testPeer } from '../support/rpc-links.ts'

const never = (): Promise<never> => new Promise(() => {})

describe.each(Object.entries(TRANSPORTS))('a link %s', (_name, open) => {
  let transport: Transport
  beforeEach(async () => {
    transport = await open()
  })
  afterEach(() => transport.stop())

  async function peers(server: Partial<PeerOptions> = {}, client: Partial<PeerOptions> = {}) {
    const channels = await transport.connect()
    return { client: testPeer(channels.client, client), server: testPeer(channels.server, server), channels }
  }

  test('carries a call and its answer, both ways', async () => {
    const { client, server } = await peers(
      { handle: (method, params) => ({ server: method, params }) },
      { handle: (method, params) => ({ client: method, params }) },
    )
    expect(await client.call('add', { text: 'zażółć 🙂\n' })).toEqual({
      server: 'add',
      params: { text: 'zażółć 🙂\n' },
    })
    expect(await server.call('push', [1, 2])).toEqual({ client: 'push', params: [1, 2] })
  })

  test('carries the whole payload of an error', async () => {
    const payload = { code: 'REV_CONFLICT', message: 'changed meanwhile', hint: 'look again', retryAfterMs: null }
    const { client } = await peers({
      handle: () => {
        throw new TestError(payload)
      },
    })
    const error = await client.call('edit', {}).catch((cause: unknown) => cause)
    expect(error).toBeInstanceOf(TestError)
    expect((error as TestError).payload).toEqual(payload)
  })

  test('keeps notifications in order, both ways at once', async () => {
    const count = 2_000
    const got = { client: [] as unknown[], server: [] as unknown[] }
    const done = queue<string>()
    const collect = (side: 'client' | 'server') => (_method: string, params: unknown) => {
      got[side].push((params as number[])[0])
      if (got[side].length === count) done.put(side)
    }
    const { client, server } = await peers({ handle: collect('server') }, { handle: collect('client') })
    for (let n = 0; n < count; n++) {
      client.notify('tick', [n])
      server.notify('tick', [n])
    }
    await done.take()
    await done.take()
    const inOrder = Array.from({ length: count }, (_, n) => n)
    expect(got).toEqual({ client: inOrder, server: inOrder })
  })

  test('keeps 1,000 overlapping calls apart, answered in another order', async () => {
    const held: (() => void)[] = []
    const { client } = await peers({
      maxInFlight: 1_000,
      handle: (_method, params) =>
        new Promise((resolve) => {
          held.push(() => resolve(params))
          if (held.length === 1_000) for (const answer of held.reverse()) answer()
        }),
    })
    const numbers = Array.from({ length: 1_000 }, (_, n) => n)
    const answers = await Promise.all(numbers.map((n) => client.call('echo', [n])))
    expect(answers).toEqual(numbers.map((n) => [n]))
  })

  test('starts requests in the order they came', async () => {
    const started: unknown[] = []
    const { client } = await peers({
      handle: async (_method, params) => {
        started.push((params as number[])[0])
      },
    })
    await Promise.all([3, 1, 2].map((n) => client.call('note', [n])))
    expect(started).toEqual([3, 1, 2])
  })

  test('passes a frame of 200 KiB, both ways', async () => {
    const { client } = await peers({ handle: (_method, params) => params })
    const params = { text: 'ü'.repeat(100 * 1024) }
    expect(await client.call('echo', params)).toEqual(params)
  })

  test('closes with 1009 on a frame over the limit, and the sender is told', async () => {
    const { client, server } = await peers()
    const call = client.call('put', { text: 'x'.repeat(transport.maxFrameBytes) })
    await expect(call).rejects.toThrow(LinkLost)
    expect((await client.closed).code).toBe(1009)
    expect((await server.closed).code).toBe(1009)
  })

  test('carries the code and reason of a close to the other side, after all that was sent before', async () => {
    const got: string[] = []
    const { client, server } = await peers({ handle: (method) => void got.push(method) })
    client.notify('last words', {})
    client.close(1001, 'going away')
    expect(await server.closed).toEqual({ code: 1001, reason: 'going away' })
    expect((await client.closed).code).toBe(1001)
    expect(got).toEqual(['last words'])
  })

  test('carries the code and reason of a close by the server to the client', async () => {
    const { client, server } = await peers()
    server.close(1012, 'back in a moment')
    expect(await client.closed).toEqual({ code: 1012, reason: 'back in a moment' })
    expect((await server.closed).code).toBe(1012)
  })

  test.each(['client', 'server'] as const)('takes a close reason of any length from the %s', async (side) => {
    const ends = await peers()
    ends[side].close(1000, 'ü'.repeat(500))
    expect((await ends.server.closed).code).toBe(1000)
    expect((await ends[side === 'client' ? 'server' : 'client'].closed).reason).toMatch(/^ü+$/)
  })

  test('rejects what is pending with LinkLost when either side closes', async () => {
    const seen = queue<string>()
    const wait = (method: string): Promise<never> => {
      seen.put(method)
      return never()
    }
    const { client, server } = await peers({ handle: wait }, { handle: wait })
    const pending = [client.call('mine', {}), server.call('theirs', {})]
    const outcomes = Promise.allSettled(pending)
    await seen.take()
    await seen.take()
    server.close()
    for (const outcome of await outcomes) expect(outcome).toMatchObject({ reason: expect.any(LinkLost) })
    await expect(client.call('late', {})).rejects.toThrow(LinkLost)
    await expect(server.drained(1)).rejects.toThrow(LinkLost)
  })

  test('may be closed any number of times, from both sides, and used after it', async () => {
    const { client, server, channels } = await peers()
    for (const peer of [client, server, client]) peer.close(1000, 'enough')
    await client.closed
    await server.closed
    client.close(1011, 'again')
    channels.client.close(1011, 'again')
    client.notify('nobody there', {})
    channels.client.send('{}')
    expect((await client.closed).code).toBe(1000)
  })

  test('gives a call up when its signal is aborted, with the reason', async () => {
    const seen = queue<string>()
    const { client } = await peers({
      handle(method) {
        seen.put(method)
        return method === 'slow' ? never() : 'fine'
      },
    })
    const abort = new AbortController()
    const call = client.call('slow', {}, { signal: abort.signal })
    await seen.take()
    abort.abort(new Error('not wanted any more'))
    await expect(call).rejects.toThrow('not wanted any more')
    await expect(client.call('slow', {}, { signal: abort.signal })).rejects.toThrow('not wanted any more')
    expect(await client.call('other', {})).toBe('fine')
  })

  test('gives a call up after its timeout, ignores the late answer, and leaves no timer behind', async () => {
    const { clock, timers } = fakeTime(0)
    const held = queue<(answer: string) => void>()
    const { client } = await peers(
      { handle: (method) => (method === 'slow' ? new Promise(held.put) : 'fine') },
      { timers },
    )
    const call = client.call('slow', {}, { timeoutMs: 5_000 })
    const answer = await held.take()
    clock.advance(4_999)
    expect(clock.pending).toBe(1)
    clock.advance(1)
    await expect(call).rejects.toThrow(CallTimeout)
    answer('too late')
    expect(await client.call('other', {}, { timeoutMs: 5_000 })).toBe('fine')
    expect(clock.pending).toBe(0)
  })

  test('counts what waits for a slow reader, and is drained when the reader catches up', async () => {
    const channels = await transport.connect()
    const client = testPeer(channels.client)
    const text = 'x'.repeat(200 * 1024)
    const count = 100
    for (let n = 0; n < count; n++) client.notify('page', { text })
    // The server has not started to read: the kernel takes some megabytes, the rest waits here.
    expect(client.bufferedBytes).toBeGreaterThan(1024 * 1024)
    const order: string[] = []
    const drained = client.drained(64 * 1024).then(() => order.push('drained'))
    const all = queue<void>()
    let pages = 0
    testPeer(channels.server, {
      handle: () => {
        if (pages++ === 0) order.push('reading')
        if (pages === count) all.put()
      },
    })
    await drained
    expect(client.bufferedBytes).toBeLessThan(64 * 1024)
    await all.take()
    expect(order).toEqual(['reading', 'drained'])
  })

  test('tells drained waiters when the link goes', async () => {
    const { client } = await transport.connect()
    const peer = testPeer(client)
    for (let n = 0; n < 100; n++) peer.notify('page', { text: 'x'.repeat(200 * 1024) })
    const drained = peer.drained(1)
    peer.close()
    await expect(drained).rejects.toThrow(LinkLost)
  })

  test('closes with 1007 on a frame that is not JSON-RPC, and leaves the other connections alone', async () => {
    const causes: string[] = []
    const bystander = await peers({ handle: () => 'fine' })
    for (const attack of [(c: Channel) => c.send('nonsense'), (c: Channel) => c.send('[]')]) {
      const channels = await transport.connect()
      const server = testPeer(channels.server, { onBadFrame: (cause) => causes.push(cause) })
      channels.client.start(() => {})
      attack(channels.client)
      expect((await server.closed).code).toBe(1007)
      expect((await channels.client.closed).code).toBe(1007)
    }
    expect(causes).toEqual(['not JSON', 'a batch'])
    expect(await bystander.client.call('anything', {})).toBe('fine')
  })

  test('closes with 1007 when the server sends what is not JSON-RPC', async () => {
    const channels = await transport.connect()
    const client = testPeer(channels.client)
    channels.server.start(() => {})
    channels.server.send('{"jsonrpc":"1.0"}')
    expect((await client.closed).code).toBe(1007)
    expect((await channels.server.closed).code).toBe(1007)
  })
})
