import { expect, test } from 'vitest'
import { memoryChannelPair } from '../../../src/rpc/memory-channel.ts'

function pair() {
  const [left, right] = memoryChannelPair()
  const got: string[] = []
  right.start((frame) => got.push(frame))
  return { left, right, got }
}

test('a frame arrives after the call that sent it has returned', async () => {
  const { left, got } = pair()
  left.send('one')
  expect(got).toEqual([])
  await Promise.resolve()
  expect(got).toEqual(['one'])
})

test('a paused end keeps what it sends, counts it, and sends it on in order', async () => {
  const { left, got } = pair()
  left.pause()
  left.send('one')
  left.send('zwölf')
  await Promise.resolve()
  expect(got).toEqual([])
  expect(left.bufferedBytes).toBe(9)
  left.resume()
  await Promise.resolve()
  expect(got).toEqual(['one', 'zwölf'])
  expect(left.bufferedBytes).toBe(0)
})

test('a cut loses what is under way and ends both sides with 1006', async () => {
  const { left, right, got } = pair()
  left.send('lost')
  left.cut()
  expect((await left.closed).code).toBe(1006)
  expect((await right.closed).code).toBe(1006)
  expect(got).toEqual([])
})

test('a cut from within a frame is safe', async () => {
  const [left, right] = memoryChannelPair()
  const got: string[] = []
  right.start((frame) => {
    got.push(frame)
    right.cut()
  })
  left.send('one')
  left.send('two')
  await left.closed
  await Promise.resolve()
  expect(got).toEqual(['one'])
  expect(left.bufferedBytes).toBe(0)
})
