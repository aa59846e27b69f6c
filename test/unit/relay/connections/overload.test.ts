import { expect, it } from 'vitest'
import { type ErrorData, ImError, toErrorData } from '../../../../src/protocol/errors.ts'
import { isTooMuch } from '../../../../src/relay/connections/overload.ts'
import { createPeer } from '../../../../src/rpc/json-rpc-peer.ts'
import { memoryChannelPair } from '../../../../src/rpc/memory-channel.ts'
import type { Channel } from '../../../../src/rpc/peer.ts'
import { idOf, refusal, relayWorld, say, sealed } from '../../../support/relay-world.ts'

it('refuses none of the calls that a terminal comes in with, however much there is to do', () => {
  const load = { waitedMs: 10_000, own: 1, underWay: 10_000 }
  const comingIn = ['hello', 'login.start', 'login.prove', 'login.finish', 'session.open', 'log.follow', 'log.state']
  expect([...comingIn, 'device.list'].filter((method) => isTooMuch(method, load, 100))).toEqual([])
  expect(['message.send', 'backup.put', 'log.history'].filter((method) => !isTooMuch(method, load, 100))).toEqual([])
})

it('with more under way than it can do a relay tells changes when to come back, and loses none it acknowledged', async () => {
  const world = await relayWorld({ requestsAtOnce: 20 })
  const ana = await world.register('Ana')
  const letGo = world.disk.holdSync()
  const texts = Array.from({ length: 50 }, (_, n) => `text ${n}`)
  const sent = texts.map((text) =>
    ana.call('message.send', { id: idOf(text), to: ana.uin, content: sealed(ana, ana.uin, idOf(text), text) }).then(
      () => text,
      (error: unknown) => error,
    ),
  )
  await world.settle()
  // Whoever comes in meanwhile comes in, and what others did is told.
  const other = world.connect()
  await expect(other.peer.call('hello', { protocols: [1], client: 'x' })).resolves.toMatchObject({ protocol: 1 })
  letGo()
  const ends = await Promise.all(sent)
  const refused = ends.filter((end) => end instanceof ImError)
  expect(refused).toHaveLength(30)
  expect(new Set(refused.map(({ code }) => code))).toEqual(new Set(['RATE_LIMITED']))
  const waits = refused.map(({ retryAfterMs }) => retryAfterMs ?? 0)
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(500)
  expect(Math.max(...waits)).toBeLessThanOrEqual(1_500)
  expect(new Set(waits).size).toBeGreaterThan(10)

  await world.settle()
  const kept = ana.entries.flatMap((entry) => (entry.type === 'message' ? [entry.message.id] : []))
  expect(kept.sort()).toEqual(
    ends
      .filter((end) => typeof end === 'string')
      .map(idOf)
      .sort(),
  )
  // What was refused may be said again.
  await say(ana, ana.uin, texts[49] ?? '')
  await world.close()
})

it('those who never log in displace each other, and nobody who has', async () => {
  const world = await relayWorld({ connections: 80 })
  const ana = await world.register('Ana')
  const idle = Array.from({ length: 70 }, () => world.connect())
  await world.settle()
  expect(world.relay.connections).toBe(65)
  await expect(idle[0]?.peer.closed).resolves.toMatchObject({ code: 1013 })
  await expect(idle[69]?.peer.call('hello', { protocols: [1], client: 'x' })).resolves.toBeDefined()
  await say(ana, ana.uin, 'still here')
  await world.close()
})

it('whoever asks much at once is refused before those who ask little', async () => {
  const world = await relayWorld({ requestsAtOnce: 20 })
  const [ana, bo] = [await world.register('Ana'), await world.register('Bo')]
  const letGo = world.disk.holdSync()
  const flood = Array.from({ length: 60 }, (_, n) => refusal(say(ana, ana.uin, `flood ${n}`)))
  await world.settle()
  const modest = say(bo, bo.uin, 'one thing')
  await world.settle()
  letGo()
  expect(await modest).toBeDefined()
  expect((await Promise.all(flood)).filter((code) => code === 'RATE_LIMITED')).toHaveLength(40)
  await world.close()
})

it('at twice the bound those who ask little are refused too', async () => {
  const world = await relayWorld({ requestsAtOnce: 2 })
  const devices = []
  for (const nick of ['Ana', 'Bo', 'Cy', 'Di', 'Eva', 'Flo']) devices.push(await world.register(nick))
  const letGo = world.disk.holdSync()
  const codes = devices.map((device) => refusal(say(device, device.uin, 'one thing')))
  await world.settle()
  letGo()
  expect((await Promise.all(codes)).filter((code) => code === 'RATE_LIMITED')).toHaveLength(2)
  await world.close()
})

it('what had to wait too long for its turn is refused, but for coming in and being told', async () => {
  const world = await relayWorld()
  const { uin, token } = await world.register('Ana')
  let waitedMs = 501
  const [mine, theirs] = memoryChannelPair()
  world.relay.accept(
    waiting(theirs, () => waitedMs),
    '127.0.0.1',
  )
  const options = { timers: world.host.timers, errorPayload: toErrorData }
  const reviveError = (payload: { code: string }) => ImError.fromData(payload as ErrorData)
  const peer = createPeer(mine, { handle: () => {}, reviveError, ...options })
  await peer.call('hello', { protocols: [1], client: 'x' })
  await peer.call('session.open', { uin, token, person: true })
  await peer.call('log.follow', { cursor: null })
  await peer.call('log.state', { after: null })
  const asked = { friend: uin, before: null, limit: 1 }
  expect(await refusal(peer.call('log.history', asked))).toBe('RATE_LIMITED')
  waitedMs = 499
  await expect(peer.call('log.history', asked)).resolves.toBeDefined()
  await world.close()
})

/** A channel that shares its turns with others, and waited so long for each. */
function waiting(channel: Channel, waitedMs: () => number): Channel {
  return Object.create(channel, {
    bufferedBytes: { get: () => channel.bufferedBytes },
    closed: { value: channel.closed },
    start: {
      value: (onFrame: (frame: string, waitedMs: number) => void) =>
        channel.start((frame) => onFrame(frame, waitedMs())),
    },
  })
}
