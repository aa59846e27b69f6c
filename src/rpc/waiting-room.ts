import type { Server as HttpServer } from 'node:http'
import type { Server as HttpsServer } from 'node:https'
import type { Socket } from 'node:net'
import { callerOf, isLoopback } from './client-address.ts'
import type { PeerOptions } from './peer.ts'

export interface WaitingRoomOptions {
  /** Sockets that may wait at once. When one more comes, the one that has waited longest goes. */
  most: number
  /** Of one caller (an IPv4 address, a /64 of IPv6); the next one of it is sent away. Loopback is not counted. */
  mostPerCaller: number
  /** Whom `mostPerCaller` does not hold for: a proxy brings many. */
  isProxy: (address: string) => boolean
  /** After so long a socket is cut, whatever it has said: Node cuts the slow by looking at all of them every so often. */
  longestMs: number
  timers: PeerOptions['timers']
}

interface Waiting {
  socket: Socket
  stopTimer: () => void
}

/**
 * Sockets that are no WebSockets yet, and may never be. Whoever opens thousands and says nothing displaces its own, not
 * those who come to speak: an honest caller is out of here within a few packets. A socket is known by its far end,
 * since under TLS the one that is upgraded is another object than the one that came.
 */
export function waitingRoom(server: HttpServer | HttpsServer, options: WaitingRoomOptions): { readonly size: number } {
  const waiting = new Map<string, Waiting>()
  const perCaller = new Map<string, number>()

  function leave(key: string): void {
    const one = waiting.get(key)
    if (one === undefined) return
    waiting.delete(key)
    one.stopTimer()
    const caller = callerKey(key)
    const left = (perCaller.get(caller) ?? 0) - 1
    if (left > 0) perCaller.set(caller, left)
    else perCaller.delete(caller)
  }

  server.on('connection', (socket: Socket) => {
    const { remoteAddress = '' } = socket
    const key = keyOf(socket)
    const caller = callerKey(key)
    const here = perCaller.get(caller) ?? 0
    const isCounted = !isLoopback(remoteAddress) && !options.isProxy(remoteAddress)
    if (isCounted && here >= options.mostPerCaller) {
      socket.destroy()
      return
    }
    perCaller.set(caller, here + 1)
    waiting.set(key, { socket, stopTimer: options.timers.after(options.longestMs, () => socket.destroy()) })
    socket.on('close', () => {
      if (waiting.get(key)?.socket === socket) leave(key)
    })
    if (waiting.size <= options.most) return
    const [oldest] = waiting
    if (oldest === undefined) return
    leave(oldest[0])
    oldest[1].socket.destroy()
  })
  // The first listener, so that whatever the upgrade comes to, it is out of here.
  server.prependListener('upgrade', ({ socket }: { socket: Socket }) => leave(keyOf(socket)))

  return {
    get size() {
      return waiting.size
    },
  }
}

/** Address and port of the far end; no two sockets of one listener share them. */
function keyOf({ remoteAddress, remotePort }: Socket): string {
  return `${remotePort ?? 0} ${remoteAddress ?? ''}`
}

function callerKey(key: string): string {
  return callerOf(key.slice(key.indexOf(' ') + 1))
}
