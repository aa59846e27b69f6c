import { createServer as createPlain, type Server as HttpServer, type RequestListener } from 'node:http'
import { createServer as createSecure, type Server as HttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Host } from '../host/host.ts'
import { MAX_FRAME_BYTES } from '../protocol/relay-api.ts'
import { type AddressTest, clientAddress, isLoopback, plainAddress } from '../rpc/client-address.ts'
import { serveWebSocket, type WebSocketService } from '../rpc/websocket-server.ts'
import type { RelayConfig } from './config.ts'
import type { Listen } from './listen.ts'
import type { Relay } from './relay.ts'

export interface RelayServer {
  /** `ws://HOST:PORT` or `wss:`, with the port that was really taken. */
  url: string
  /** New connections see the other certificate; those there are stay as they are. Only on a server that has one. */
  setCertificate(tls: TlsKeys): void
  close(): Promise<void>
}

export interface TlsKeys {
  /** PEM. */
  cert: string
  key: string
}

export interface ServeOptions {
  listen: Listen
  host: Pick<Host, 'timers'>
  config: Pick<RelayConfig, 'pingIntervalMs' | 'connections' | 'connectionsPerAddress'>
  /** Null: plain, for loopback and for proxies that have TLS. */
  tls: TlsKeys | null
  isProxy: AddressTest | null
}

/** Node's own limits against slow and endless requests; it looks for them every `CHECK_MS`. */
const HEADERS_TIMEOUT_MS = 10_000
const CHECK_MS = 1_000
/** Sockets that have not become WebSockets yet, or never will. */
const SPARE_SOCKETS = 256

const onRequest: RequestListener = (_, reply) => {
  reply.writeHead(404, { 'content-type': 'text/plain', connection: 'close' })
  reply.end('This is an im relay. It speaks WebSocket at /v1.\n')
}

function createServer(tls: TlsKeys | null): HttpServer | HttpsServer {
  const limits = {
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: HEADERS_TIMEOUT_MS,
    connectionsCheckingInterval: CHECK_MS,
    keepAliveTimeout: 1,
  }
  if (tls === null) return createPlain(limits, onRequest)
  return createSecure({ ...limits, ...tls, handshakeTimeout: HEADERS_TIMEOUT_MS, minVersion: 'TLSv1.2' }, onRequest)
}

function listening(server: HttpServer | HttpsServer, { host, port }: Listen): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/** Accepts WebSocket connections for a relay at `/v1`; answers anything else with a line of text. */
export async function serveRelay(relay: Relay, options: ServeOptions): Promise<RelayServer> {
  const { listen, host, config, tls, isProxy } = options
  const server = createServer(tls)
  server.maxConnections = config.connections + SPARE_SOCKETS
  const service: WebSocketService = serveWebSocket({
    server,
    path: '/v1',
    maxFrameBytes: MAX_FRAME_BYTES,
    maxConnections: config.connections,
    maxPerCaller: config.connectionsPerAddress,
    addressOf: (peer, headers) => addressOf(peer, headers['x-forwarded-for'], tls !== null, isProxy),
    allowOrigin: (origin) => origin === undefined,
    pingIntervalMs: config.pingIntervalMs,
    timers: host.timers,
    onChannel: (channel, { remoteAddress }) => relay.accept(channel, remoteAddress),
  })
  await listening(server, listen)
  const address = server.address() as AddressInfo
  const shown = address.family === 'IPv6' ? `[${address.address}]` : address.address
  return {
    url: `${tls === null ? 'ws' : 'wss'}://${shown}:${address.port}`,
    setCertificate(keys) {
      if ('setSecureContext' in server) server.setSecureContext({ ...keys, minVersion: 'TLSv1.2' })
    },
    async close() {
      await service.close(1001, 'going away')
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

/** Null: in plain text, and neither from this machine nor through a proxy we know. */
function addressOf(
  peer: string,
  forwardedFor: string | string[] | undefined,
  isSecure: boolean,
  isProxy: AddressTest | null,
): string | null {
  const forwarded = Array.isArray(forwardedFor) ? forwardedFor.join(',') : forwardedFor
  if (isProxy?.(peer)) return clientAddress(peer, forwarded, isProxy)
  return isSecure || isLoopback(peer) ? plainAddress(peer) : null
}
