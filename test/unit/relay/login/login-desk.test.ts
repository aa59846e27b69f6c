import { expect, it } from 'vitest'
import { fakeHost } from '../../../../src/host/fake-host.ts'
import { LoginDesk } from '../../../../src/relay/login/login-desk.ts'
import { refusal } from '../../../support/relay-world.ts'

const HERE = { ended: false }
const PIECE_MS = 5

/** A desk at which every piece of work takes 5 ms. */
function desk(most: number) {
  const host = fakeHost()
  const done: { name: string; at: number }[] = []
  const made = new LoginDesk(host, most)
  const come = (name: string, connection = HERE) =>
    made.run(connection, () => {
      host.clock.advance(PIECE_MS)
      done.push({ name, at: host.clock.monotonic() })
      return name
    })
  return { host, done, come }
}

it('one piece after another is computed, with as long a rest in between', async () => {
  const { host, done, come } = desk(10)
  const all = ['a', 'b', 'c'].map((name) => come(name))
  await host.clock.advanceAsync(100)
  expect(await Promise.all(all)).toEqual(['a', 'b', 'c'])
  expect(done).toEqual([
    { name: 'a', at: 5 },
    { name: 'b', at: 15 },
    { name: 'c', at: 25 },
  ])
})

it('whoever comes when nobody waits is served at once', async () => {
  const { host, done, come } = desk(10)
  await come('a')
  await host.clock.advanceAsync(PIECE_MS)
  await come('b')
  expect(done.map(({ at }) => at)).toEqual([5, 15])
})

it('whoever comes when too many wait is told to come back; those who wait are served', async () => {
  const { host, done, come } = desk(3)
  const all = Array.from({ length: 10 }, (_, i) => refusal(come(`${i}`)))
  await host.clock.advanceAsync(200)
  const outcomes = await Promise.all(all)
  expect(outcomes.filter((outcome) => outcome === 'RATE_LIMITED')).toHaveLength(6)
  expect(done).toHaveLength(4)
  expect(await refusal(come('later'))).toBe('not refused')
})

it("nothing is computed for a connection that has gone, nor is a failure anybody else's", async () => {
  const { host, done, come } = desk(10)
  const gone = { ended: false }
  const all = [come('a'), come('b', gone), come('c')].map(refusal)
  gone.ended = true
  await host.clock.advanceAsync(100)
  expect(await Promise.all(all)).toEqual(['not refused', 'USAGE', 'not refused'])
  expect(done.map(({ name }) => name)).toEqual(['a', 'c'])
})
