/** Many at once: what the relay decides when everybody asks in the same instant. */
import { expect, it, onTestFinished } from 'vitest'
import { ImError } from '../../src/protocol/errors.ts'
import { DEFAULT_LIMITS } from '../../src/protocol/limits.ts'
import { dummyText } from '../support/dummy-seal.ts'
import { idOf, newBackup, planFor, type RelayDevice, type RelayWorld, relayWorld } from '../support/relay-world.ts'
import { Dice } from './dice.ts'

const BACKUPS = 10_000
/** A relay takes that many requests of one connection at once; an account's budget is not what is tested. */
const AT_ONCE = 60
const MANY = 1_000_000
/** Few, so that a race is decided by who came first and not by who waits for whom. */
const RACES_AT_ONCE = 10
/** Promises that a firing goes through, about. */
const LONGEST_FIRING_TURNS = 300
const LIMITS = {
  ...DEFAULT_LIMITS,
  backupsPerFriend: MANY,
  backupsPerAccount: MANY,
  finishedBackups: MANY,
  changesPerSecond: MANY,
  changesBurst: MANY,
}

interface Crowd {
  world: RelayWorld
  devices: RelayDevice[]
  friend: RelayDevice
  /** The instant all are due. */
  dueAt: number
  ids: string[]
}

/** One account with several devices, and ten thousand backups that come due in one instant, which is now. */
async function crowd(count: number): Promise<Crowd> {
  const world = await relayWorld({ limits: LIMITS, standInDelayMs: 60_000, loginsPerMinute: MANY })
  onTestFinished(() => world.close())
  const first = await world.register('Ana')
  const friend = await world.register('Bo')
  await world.befriend(first, friend)
  const devices = [first]
  while (devices.length < count) devices.push(await world.open(await world.login(first.uin)))
  const dueAt = world.host.clock.now() + 60_000
  const names = Array.from({ length: BACKUPS }, (_, n) => `backup ${n}`)
  const ids = names.map(idOf)
  const plan = planFor(friend.uin, [{ kind: 'time', at: dueAt, local: '', zone: 'UTC' }])
  for (let from = 0; from < BACKUPS; from += 250) {
    const backups = names.slice(from, from + 250).map((name) => newBackup(first, name, plan, idOf(name)))
    await first.call('backup.put', { backups })
  }
  world.host.clock.advance(60_000)
  return { world, devices, friend, dueAt, ids }
}

const fire = (device: RelayDevice, id: string) =>
  device.call('backup.fire', { id, rev: 1, occurrence: 1, seenSeq: MANY, sightings: [] })

/** The id of each message the friend has, from the friend's own log. */
async function received({ world, friend }: Crowd): Promise<Map<string, number>> {
  await world.settle()
  const times = new Map<string, number>()
  const log = await world.store.read(friend.uin, (reader) => reader.range({ gte: 'log/', lt: 'log0' }))
  for (const [, value] of log) {
    const entry = value as RelayDevice['entries'][number]
    if (entry.type !== 'message') continue
    const text = dummyText(entry.message.content)
    times.set(text, (times.get(text) ?? 0) + 1)
  }
  return times
}

it('makes exactly 10,000 messages of 10,000 backups that five devices fire in one instant', {
  timeout: 120_000,
}, async () => {
  const all = await crowd(5)
  const outcomes = new Map<string, number>()
  const lane = async (device: RelayDevice, index: number) => {
    // Each begins somewhere else, so that every one of them is first with some.
    const order = [...all.ids.slice(index * 2_000), ...all.ids.slice(0, index * 2_000)]
    for (let from = 0; from < BACKUPS; from += AT_ONCE) {
      for (const { outcome } of await Promise.all(order.slice(from, from + AT_ONCE).map((id) => fire(device, id)))) {
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
      }
    }
  }
  await Promise.all(all.devices.map(lane))
  const messages = await received(all)
  expect(messages.size).toBe(BACKUPS)
  expect([...messages.values()].every((times) => times === 1)).toBe(true)
  expect(Object.fromEntries(outcomes)).toEqual({ sent: BACKUPS, already: 4 * BACKUPS })
})

it('never contradicts itself in 10,000 races of a cancel against a firing', { timeout: 120_000 }, async () => {
  const all = await crowd(2)
  const [firing, cancelling] = all.devices
  if (firing === undefined || cancelling === undefined) throw new Error('two devices were asked for')
  const dice = new Dice(1)
  const cancel = async (id: string) => {
    try {
      const { record } = await cancelling.call('backup.step', { id, change: idOf(`cancel ${id}`), step: 'cancel' })
      return record.state
    } catch (error) {
      return error instanceof ImError ? error.code : 'no error of ours'
    }
  }
  const told = new Map<string, { fired: string; cancelled: string }>()
  for (let from = 0; from < BACKUPS; from += RACES_AT_ONCE) {
    const race = async (id: string) => {
      // A firing looks at more before its turn comes: the cancel has to start later to meet it.
      const fireFirst = dice.chance(80)
      const early = fireFirst ? fire(firing, id) : cancel(id)
      for (let turns = dice.int(0, LONGEST_FIRING_TURNS); turns > 0; turns--) await null
      const late = fireFirst ? cancel(id) : fire(firing, id)
      const [one, other] = await Promise.all([early, late])
      const fired = typeof one === 'string' ? other : one
      const cancelled = typeof one === 'string' ? one : other
      if (typeof fired === 'string' || typeof cancelled !== 'string') throw new Error('the answers are mixed up')
      told.set(id, { fired: fired.outcome, cancelled })
    }
    await Promise.all(all.ids.slice(from, from + RACES_AT_ONCE).map(race))
  }
  const messages = await received(all)
  const contradictions = all.ids.filter((id) => {
    const { fired, cancelled } = told.get(id) ?? { fired: '', cancelled: '' }
    const times = messages.get(id) ?? 0
    const wasSent = fired === 'sent' && cancelled === 'ALREADY_SENT' && times === 1
    const wasCancelled = fired === 'already' && cancelled === 'cancelled' && times === 0
    return !wasSent && !wasCancelled
  })
  expect(contradictions).toEqual([])
  // Both won often, or it was no race.
  expect(messages.size).toBeGreaterThan(BACKUPS / 10)
  expect(messages.size).toBeLessThan(BACKUPS - BACKUPS / 10)
})
