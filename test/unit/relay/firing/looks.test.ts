import { expect, test } from 'vitest'
import type { Uin } from '../../../../src/domain/uin.ts'
import { fakeTime } from '../../../../src/host/fake-host.ts'
import { type LookEnd, Looks } from '../../../../src/relay/firing/looks.ts'
import { turn } from '../../../support/turn.ts'

const uin = (n: number) => String(n) as Uin
const many = (count: number) => Array.from({ length: count }, (_, n) => uin(n))

/** Looks that end when the test says so. */
function looksAt({ delayMs = 0 } = {}) {
  const { clock, timers } = fakeTime(0)
  const begun: Uin[] = []
  const ends = new Map<Uin, (end: LookEnd) => void>()
  let idle = 0
  const looks = new Looks({
    timers,
    look: (who) => {
      begun.push(who)
      return new Promise((resolve) => ends.set(who, resolve))
    },
    delayMs: () => delayMs,
    onIdle: () => void idle++,
  })
  const end = async (who: Uin, how: LookEnd = 'done') => {
    ends.get(who)?.(how)
    ends.delete(who)
    await turn()
  }
  const endAll = async (how: LookEnd) => {
    for (const who of [...ends.keys()]) await end(who, how)
  }
  return { clock, looks, begun, end, endAll, idleTimes: () => idle, underWay: () => ends.size }
}

test('so many accounts are looked at at once, the others in their order, and all of them', async () => {
  const { looks, begun, end, idleTimes } = looksAt()
  const accounts = many(300)
  for (const who of accounts) looks.touch(who)
  expect(begun).toHaveLength(128)
  expect(looks.queued).toBe(172)
  expect(looks.size).toBe(300)
  for (const who of accounts) await end(who)
  expect(begun).toEqual(accounts)
  expect(looks.size).toBe(0)
  expect(idleTimes()).toBeGreaterThan(0)
})

test('what happens during a look is looked at after it, once, and never beside it', async () => {
  const { looks, begun, end } = looksAt()
  looks.touch(uin(1))
  looks.touch(uin(1))
  looks.now(uin(1))
  expect(begun).toHaveLength(1)
  await end(uin(1))
  expect(begun).toHaveLength(2)
  await end(uin(1))
  expect(begun).toHaveLength(2)
})

test('an account is left alone for a moment, unless it need not be', async () => {
  const { clock, looks, begun } = looksAt({ delayMs: 5_000 })
  looks.touch(uin(1))
  looks.touch(uin(2))
  expect(begun).toEqual([])
  looks.now(uin(2))
  expect(begun).toEqual([uin(2)])
  clock.advance(5_000)
  expect(begun).toEqual([uin(2), uin(1)])
})

test('one that fails is looked at again after a while, and the others go on', async () => {
  const { clock, looks, begun, end } = looksAt()
  looks.touch(uin(1))
  await end(uin(1), 'failed')
  looks.touch(uin(2))
  await end(uin(2))
  clock.advance(4_999)
  expect(begun).toEqual([uin(1), uin(2)])
  clock.advance(1)
  expect(begun).toEqual([uin(1), uin(2), uin(1)])
})

test('one that fails again and again is looked at ever more rarely, until it goes well once', async () => {
  const { clock, looks, begun, end } = looksAt()
  const tries = async (how: LookEnd, ms: number) => {
    await end(uin(1), how)
    const before = begun.length
    clock.advance(ms - 1)
    expect(begun).toHaveLength(before)
    clock.advance(1)
    expect(begun).toHaveLength(before + 1)
  }
  looks.touch(uin(1))
  for (const seconds of [5, 10, 20, 40, 80, 160, 320, 600, 600]) await tries('failed', seconds * 1_000)
  await end(uin(1))
  looks.touch(uin(1))
  await tries('failed', 5_000)
})

test('while the disk is full one is tried every five seconds, for all; with room again all go', async () => {
  const { clock, looks, begun, endAll, underWay } = looksAt()
  for (const who of many(10_000)) looks.touch(who)
  await endAll('full')
  looks.touch(uin(10_000))
  looks.now(uin(10_001))
  expect(underWay()).toBe(0)
  expect(begun).toHaveLength(128)
  for (let tries = 1; tries <= 10; tries++) {
    clock.advance(4_999)
    expect(underWay()).toBe(0)
    clock.advance(1)
    expect(underWay()).toBe(1)
    await endAll('full')
  }
  expect(begun).toHaveLength(138)
  clock.advance(5_000)
  await endAll('done')
  expect(underWay()).toBe(128)
  while (underWay() > 0) await endAll('done')
  expect(new Set(begun).size).toBe(10_002)
  expect(clock.pending).toBe(0)
})

test('once closed none begins, and those under way are waited for', async () => {
  const { clock, looks, begun, end } = looksAt({ delayMs: 10 })
  looks.touch(uin(1))
  looks.now(uin(2))
  let isClosed = false
  const closing = looks.close().then(() => {
    isClosed = true
  })
  looks.touch(uin(3))
  clock.advance(10_000)
  expect(begun).toEqual([uin(2)])
  expect(isClosed).toBe(false)
  await end(uin(2), 'failed')
  await closing
  expect(clock.pending).toBe(0)
})
