import type { Host } from '../host/host.ts'
import { ImError } from '../protocol/errors.ts'
import { MAX_FRAME_BYTES } from '../protocol/relay-api.ts'
import { CONNECT_MS, type Connect } from './relay-peer.ts'

/** Where a relay speaks WebSocket: at `v1` below its address. */
function endpointOf(relayUrl: string): string {
  return `${relayUrl.replace(/\/+$/, '')}/v1`
}

/** Connects to real relays. The WebSocket client is loaded at the first attempt: who is not logged in never pays for it. */
export function connectRelay(host: Host): Connect {
  return async (url, signal) => {
    const { ConnectFailed, connectWebSocket } = await import('../rpc/websocket-client.ts')
    try {
      return await connectWebSocket(endpointOf(url), {
        signal,
        connectTimeoutMs: CONNECT_MS,
        timers: host.timers,
        maxFrameBytes: MAX_FRAME_BYTES,
      })
    } catch (error) {
      if (!(error instanceof ConnectFailed)) throw error
      const certificate = error.reason === 'certificate'
      throw new ImError(certificate ? 'RELAY_CERT' : 'RELAY_UNREACHABLE', undefined, {
        hint: certificate ? 'im doctor says what is wrong with it' : `is the relay at ${url} running?`,
        cause: error,
      })
    }
  }
}
