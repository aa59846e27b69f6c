/** Misuse and overload in small, on a real relay; `npm run bench -- overload` is the whole of it, with figures. */
import { expect, it } from 'vitest'
import { runOverload } from '../../bench/overload.ts'

it('beside those who say nothing and those who never read, and asked for twice what it can, a relay serves the honest', {
  timeout: 120_000,
}, async () => {
  const found = await runOverload({
    ...{ writers: 20, modest: 5, halfOpen: 1_500, slowReaders: 10, connections: 200 },
    stageMs: 1_500,
  })
  expect(found.lost).toBe(0)
  expect(found.slowReadersCut).toBe(10)
  // Bounds that hold on a busy machine: what fails here does not answer at all.
  for (const { comingIn, acknowledged } of [found.beside, found.atOnce, found.atTwice]) {
    for (const ms of [comingIn, acknowledged]) {
      expect(ms.length).toBeGreaterThan(0)
      expect(Math.max(...ms)).toBeLessThan(10_000)
    }
  }
  expect(found.twice.kept / found.twice.seconds).toBeGreaterThan(found.once.kept / found.once.seconds / 10)
  expect(found.mostRssBytes).toBeLessThan(400 * 2 ** 20)
})
