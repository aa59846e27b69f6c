import { expect, it } from 'vitest'
import { slope } from '../../../bench/soak.ts'

it('the slope of a memory that grows by 6 MB an hour is 6, though every other look is 1 MB off', () => {
  const samples = Array.from({ length: 120 }, (_, n) => ({ hours: 50 + n / 720, rss: 100 + n / 120 }))
  expect(slope(samples)).toBeCloseTo(6, 6)
  const noisy = samples.map(({ hours, rss }, n) => ({ hours, rss: rss + (n % 2 === 0 ? 1 : -1) }))
  expect(slope(noisy)).toBeCloseTo(6, 0)
  expect(slope(samples.map(({ hours }) => ({ hours, rss: 100 })))).toBeCloseTo(0, 6)
})
