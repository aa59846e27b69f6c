import { describe, expect, test } from 'vitest'
import { fakeTime } from '../../../src/host/fake-host.ts'
import { memoryChannelPair } from '../../../src/rpc/memory-channel.ts'
import { LinkLost, type PeerOptions } from '../../../src/rpc/peer.ts'
import { queue, type TestError, testPeer } from '../../support/rpc-links.ts'

/** A peer whose other end is the bare wire. */
function wired(options: Partial<PeerOptions> = {}) {
  const [wire, channel] = memoryChannelPair()
  const frames = queue<unknown>()
  wire.start((frame) => frames.put(JSON.parse(frame)))
  const send = (message: object): void => wire.send(JSON.stringify({ jsonrpc: '2.0', ...message }))
  return { peer: testPeer(channel, options), wire, send, next: frames.take }
}

describe('a peer', () => {
  test('numbers its calls 1, 2, 3 and gives notifications no id', async () => {
    const { peer, next } = wired()
    for (const n of [1, 2]) peer.call('call', { n }).catch(() => {})
    peer.notify('tell', undefined)
    expect(await next()).toEqual({ jsonrpc: '2.0', id: 1, method: 'call', params: { n: 1 } })
    expect(await next()).toEqual({ jsonrpc: '2.0', id: 2, method: 'call', params: { n: 2 } })
    expect(await next()).toEqual({ jsonrpc: '2.0', method: 'tell' })
  })

  test('answers a call that fails with code -32000 and the payload as data', async () => {
    const { send, next } = wired({
      handle: () => {
        throw new Error('a secret path')
      },
    })
    send({ id: 'x', method: 'break' })
    const payload = { code: 'INTERNAL', message: 'hidden from the other side' }
    expect(await next()).toEqual({
      jsonrpc: '2.0',
      id: 'x',
      error: { code: -32000, message: payload.message, data: payload },
    })
  })

  test('answers a handler without a result with null', async () => {
    const { send, next } = wired({ handle: async () => {} })
    send({ id: 1, method: 'do' })
    expect(await next()).toEqual({ jsonrpc: '2.0', id: 1, result: null })
  })

  test('answers with an error when the result cannot be encoded', async () => {
    const { send, next } = wired({ handle: () => 1n })
    send({ id: 1, method: 'big' })
    expect(await next()).toMatchObject({ id: 1, error: { data: { code: 'INTERNAL' } } })
  })

  test('sends no answer to a notification, nor dies of its failure', async () => {
    const { send, next } = wired()
    send({ method: 'unknown' })
    send({ id: 1, method: 'unknown' })
    expect(await next()).toMatchObject({ id: 1, error: { data: { code: 'NO_SUCH_METHOD' } } })
  })

  test('closes with 1011 when an error cannot even be told', async () => {
    const { peer, send } = wired({
      errorPayload: () => {
        throw new Error('again')
      },
    })
    send({ id: 1, method: 'break' })
    expect((await peer.closed).code).toBe(1011)
  })

  test('makes an error of a failure that carries no payload', async () => {
    const { peer, send, next } = wired()
    const call = peer.call('foreign', {})
    await next()
    send({ id: 1, error: { code: -32601, message: 'Method not found' } })
    const error = await call.catch((cause: unknown) => cause)
    expect((error as TestError).payload).toEqual({ code: '-32601', message: 'Method not found' })
  })

  test('answers requests beyond maxInFlight with busy, and takes more when some are done', async () => {
    const held: ((answer: string) => void)[] = []
    const { send, next } = wired({
      maxInFlight: 2,
      busy: { code: 'RATE_LIMITED', message: 'slow down' },
      handle: () => new Promise((resolve) => held.push(resolve)),
    })
    for (const id of [1, 2, 3]) send({ id, method: 'wait' })
    expect(await next()).toMatchObject({ id: 3, error: { data: { code: 'RATE_LIMITED' } } })
    held[0]?.('done')
    expect(await next()).toMatchObject({ id: 1, result: 'done' })
    send({ id: 4, method: 'wait' })
    send({ id: 5, method: 'wait' })
    expect(await next()).toMatchObject({ id: 5, error: { data: { code: 'RATE_LIMITED' } } })
    expect(held).toHaveLength(3)
  })

  test('a failed request leaves its place to the next', async () => {
    const { send, next } = wired({ maxInFlight: 1 })
    for (const id of [1, 2]) {
      send({ id, method: 'unknown' })
      expect(await next()).toMatchObject({ id, error: { data: { code: 'NO_SUCH_METHOD' } } })
    }
  })

  test('does not call its handler before createPeer has returned', async () => {
    const [wire, channel] = memoryChannelPair()
    wire.send(JSON.stringify({ jsonrpc: '2.0', method: 'early' }))
    await Promise.resolve()
    const handled = queue<string>()
    let isMade = false
    testPeer(channel, { handle: (method) => handled.put(`${method}, made: ${isMade}`) })
    isMade = true
    expect(await handled.take()).toBe('early, made: true')
  })

  test('fails at once on params that cannot be sent, and stays usable', async () => {
    const { peer, next } = wired()
    await expect(peer.call('a', 'text')).rejects.toThrow(TypeError)
    await expect(peer.call('a', { n: 1n })).rejects.toThrow(TypeError)
    expect(() => peer.notify('a', 7)).toThrow(TypeError)
    peer.notify('b', {})
    expect(await next()).toMatchObject({ method: 'b' })
  })

  test('lets go of signal and timer when the answer comes', async () => {
    const { clock, timers } = fakeTime(0)
    const { peer, send, next } = wired({ timers })
    const abort = new AbortController()
    const call = peer.call('quick', {}, { signal: abort.signal, timeoutMs: 1_000 })
    await next()
    send({ id: 1, result: 'fine' })
    expect(await call).toBe('fine')
    expect(clock.pending).toBe(0)
    abort.abort()
    await expect(peer.call('later', {}, { timeoutMs: 1_000, signal: abort.signal })).rejects.toThrow()
    expect(clock.pending).toBe(0)
  })

  test('lets many calls share one signal without a warning of a leak', async () => {
    const warnings: string[] = []
    const onWarning = (warning: Error): number => warnings.push(warning.message)
    process.on('warning', onWarning)
    const { peer } = wired()
    const abort = new AbortController()
    const calls = Array.from({ length: 100 }, () => peer.call('wait', {}, { signal: abort.signal }))
    const outcomes = Promise.allSettled(calls)
    abort.abort()
    expect((await outcomes).every(({ status }) => status === 'rejected')).toBe(true)
    await new Promise((resolve) => process.nextTick(resolve))
    process.off('warning', onWarning)
    expect(warnings).toEqual([])
  })

  test('lets go of timers when the link goes', async () => {
    const { clock, timers } = fakeTime(0)
    const { peer, wire } = wired({ timers })
    const call = peer.call('slow', {}, { timeoutMs: 1_000 })
    wire.cut()
    await expect(call).rejects.toThrow(LinkLost)
    expect(clock.pending).toBe(0)
  })

  test('an answer that came just before the link went counts', async () => {
    const { peer, wire, send, next } = wired()
    const call = peer.call('pay', {})
    await next()
    send({ id: 1, result: 'paid' })
    wire.close()
    expect(await call).toBe('paid')
  })

  test('hands nothing on that comes after its own close', async () => {
    const handled: string[] = []
    const { peer, send } = wired({ handle: (method) => handled.push(method) })
    send({ method: 'late' })
    peer.close()
    await peer.closed
    await Promise.resolve()
    expect(handled).toEqual([])
  })

  test('looks for a drained buffer after 1, 2, 4 … ms, at most every 256 ms', async () => {
    const { clock, timers } = fakeTime(0)
    const [, channel] = memoryChannelPair()
    channel.pause()
    const slow = testPeer(channel, { timers })
    slow.notify('page', { text: 'x'.repeat(1_000) })
    const drained = slow.drained(1_000)
    const looks: number[] = []
    for (let next = clock.nextTimerAt(); looks.length < 11 && next !== null; next = clock.nextTimerAt()) {
      looks.push(next - clock.now())
      clock.advance(next - clock.now())
    }
    expect(looks).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 256, 256])
    slow.close()
    await expect(drained).rejects.toThrow(LinkLost)
    expect(clock.pending).toBe(0)
  })
})
