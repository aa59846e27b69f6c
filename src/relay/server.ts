import { createServer as createPlain, type Server as HttpServer, type RequestListener } from 'node:http'
import { createServer as createSecure, type Server as HttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Host } from '../host/host.ts'
import { MAX_FRAME_BYTES } from '../protocol/relay-api.ts'
import { type AddressTest, clientAddress, isLoopback, plainAddress } from '../rpc/client-address.ts'
import { waitingRoom } from '../rpc/waiting-room.ts'
import { serveWebSocket, type WebSocketService } from '../rpc/websocket-server.ts'
import type { RelayConfig } from './config.ts'
import type { Health } from './operating/health.ts'
import type { Listen } from './operating/listen.ts'
import type { Relay } from './relay.ts'

export interface RelayServer {
  /** `ws://HOST:PORT` or `wss:`, with the port that was really taken. */
  url: string
  /** New connections see the other certificate; those there are stay as they are. Only on a server that has one. */
  setCertificate(tls: TlsKeys): void
  /** Takes no more connections; those there are stay. */
  refuse(): void
  close(): Promise<void>
}

export interface TlsKeys {
  /** PEM. */
  cert: string
  key: string
}

export interface ServeOptions {
  listen: Listen
  host: Pick<Host, 'timers' | 'clock'>
  config: Pick<RelayConfig, 'pingIntervalMs' | 'connections' | 'connectionsPerAddress'>
  /** Null: plain, for loopback and for proxies that have TLS. */
  tls: TlsKeys | null
  isProxy: AddressTest | null
  health: () => Promise<Health>
}

const HEADERS_TIMEOUT_MS = 10_000
/**
 * Node's own limits against slow and endless requests, for which it looks at all connections every so often. Whoever is
 * to be cut in time is so by the waiting room.
 */
export const HTTP_LIMITS = {
  headersTimeout: HEADERS_TIMEOUT_MS,
  requestTimeout: HEADERS_TIMEOUT_MS,
  connectionsCheckingInterval: 30_000,
  keepAliveTimeout: 1,
}
/** Sockets that have not become WebSockets yet, or never will. */
const SPARE_SOCKETS = 1_024

/** Plain requests: one word on how the relay is at `/healthz`, and a line of text anywhere else. */
function onRequest(health: () => Promise<Health>): RequestListener {
  return async (request, reply) => {
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    if (!isRead || request.url?.split('?', 1)[0] !== '/healthz') {
      reply.writeHead(404, { 'content-type': 'text/plain', connection: 'close' })
      reply.end('This is an im relay. It speaks WebSocket at /v1.\n')
      return
    }
    const word = await health()
    const headers = { 'content-type': 'text/plain', 'cache-control': 'no-store', connection: 'close' }
    reply.writeHead(word === 'ok' ? 200 : 503, headers)
    reply.end(request.method === 'HEAD' ? undefined : `${word}\n`)
  }
}

function createServer(tls: TlsKeys | null, listener: RequestListener): HttpServer | HttpsServer {
  if (tls === null) return createPlain(HTTP_LIMITS, listener)
  return createSecure({ ...HTTP_LIMITS, ...tls, handshakeTimeout: HEADERS_TIMEOUT_MS, minVersion: 'TLSv1.2' }, listener)
}

/** `HOST:PORT` as it stands in a URL, with the port that was really taken. */
export function urlOf(server: HttpServer | HttpsServer): string {
  const { address, family, port } = server.address() as AddressInfo
  return `${family === 'IPv6' ? `[${address}]` : address}:${port}`
}

export function listening(server: HttpServer | HttpsServer, { host, port }: Listen): Promise<void> {
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
  const server = createServer(tls, onRequest(options.health))
  server.maxConnections = config.connections + SPARE_SOCKETS
  waitingRoom(server, {
    // One less than there is room for: the listener turns nobody away before the longest waiter has gone.
    most: SPARE_SOCKETS - 1,
    mostPerCaller: config.connectionsPerAddress,
    isProxy: isProxy ?? (() => false),
    longestMs: HEADERS_TIMEOUT_MS,
    timers: host.timers,
  })
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
    clock: host.clock,
    onChannel: (channel, { remoteAddress }) => relay.accept(channel, remoteAddress),
  })
  await listening(server, listen).catch(async (cause: unknown) => {
    // Its pings would keep the process.
    await service.close()
    throw cause
  })
  return {
    url: `${tls === null ? 'ws' : 'wss'}://${urlOf(server)}`,
    refuse: () => service.refuse(),
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
