import { expect, it } from 'vitest'
import { comeBackMs } from '../../../../src/relay/connections/overload.ts'
import { idOf, refusal, relayWorld, say, sealed } from '../../../support/relay-world.ts'

it('of a thousand clients that are sent away no more than a hundred or so return in one second', () => {
  const returns = Array.from({ length: 1_000 }, (_, n) => comeBackMs(1_000, n / 1_000))
  const perSecond = new Map<number, number>()
  for (const at of returns) perSecond.set(Math.floor(at / 1_000), (perSecond.get(Math.floor(at / 1_000)) ?? 0) + 1)
  expect(Math.max(...perSecond.values())).toBeLessThanOrEqual(101)
  expect(Math.min(...returns)).toBe(500)
  expect(comeBackMs(1, 0.999)).toBeLessThanOrEqual(1_000)
  expect(comeBackMs(1_000_000, 0.999)).toBeLessThanOrEqual(61_000)
})

it('a relay that stops tells each client another moment to come back', async () => {
  const world = await relayWorld()
  const devices = []
  for (const nick of ['Ana', 'Bo', 'Cy', 'Di', 'Eva', 'Flo']) devices.push(await world.register(nick))
  await world.close()
  await world.settle()
  const waits = devices.map(({ closings }) => closings[0]?.retryAfterMs ?? -1)
  expect(devices.every(({ closings }) => closings[0]?.code === 'RELAY_UNREACHABLE')).toBe(true)
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(500)
  expect(new Set(waits).size).toBeGreaterThan(3)
})

it('answers what is under way before it hangs up, and refuses what comes after', async () => {
  const world = await relayWorld()
  const ana = await world.register('Ana')
  const bo = await world.register('Bo')
  await world.befriend(ana, bo)
  const letGo = world.disk.holdSync()
  const sent = say(ana, bo.uin, 'on the way')
  await world.settle()
  const closing = world.relay.close()
  await world.settle()
  expect(world.relay.draining).toBe(true)
  const late = { id: idOf('late'), to: bo.uin, content: sealed(ana, bo.uin, idOf('late'), 'too late') }
  expect(await refusal(ana.call('message.send', late))).toBe('RELAY_UNREACHABLE')
  expect(world.relay.connections).toBe(2)
  letGo()
  expect(await sent).toBeDefined()
  await world.pass(20)
  await closing
  await world.settle()
  expect(world.relay.connections).toBe(0)
  await world.store.close()
})

it('does not wait for ever for what never ends', async () => {
  const world = await relayWorld()
  const ana = await world.register('Ana')
  const letGo = world.disk.holdSync()
  const sent = say(ana, ana.uin, 'stuck').catch(() => 'no answer')
  await world.settle()
  const closing = world.relay.close()
  await world.pass(5_000)
  await closing
  await expect(sent).resolves.toBe('no answer')
  letGo()
  await world.store.close()
})
