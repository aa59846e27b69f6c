import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nodeClock, nodeTimers } from '../../src/host/node-host.ts'
import { createPeer } from '../../src/rpc/json-rpc-peer.ts'
import { connectLocal, listenLocal, MAX_LOCAL_FRAME_BYTES } from '../../src/rpc/local-socket.ts'
import { memoryChannelPair } from '../../src/rpc/memory-channel.ts'
import type { Channel, ErrorPayload, Peer, PeerOptions } from '../../src/rpc/peer.ts'
import { connectWebSocket } from '../../src/rpc/websocket-client.ts'
import { serveWebSocket } from '../../src/rpc/websocket-server.ts'

/** One transport, ready to make connections. `client` dialled, `server` was dialled; neither is started. */
export interface Transport {
  maxFrameBytes: number
  connect(): Promise<{ client: Channel; server: Channel }>
  stop(): Promise<void>
}

export const TRANSPORTS: Readonly<Record<string, () => Promise<Transport>>> = {
  'in memory': memoryTransport,
  'over a local socket': localTransport,
  'over WebSocket': webSocketTransport,
}

async function memoryTransport(): Promise<Transport> {
  const maxFrameBytes = 256 * 1024
  return {
    maxFrameBytes,
    async connect() {
      const [client, server] = memoryChannelPair({ maxFrameBytes })
      return { client, server }
    },
    async stop() {},
  }
}

async function localTransport(): Promise<Transport> {
  const dir = await mkdtemp(join(tmpdir(), 'im-rpc-'))
  const path = join(dir, 'run', 'im.sock')
  const arrivals = queue<Channel>()
  const server = await listenLocal(path, arrivals.put)
  return {
    maxFrameBytes: MAX_LOCAL_FRAME_BYTES,
    async connect() {
      const client = await connectLocal(path)
      return { client, server: await arrivals.take() }
    },
    async stop() {
      await server.close()
      await rm(dir, { recursive: true })
    },
  }
}

async function webSocketTransport(): Promise<Transport> {
  const maxFrameBytes = 256 * 1024
  const http = createServer()
  const arrivals = queue<Channel>()
  const service = serveWebSocket({
    server: http,
    path: '/v1',
    maxFrameBytes,
    allowOrigin: (origin) => origin === undefined,
    pingIntervalMs: 30_000,
    timers: nodeTimers,
    clock: nodeClock,
    onChannel: arrivals.put,
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const { port } = http.address() as AddressInfo
  return {
    maxFrameBytes,
    async connect() {
      const url = `ws://127.0.0.1:${port}/v1`
      const client = await connectWebSocket(url, { connectTimeoutMs: 5_000, timers: nodeTimers, maxFrameBytes })
      return { client, server: await arrivals.take() }
    },
    async stop() {
      await service.close()
      await new Promise((resolve) => http.close(resolve))
    },
  }
}

/** Things that come, for those who wait for them. */
export function queue<T>(): { put(item: T): void; take(): Promise<T> } {
  const items: { item: T }[] = []
  const takers: ((item: T) => void)[] = []
  return {
    put(item) {
      const taker = takers.shift()
      if (taker === undefined) items.push({ item })
      else taker(item)
    },
    take() {
      const next = items.shift()
      return next === undefined ? new Promise((resolve) => takers.push(resolve)) : Promise.resolve(next.item)
    },
  }
}

/** An error that crosses the link whole. */
export class TestError extends Error {
  readonly payload: ErrorPayload
  constructor(payload: ErrorPayload) {
    super(payload.message)
    this.payload = payload
  }
}

/** A peer whose errors cross as {@link TestError}, on real timers, which answers nothing unless told how. */
export function testPeer(channel: Channel, options: Partial<PeerOptions> = {}): Peer {
  return createPeer(channel, {
    handle: (method) => {
      throw new TestError({ code: 'NO_SUCH_METHOD', message: method })
    },
    errorPayload: (error) =>
      error instanceof TestError ? error.payload : { code: 'INTERNAL', message: 'hidden from the other side' },
    reviveError: (payload) => new TestError(payload),
    timers: nodeTimers,
    ...options,
  })
}
