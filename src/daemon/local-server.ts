import { setMaxListeners } from 'node:events'
import type { Host } from '../host/host.ts'
import { toErrorData } from '../protocol/errors.ts'
import { createPeer } from '../rpc/json-rpc-peer.ts'
import { type LocalServer, listenLocal } from '../rpc/local-socket.ts'
import type { Channel } from '../rpc/peer.ts'
import type { LocalSession } from './core.ts'
import type { Daemon } from './daemon.ts'
import { reviveError } from './link/relay-peer.ts'

/** A caller that reads so slowly is let go: what it watches stands in the log. */
const HIGH_WATER_BYTES = 8 * 1024 * 1024

/** Serves one caller until it hangs up. */
export function serveCaller(channel: Channel, daemon: Daemon, host: Host): void {
  const gone = new AbortController()
  // As many waits as there may be calls; each lets go when it ends.
  setMaxListeners(0, gone.signal)
  const peer = createPeer(channel, {
    handle: (method, params) => daemon.handle(method, params, session),
    errorPayload: toErrorData,
    reviveError,
    onBadFrame: (cause) => host.log.warn('local frame refused', { cause }),
    timers: host.timers,
  })
  const session: LocalSession = {
    hello: null,
    signal: gone.signal,
    tell: (event, params) => {
      if (peer.bufferedBytes > HIGH_WATER_BYTES) peer.close(1013, 'reads too slowly')
      else peer.notify(event, params)
    },
  }
  peer.closed.then(() => gone.abort())
}

/** The store's lock must be held: it is what keeps two daemons of a profile apart. */
export function serveLocal(socket: string, daemon: Daemon, host: Host): Promise<LocalServer> {
  return listenLocal(socket, (channel) => serveCaller(channel, daemon, host), { unlinkStale: true })
}
