import type { Server as HttpServer, IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Server as HttpsServer } from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type RawData, type WebSocket, WebSocketServer } from 'ws'
import { callerOf, isLoopback, plainAddress } from './client-address.ts'
import type { Channel, PeerOptions } from './peer.ts'
import { encodeTextFrames } from './text-frames.ts'
import { type InLine, Turns } from './turns.ts'
import { type Closing, cutReason, meantCode } from './websocket-close.ts'

/** How long the other end has for its part of the closing handshake. */
const CLOSE_TIMEOUT_MS = 5_000
/** After so many intervals without a byte a connection is cut. With the first of them it is pinged. */
const SILENT_INTERVALS = 2
/** A connection that has so many frames waiting is not read until they are taken: a flood waits in its own socket. */
const MOST_WAITING = 16
/** Coming in takes two frames with a token, six with a password; some more, and a connection is one of many. */
const FIRST_FRAMES = 8

interface Frame {
  data: RawData
  isBinary: boolean
}

export interface ServeWebSocketOptions {
  server: HttpServer | HttpsServer
  /** Upgrades anywhere else are answered with 404. */
  path: string
  /** A longer frame closes its connection with 1009. */
  maxFrameBytes: number
  /** Upgrades beyond are answered with 503. Default: no limit. */
  maxConnections?: number
  /**
   * Upgrades of one caller (an IPv4 address, a /64 of IPv6) beyond are answered with 429. Loopback is not counted: who
   * is on this machine has other ways to be in the way. Default: no limit.
   */
  maxPerCaller?: number
  /** The caller's address, from the socket's and the headers; null is answered with 403. Default: the socket's. */
  addressOf?: (peer: string, headers: IncomingHttpHeaders) => string | null
  /** Browsers send an Origin. What is not allowed is answered with 403. */
  allowOrigin: (origin: string | undefined) => boolean
  /** A connection that was silent for so long is pinged: who speaks anyway need not be woken. After two of them it is cut. */
  pingIntervalMs: number
  timers: PeerOptions['timers']
  clock: { monotonic(): number }
  /** Called at once for each connection. It is not read before the channel is started. */
  onChannel: (channel: Channel, from: WebSocketOrigin) => void
}

export interface WebSocketOrigin {
  /** As `addressOf` has it. */
  remoteAddress: string
}

export interface WebSocketService {
  /** Connections open now. */
  readonly clients: number
  /** From now on upgrades are answered with 503. */
  refuse(): void
  /** Takes no more connections, closes those there are, and resolves when they are gone. The HTTP server stays. */
  close(code?: number, reason?: string): Promise<void>
}

/** Text frames over WebSocket, without compression: it would cost 230 KiB a connection (measured). */
export function serveWebSocket(options: ServeWebSocketOptions): WebSocketService {
  const { server, path, allowOrigin, onChannel, addressOf = plainAddress } = options
  const { maxConnections = Number.POSITIVE_INFINITY, maxPerCaller = Number.POSITIVE_INFINITY } = options
  const perCaller = new Map<string, number>()
  const channels = new Set<ServerChannel>()
  const turns = new Turns(options.clock)
  // Known to ws, not yet to its types.
  const untyped = { closeTimeout: CLOSE_TIMEOUT_MS }
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: options.maxFrameBytes,
    ...untyped,
  })

  // The listener stays after a close: without one Node would take an upgrade for a plain request.
  let isClosing = false

  /** Where the request comes from, or the status it is refused with. */
  function admit({ url, headers, socket }: IncomingMessage): WebSocketOrigin | string {
    if (url?.split('?', 1)[0] !== path) return '404 Not Found'
    if (!allowOrigin(headers.origin)) return '403 Forbidden'
    const remoteAddress = addressOf(socket.remoteAddress ?? '', headers)
    if (remoteAddress === null) return '403 Forbidden'
    if (isClosing || sockets.clients.size >= maxConnections) return '503 Service Unavailable'
    const isFull = !isLoopback(remoteAddress) && (perCaller.get(callerOf(remoteAddress)) ?? 0) >= maxPerCaller
    return isFull ? '429 Too Many Requests' : { remoteAddress }
  }

  function onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const from = admit(request)
    if (typeof from === 'string') {
      refuse(socket, from)
      return
    }
    sockets.handleUpgrade(request, socket, head, (ws) => {
      const caller = callerOf(from.remoteAddress)
      count(caller, 1)
      // Of a server's upgrade it is one.
      const channel = new ServerChannel(ws, socket as Socket, turns, options.clock)
      channels.add(channel)
      ws.on('close', () => {
        count(caller, -1)
        channels.delete(channel)
      })
      onChannel(channel, from)
    })
  }

  function count(caller: string, change: 1 | -1): void {
    const connections = (perCaller.get(caller) ?? 0) + change
    if (connections > 0) perCaller.set(caller, connections)
    else perCaller.delete(caller)
  }

  const stopPings = pingAll(channels, options.pingIntervalMs, options.timers)
  server.on('upgrade', onUpgrade)

  return {
    get clients() {
      return sockets.clients.size
    },
    refuse: () => {
      isClosing = true
    },
    close: (code = 1001, reason = 'closing') =>
      new Promise((resolve) => {
        stopPings()
        isClosing = true
        sockets.close(() => resolve())
        for (const ws of sockets.clients) closeSocket(ws, code, reason)
      }),
  }
}

/**
 * A class, since a relay has many of these; nor does a listener of what comes once need `once`, which wraps it. As an
 * object literal with a getter each takes 0.8 KiB more (measured).
 */
class ServerChannel implements Channel, InLine {
  readonly closed: Promise<Closing>
  readonly #ws: WebSocket
  readonly #socket: Socket
  readonly #turns: Turns
  readonly #clock: { monotonic(): number }
  #onFrame: (frame: string, waitedMs: number) => void = () => {}
  /** Frames that wait for their turn; null: none. */
  #waiting: Frame[] | null = null
  /** When the first of them came, or the one before it was taken. */
  #waitsSince = 0
  #isHeld = false
  #taken = 0
  #whenTaken: () => void = () => {}
  /** Closed by this end: what comes or waits is not taken any more. */
  #isOver = false
  /** Frames of this turn, and their length in UTF-16 units. */
  #turn: string[] = []
  #turnChars = 0
  /** What had come by the last look, and for how many looks no more has. */
  #bytesRead: number
  #silent = 0

  constructor(ws: WebSocket, socket: Socket, turns: Turns, clock: { monotonic(): number }) {
    this.#ws = ws
    this.#socket = socket
    this.#turns = turns
    this.#clock = clock
    this.#bytesRead = socket.bytesRead
    // Nothing is lost while nobody listens: the socket waits.
    ws.pause()
    let fault: Closing | null = null
    // 'close' follows; without a listener the process would end.
    ws.on('error', (error) => {
      fault = { code: faultCode(error), reason: error.message }
    })
    this.closed = new Promise((resolve) => {
      ws.on('close', (code, reason) => {
        // What it sent before it went is taken first.
        this.#whenTaken = () => resolve(fault ?? { code: meantCode(code), reason: reason.toString() })
        if (this.#waiting === null) this.#whenTaken()
      })
    })
  }

  get bufferedBytes(): number {
    return this.#ws.bufferedAmount + this.#turnChars
  }

  start(onFrame: (frame: string, waitedMs: number) => void): void {
    this.#onFrame = onFrame
    this.#ws.on('message', (data, isBinary) => this.#came({ data, isBinary }))
    this.#ws.resume()
  }

  #came(frame: Frame): void {
    if (this.#waiting === null) {
      this.#waiting = [frame]
      this.#waitsSince = this.#clock.monotonic()
      this.#turns.join(this)
      return
    }
    this.#waiting.push(frame)
    if (this.#waiting.length < MOST_WAITING || this.#isHeld) return
    this.#isHeld = true
    this.#ws.pause()
  }

  get isNew(): boolean {
    return this.#taken < FIRST_FRAMES
  }

  takeOne(): boolean {
    this.#taken++
    const frame = this.#waiting?.shift()
    if (frame !== undefined && !this.#isOver) this.#take(frame)
    if (this.#waiting !== null && this.#waiting.length > 0 && !this.#isOver) return true
    this.#waiting = null
    if (this.#isHeld) this.#ws.resume()
    this.#isHeld = false
    this.#whenTaken()
    return false
  }

  #take({ data, isBinary }: Frame): void {
    const now = this.#clock.monotonic()
    const waitedMs = now - this.#waitsSince
    this.#waitsSince = now
    if (isBinary) this.close(1003, 'text frames only')
    else this.#onFrame(data.toString(), waitedMs)
  }

  send(frame: string): void {
    if (this.#ws.readyState !== this.#ws.OPEN) return
    this.#turn.push(frame)
    this.#turnChars += frame.length
    if (this.#turn.length === 1) process.nextTick(() => this.#flush())
  }

  close(code = 1000, reason = ''): void {
    this.#isOver = true
    this.#flush()
    closeSocket(this.#ws, code, reason)
  }

  /** Once an interval. Whatever came in it is a sign of life: a frame, a pong, a part of either. */
  keepAlive(): void {
    const { bytesRead } = this.#socket
    if (bytesRead !== this.#bytesRead) this.#silent = 0
    else this.#silent++
    this.#bytesRead = bytesRead
    if (this.#silent >= SILENT_INTERVALS) this.#ws.terminate()
    else if (this.#silent > 0) this.#ws.ping()
  }

  /** All frames of one turn leave in one system call. Beside them `ws` writes only control frames, each whole. */
  #flush(): void {
    const frames = this.#turn
    this.#turn = []
    this.#turnChars = 0
    if (frames.length > 0 && this.#ws.readyState === this.#ws.OPEN) this.#socket.write(encodeTextFrames(frames))
  }
}

function closeSocket(ws: WebSocket, code: number, reason: string): void {
  // A socket that is not read would never see the other side's close.
  ws.resume()
  ws.close(code, cutReason(reason))
}

/** What the other side was told when ws ended the connection; for a broken socket 1006, and nobody could be told. */
function faultCode(error: Error): number {
  const code = 'code' in error ? String(error.code) : ''
  if (code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') return 1009
  if (code === 'WS_ERR_INVALID_UTF8') return 1007
  return code.startsWith('WS_ERR_') ? 1002 : 1006
}

/** Looks at all connections at every interval; returns how to stop. */
function pingAll(channels: Set<ServerChannel>, intervalMs: number, timers: PeerOptions['timers']): () => void {
  let stop: () => void
  const round = (): void => {
    for (const channel of channels) channel.keepAlive()
    stop = timers.after(intervalMs, round)
  }
  stop = timers.after(intervalMs, round)
  return () => stop()
}

function refuse(socket: Duplex, status: string): void {
  socket.on('error', () => socket.destroy())
  socket.once('finish', () => socket.destroy())
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}
