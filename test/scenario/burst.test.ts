/** Many at once: 500 backups for 50 friends that come due in one second. */
import { expect, it, onTestFinished } from 'vitest'
import { MINUTE_MS, SECOND_MS } from '../../src/domain/instant.ts'
import type { Uin } from '../../src/domain/uin.ts'
import { DEFAULT_LIMITS } from '../../src/protocol/limits.ts'
import { type InProcess, inProcess, type Terminal } from '../support/in-process.ts'
import type { RelayDevice } from '../support/relay-world.ts'

const FRIENDS = 50
const EACH = 10
/** The daemon asks for so many at once at the most. */
const AT_ONCE = 16

interface Crowd {
  world: InProcess
  desk: Terminal
  friends: RelayDevice[]
}

/** One with fifty friends, and for each of them ten backups, which come due in the second before `dueAt`. */
async function crowd(dueAt: number): Promise<Crowd> {
  const limits = { ...DEFAULT_LIMITS, changesPerSecond: 10_000, changesBurst: 10_000 }
  const world = await inProcess({ limits, standInDelayMs: MINUTE_MS })
  onTestFinished(() => world.close())
  const desk = await world.terminal('desk')
  const me = (await desk.register('Ana')).uin as Uin
  const friends: RelayDevice[] = []
  for (let n = 0; n < FRIENDS; n++) {
    const friend = await world.register(`friend ${n}`)
    await friend.call('friend.request', { uin: me, note: null })
    await world.settle()
    await desk.call('friend.accept', { who: friend.uin })
    friends.push(friend)
  }
  for (let n = 0; n < EACH; n++) {
    // Written in an order of its own: the last written comes due first.
    const at = new Date(dueAt - n * (SECOND_MS / EACH)).toISOString()
    await Promise.all(friends.map(({ uin }) => desk.begin('backup.add', backup(uin, n, at))))
    await world.settle()
  }
  return { world, desk, friends }
}

function backup(to: Uin, n: number, at: string) {
  return { to, text: `text ${n}`, when: { at }, action: 'send' as const, dryRun: false }
}

/** What each friend has been told, as the instants at which the texts were to go, in the order they came. */
async function came({ desk, friends }: Crowd) {
  const backups = await desk.call('backup.list', { due: false, all: true })
  const planned = new Map(backups.map((one) => [one.sent?.messageId ?? '', one.trigger.conditions[0]]))
  return friends.map(({ entries }) =>
    entries.flatMap((entry) => {
      const condition = entry.type === 'message' ? planned.get(entry.message.id) : undefined
      return condition?.kind === 'time' ? [condition.at] : []
    }),
  )
}

function isWholeAndInOrder(times: readonly string[][]): void {
  expect(times.flat()).toHaveLength(FRIENDS * EACH)
  for (const friend of times) {
    expect(new Set(friend).size).toBe(EACH)
    expect(friend).toEqual([...friend].sort())
  }
}

const DUE_AT = Date.UTC(2026, 0, 5, 10)

it('500 that come due in one second go in the order they were due, a bounded number at once, by the daemon', {
  timeout: 120_000,
}, async () => {
  const all = await crowd(DUE_AT)
  const { world, desk, friends } = all
  await world.pass(DUE_AT - 2 * SECOND_MS - world.host.clock.now())
  // The relay does what it is asked for, and its answers wait.
  desk.deaf(true)
  await world.pass(3 * SECOND_MS)
  const sent = friends.map(({ entries }) => entries.filter(({ type }) => type === 'message').length)
  expect(sent.reduce((sum, count) => sum + count, 0)).toBe(AT_ONCE)
  expect(Math.max(...sent)).toBe(1)
  desk.deaf(false)
  await world.pass(SECOND_MS)
  isWholeAndInOrder(await came(all))
})

it('500 that come due in one second go in the order they were due by the relay alone', {
  timeout: 120_000,
}, async () => {
  const all = await crowd(DUE_AT)
  const { world, desk } = all
  await world.pass(DUE_AT - MINUTE_MS - world.host.clock.now())
  await desk.offline()
  await world.pass(2 * MINUTE_MS)
  await desk.online()
  isWholeAndInOrder(await came(all))
})
