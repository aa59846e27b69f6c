import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Host } from '../host/host.ts'
import { MAX_FRAME_BYTES } from '../protocol/relay-api.ts'
import { serveWebSocket, type WebSocketService } from '../rpc/websocket-server.ts'
import type { Relay } from './relay.ts'

export interface RelayServer {
  /** `ws://HOST:PORT`, with the port that was really taken. */
  url: string
  close(): Promise<void>
}

/** Node's own limits against slow and endless requests. */
const HEADERS_TIMEOUT_MS = 10_000

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/** Accepts WebSocket connections for a relay at `/v1`; answers anything else with a line of text. */
export async function serveRelay(
  relay: Relay,
  { host, port }: { host: string; port: number },
  { timers }: Host,
  pingIntervalMs: number,
): Promise<RelayServer> {
  const server = createServer(
    { headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: HEADERS_TIMEOUT_MS },
    (_, reply) => {
      reply.writeHead(404, { 'content-type': 'text/plain' })
      reply.end('This is an im relay. It speaks WebSocket at /v1.\n')
    },
  )
  const service: WebSocketService = serveWebSocket({
    server,
    path: '/v1',
    maxFrameBytes: MAX_FRAME_BYTES,
    allowOrigin: (origin) => origin === undefined,
    pingIntervalMs,
    timers,
    onChannel: (channel, { remoteAddress }) => relay.accept(channel, remoteAddress),
  })
  await listening(server, host, port)
  const address = server.address() as AddressInfo
  const shown = address.family === 'IPv6' ? `[${address.address}]` : address.address
  return {
    url: `ws://${shown}:${address.port}`,
    async close() {
      await service.close(1001, 'going away')
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
