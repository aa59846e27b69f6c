import { expect, it } from 'vitest'
import { GuardedChannel } from '../../../../src/relay/connections/guarded-channel.ts'
import type { Channel } from '../../../../src/rpc/peer.ts'

/** A channel whose other end reads nothing. */
function clogged(): Channel & { sent: number; receive: (frame: string) => void; ends: number[] } {
  let onFrame = (_: string): void => {}
  const channel = {
    sent: 0,
    ends: [] as number[],
    get bufferedBytes() {
      return channel.sent
    },
    send: (frame: string) => {
      channel.sent += frame.length
    },
    start: (take: (frame: string) => void) => {
      onFrame = take
    },
    receive: (frame: string) => onFrame(frame),
    close: (code = 1000) => void channel.ends.push(code),
    closed: new Promise<never>(() => {}),
  }
  return channel
}

it('a reader with more than 1 MiB before it is cut off, and holds no more of the memory', () => {
  const channel = clogged()
  const guarded = new GuardedChannel(channel, () => true)
  for (let i = 0; i < 16; i++) guarded.send('x'.repeat(64 * 1024))
  expect(channel.ends).toEqual([])
  guarded.send('x')
  expect(channel.ends).toEqual([1013])
  guarded.send('x'.repeat(64 * 1024))
  expect(channel.sent).toBe(1024 * 1024 + 1)
})

it('what is sent before a login is counted in bytes, and nothing after the cut is heard', () => {
  const channel = clogged()
  const heard: number[] = []
  new GuardedChannel(channel, () => false).start((frame) => heard.push(frame.length))
  channel.receive('é'.repeat(32 * 1024))
  channel.receive('x')
  channel.receive('x')
  expect([heard, channel.ends]).toEqual([[32 * 1024], [1008]])
})

it('whoever has proved a device may send what the frame limit allows', () => {
  const channel = clogged()
  let heard = 0
  new GuardedChannel(channel, () => true).start(() => heard++)
  for (let i = 0; i < 200; i++) channel.receive('x'.repeat(64 * 1024))
  expect([heard, channel.ends]).toEqual([200, []])
})
