/** Misuse and overload in small, on a real relay; `npm run bench -- overload` is the whole of it, with figures. */
import { expect, it } from 'vitest'
import { quantile, runOverload } from '../../bench/overload.ts'

it('beside those who say nothing and those who never read, and asked for twice what it can, a relay serves the honest', {
  timeout: 120_000,
}, async () => {
  const found = await runOverload({ honest: 20, halfOpen: 1_500, slowReaders: 10, connections: 200, stageMs: 1_500 })
  expect(found.lost).toBe(0)
  expect(found.slowReadersCut).toBe(10)
  // Bounds that hold on a busy machine: what fails here does not answer at all.
  for (const ms of [found.besideMs, found.loginBesideMs, found.loginUnderLoadMs]) {
    expect(ms.length).toBeGreaterThan(0)
    expect(quantile(ms, 1)).toBeLessThan(10_000)
  }
  expect(found.acknowledged).toBeGreaterThan(found.sustained / 10)
  expect(found.mostRssBytes).toBeLessThan(400 * 2 ** 20)
})
