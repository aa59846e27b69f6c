/** What raw clients and a raw relay do with a TCP connection. */
import type { Socket } from 'node:net'
import { nodeTimers } from '../../src/host/node-host.ts'
import { turn } from '../support/turn.ts'
import type { Random } from './random.ts'

export const MOST_FRAMES_EACH = 40
/** How long an attacker that has said all waits to be thrown out before it goes by itself. */
const LINGER_MS = 20

/** Resolves when the socket is gone: the other end's doing, or ours after a moment. */
export function ended(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) return resolve()
    const stop = nodeTimers.after(LINGER_MS, () => socket.destroy())
    socket.once('close', () => {
      stop()
      resolve()
    })
  })
}

/** At once, or now and then a few bytes at a time, each in a packet of its own. */
export async function write(socket: Socket, bytes: Buffer, random: Random): Promise<void> {
  if (!random.chance(0.02)) {
    socket.write(bytes)
    return
  }
  for (let at = 0; at < Math.min(bytes.length, 60); at += 3) {
    socket.write(bytes.subarray(at, at + 3))
    await turn()
  }
  socket.write(bytes.subarray(60))
}
