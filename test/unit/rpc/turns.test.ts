import { expect, test } from 'vitest'
import { fakeTime } from '../../../src/host/fake-host.ts'
import { type InLine, Turns } from '../../../src/rpc/turns.ts'
import { turn } from '../../support/turn.ts'

/** Turns in which each frame takes some time, and what was taken. */
function turnsOf(frameMs: number) {
  const { clock } = fakeTime(0)
  const taken: string[] = []
  const one = (name: string, frames: number, onTaken = () => {}, isNew = false): InLine => ({
    isNew,
    takeOne() {
      clock.advance(frameMs)
      taken.push(name)
      onTaken()
      return --frames > 0
    },
  })
  return { turns: new Turns(clock), taken, one }
}

test('where nobody is in line the first frame is taken at once, and one only', async () => {
  const { turns, taken, one } = turnsOf(0)
  turns.join(one('a', 2))
  turns.join(one('b', 1))
  expect(taken).toEqual(['a'])
  await turn()
  expect(taken).toEqual(['a', 'b', 'a'])
})

test('each gets its turn, whoever has much waiting', async () => {
  const { turns, taken, one } = turnsOf(0)
  for (const name of ['a', 'b', 'c']) turns.join(one(name, 100))
  turns.join(one('d', 1))
  await turn()
  expect(taken.indexOf('d')).toBeLessThan(8)
  const half = taken.slice(0, 150)
  for (const name of ['a', 'b', 'c']) expect(half.filter((one) => one === name).length).toBeGreaterThan(45)
  expect(taken).toHaveLength(301)
})

test('who has just come goes before those who have had more waiting all along, and does not keep them from theirs', async () => {
  const { turns, taken, one } = turnsOf(0)
  const comeLater = () => {
    if (taken.length === 6) turns.join(one('new', 1))
    if (taken.length === 8) for (let n = 0; n < 4; n++) turns.join(one('more', 1))
  }
  turns.join(one('first', 1))
  taken.length = 0
  for (let n = 0; n < 4; n++) turns.join(one(`flood ${n}`, 4, comeLater))
  await turn()
  expect(taken.indexOf('new')).toBeLessThanOrEqual(8)
  expect(taken.slice(8, 18).filter((name) => name === 'more')).toHaveLength(4)
  expect(taken).toHaveLength(21)
})

test('who is coming in goes before the thousands who are in, and does not keep them from their turns', async () => {
  const { turns, taken, one } = turnsOf(0)
  for (let n = 0; n < 1_000; n++) turns.join(one(`in ${n}`, 2))
  for (let n = 0; n < 20; n++) turns.join(one('coming in', 1, () => {}, true))
  await turn()
  expect(taken.lastIndexOf('coming in')).toBeLessThan(60)
  expect(taken.slice(0, 60).filter((name) => name !== 'coming in')).toHaveLength(40)
  expect(taken).toHaveLength(2_020)
})

test('after some milliseconds the event loop has its turn, and what is left goes on', async () => {
  const { turns, taken, one } = turnsOf(2)
  turns.join(one('flood', 10))
  await turn()
  expect(taken.length).toBeLessThanOrEqual(4)
  for (let n = 0; n < 10; n++) await turn()
  expect(taken).toHaveLength(10)
})

test('ten thousand in line are served once each, and whoever comes again is served again', async () => {
  const { turns, taken, one } = turnsOf(0)
  for (let n = 0; n < 10_000; n++) turns.join(one(`${n}`, 1))
  await turn()
  turns.join(one('again', 1))
  await turn()
  expect(taken).toEqual([...Array.from({ length: 10_000 }, (_, n) => `${n}`), 'again'])
})
