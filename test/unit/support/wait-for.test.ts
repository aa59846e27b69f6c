import { expect, it } from 'vitest'
import { eventually, recorder } from '../../support/wait-for.ts'

it('a recorder finds what came before, waits for what comes, and says what came instead', async () => {
  const seen = recorder<number>()
  seen.push(1)
  expect(await seen.waitFor('a one', (n) => n === 1)).toBe(1)
  const later = seen.waitFor('a three', (n) => n === 3)
  seen.push(2)
  seen.push(3)
  expect(await later).toBe(3)
  await expect(seen.waitFor('a four', (n) => n === 4, 1)).rejects.toThrow('waited 1 ms for a four; there came [1,2,3]')
})

it('eventually looks until the check holds, and else gives its last complaint', async () => {
  let looks = 0
  await eventually(() => expect(++looks).toBe(3))
  await expect(eventually(() => Promise.reject(new Error('never')), 1)).rejects.toThrow('never')
})
