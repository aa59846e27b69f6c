import { createHash } from 'node:crypto'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { Agent, buildConnector, type Dispatcher, WebSocket } from 'undici'
import type { Channel, PeerOptions } from './peer.ts'
import { type Closing, clientCode, cutReason, meantCode } from './websocket-close.ts'

/** How long the other end has for its part of the closing handshake before the socket is torn down. */
const CLOSE_TIMEOUT_MS = 5_000

/** Node's codes for a certificate it does not accept; its documentation lists them under "X509 certificate error codes". */
const CERTIFICATE_CODES = /CERT|LEAF_SIGNATURE|HOSTNAME_MISMATCH|^INVALID_(CA|PURPOSE)$|^PATH_LENGTH_EXCEEDED$/

/** What is wrong with a certificate. `untrusted`: nobody who is trusted has signed it, or it is broken. */
export type CertificateFault = 'expired' | 'not-yet-valid' | 'wrong-name' | 'wrong-pin' | 'untrusted'

const FAULTS: Readonly<Record<string, CertificateFault>> = {
  CERT_HAS_EXPIRED: 'expired',
  CERT_NOT_YET_VALID: 'not-yet-valid',
  ERR_TLS_CERT_ALTNAME_INVALID: 'wrong-name',
  HOSTNAME_MISMATCH: 'wrong-name',
}

/**
 * No connection was made. `status` is set when the server answered, but not with a WebSocket; `fault` when its
 * certificate was refused.
 */
export class ConnectFailed extends Error {
  readonly reason: 'refused' | 'timeout' | 'certificate' | 'http'
  readonly status: number | null
  readonly fault: CertificateFault | null
  constructor(
    reason: ConnectFailed['reason'],
    message: string,
    { status = null, fault = null }: { status?: number | null; fault?: CertificateFault | null } = {},
  ) {
    super(message)
    this.name = 'ConnectFailed'
    this.reason = reason
    this.status = status
    this.fault = fault
  }
}

export interface TlsTrust {
  /** PEM certificates that are trusted in place of the system's. */
  ca?: string
  /**
   * base64url(SHA-256(SPKI)) of the server's public key. When given, one of them must match, and nothing else about the
   * certificate is looked at: neither who signed it, nor its names, nor its dates.
   */
  pins?: readonly string[]
}

export interface ConnectWebSocketOptions {
  signal?: AbortSignal
  /** For all of name lookup, TCP, TLS and the upgrade. */
  connectTimeoutMs: number
  timers: PeerOptions['timers']
  tls?: TlsTrust
  /** A longer frame ends the connection; the other side is told 1009, this side sees 1006. */
  maxFrameBytes: number
}

/** Connects to a `ws:` or `wss:` URL. Rejects with {@link ConnectFailed} or with `signal.reason`. */
export function connectWebSocket(url: string, options: ConnectWebSocketOptions): Promise<Channel> {
  const { signal, connectTimeoutMs, timers } = options
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const attempt = openDispatcher(options)
    const ws = new WebSocket(url, { dispatcher: attempt.dispatcher })
    ws.binaryType = 'arraybuffer'
    const channel = channelOn(ws, timers, attempt.destroySocket)
    void channel.closed.then(attempt.end)

    const settle = (): void => {
      stopTimer()
      signal?.removeEventListener('abort', onAbort)
      ws.removeEventListener('open', onOpen)
      ws.removeEventListener('close', onClose)
    }
    const fail = (cause: unknown): void => {
      settle()
      ws.close()
      attempt.destroySocket()
      attempt.end()
      reject(cause)
    }
    const onAbort = (): void => fail(signal?.reason)
    const onClose = (): void => fail(attempt.failure())
    const onOpen = (): void => {
      if (ws.extensions !== '') {
        fail(new ConnectFailed('http', 'the server chose an extension nobody offered'))
        return
      }
      settle()
      resolve(channel)
    }
    const stopTimer = timers.after(connectTimeoutMs, () =>
      fail(new ConnectFailed('timeout', `no connection within ${connectTimeoutMs} ms`)),
    )
    signal?.addEventListener('abort', onAbort, { once: true })
    ws.addEventListener('open', onOpen)
    ws.addEventListener('close', onClose)
  })
}

interface Attempt {
  dispatcher: Dispatcher
  /** What went wrong: the WebSocket itself does not tell. */
  failure(): ConnectFailed
  destroySocket(): void
  end(): void
}

/** One agent for one connection: its trust, its frame limit, and an ear for why connecting failed. */
function openDispatcher({ tls = {}, maxFrameBytes }: ConnectWebSocketOptions): Attempt {
  let failure: ConnectFailed | null = null
  let socket: Socket | null = null
  const { ca, pins } = tls
  // The timeout is ours (0: none here), and a resumed session would show no certificate.
  const connectSocket = buildConnector({
    timeout: 0,
    maxCachedSessions: 0,
    rejectUnauthorized: pins === undefined,
    ...(ca === undefined ? {} : { ca }),
  })
  const agent = new Agent({
    webSocket: { maxPayloadSize: maxFrameBytes },
    connect: (target, callback) =>
      connectSocket(target, (error, connected) => {
        if (error !== null) {
          failure = connectFailure(error)
          callback(error, null)
        } else if (pins !== undefined && target.protocol === 'https:' && !hasPin(connected, pins)) {
          connected.destroy()
          failure = new ConnectFailed('certificate', 'the public key of the server is not the pinned one', {
            fault: 'wrong-pin',
          })
          callback(failure, null)
        } else {
          socket = connected
          callback(null, connected)
        }
      }),
  })
  const dispatcher = agent.compose(
    (dispatch) => (request, handler) =>
      dispatch(
        { ...request, headers: withoutCompression(request.headers ?? {}) },
        {
          onRequestStart: (controller, context) => handler.onRequestStart?.(controller, context),
          onRequestUpgrade: (controller, status, headers, upgraded) =>
            handler.onRequestUpgrade?.(controller, status, headers, upgraded),
          onResponseStart(controller, status) {
            failure = new ConnectFailed('http', `the server answered ${status}`, { status })
            controller.abort(failure)
          },
          onResponseError: (controller, error) => handler.onResponseError?.(controller, error),
        },
      ),
  )
  return {
    dispatcher,
    failure() {
      if (failure !== null) return failure
      if (socket !== null) return new ConnectFailed('http', 'the server speaks no WebSocket')
      // fetch, which undici opens WebSockets with, never calls some ports: https://fetch.spec.whatwg.org/#port-blocking
      return new ConnectFailed('refused', 'no connection was tried: the port belongs to another protocol')
    },
    destroySocket: () => socket?.destroy(),
    end: () => void agent.destroy().catch(() => {}),
  }
}

/** undici offers permessage-deflate always; here frames are small and mostly sealed. */
function withoutCompression(headers: object): Record<string, string> {
  const { 'sec-websocket-extensions': _, ...rest } = headers as Record<string, string>
  return rest
}

function hasPin(socket: Socket, pins: readonly string[]): boolean {
  const key = socket instanceof TLSSocket ? socket.getPeerX509Certificate()?.publicKey : undefined
  if (key === undefined) return false
  const spki = key.export({ type: 'spki', format: 'der' })
  return pins.includes(createHash('sha256').update(spki).digest('base64url'))
}

function connectFailure(error: Error): ConnectFailed {
  const code = 'code' in error ? String(error.code) : ''
  // An AggregateError (every address of a name was tried) has no message of its own.
  const message = error.message || code
  if (!CERTIFICATE_CODES.test(code)) return new ConnectFailed('refused', message)
  return new ConnectFailed('certificate', message, { fault: FAULTS[code] ?? 'untrusted' })
}

function channelOn(ws: WebSocket, timers: PeerOptions['timers'], destroySocket: () => void): Channel {
  /** Frames that came before `start`. */
  let early: string[] | null = []
  let deliver: (frame: string) => void = (frame) => early?.push(frame)
  let stopTimer = (): void => {}
  let isClosing = false

  const closed = new Promise<Closing>((resolve) => {
    ws.addEventListener('close', ({ code, reason }) => {
      stopTimer()
      resolve({ code: meantCode(code), reason })
    })
  })

  function close(code = 1000, reason = ''): void {
    if (isClosing || ws.readyState === WebSocket.CLOSED) return
    isClosing = true
    // The other side may have begun to close and gone without an end: there is nothing to be said then, only to be waited for.
    if (ws.readyState === WebSocket.OPEN) ws.close(clientCode(code), cutReason(reason))
    stopTimer = timers.after(CLOSE_TIMEOUT_MS, destroySocket)
  }

  ws.addEventListener('message', ({ data }: { data: unknown }) => {
    if (typeof data === 'string') deliver(data)
    else close(1003, 'text frames only')
  })

  return {
    send(frame) {
      if (ws.readyState === WebSocket.OPEN) ws.send(frame)
    },
    get bufferedBytes() {
      return ws.bufferedAmount
    },
    start(onFrame) {
      queueMicrotask(() => {
        for (const frame of early ?? []) onFrame(frame)
        early = null
        deliver = onFrame
      })
    },
    close,
    closed,
  }
}
