import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { expect, it } from 'vitest'
import { lineChannel } from '../../../src/rpc/line-channel.ts'
import { turn } from '../../support/turn.ts'

/** A socket that notes what each of its writes would bring into the system. */
function notingSocket() {
  const writes: string[] = []
  const socket = new Duplex({
    read() {},
    write(chunk, _encoding, done) {
      writes.push(String(chunk))
      done()
    },
    writev(chunks, done) {
      writes.push(chunks.map(({ chunk }) => String(chunk)).join(''))
      done()
    },
  })
  return { writes, socket: Object.assign(socket, { setTimeout: () => socket }) as unknown as Socket }
}

it('writes the frames of a turn at once, so that the other side wakes once', async () => {
  const { writes, socket } = notingSocket()
  const channel = lineChannel(socket, 1024)
  channel.send('hello')
  await Promise.resolve()
  channel.send('call')
  await turn()
  channel.send('another')
  await turn()
  expect(writes).toEqual(['hello\ncall\n', 'another\n'])
})

it('writes what waits before it says why it closes', async () => {
  const { writes, socket } = notingSocket()
  const channel = lineChannel(socket, 1024)
  channel.send('last words')
  channel.close(1001, 'going')
  await turn()
  channel.send('too late')
  await turn()
  expect(writes.join('')).toBe('last words\n:1001 going\n')
})
