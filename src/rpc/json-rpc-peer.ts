import {
  createJSONRPCErrorResponse,
  createJSONRPCNotification,
  createJSONRPCRequest,
  createJSONRPCSuccessResponse,
  JSONRPCClient,
  type JSONRPCErrorResponse,
  type JSONRPCID,
  type JSONRPCRequest,
  type JSONRPCResponse,
  JSONRPCServer,
} from 'json-rpc-2.0'
import { readFrame } from './frame-check.ts'
import {
  type CallOptions,
  CallTimeout,
  type Channel,
  type ErrorPayload,
  LinkLost,
  type Peer,
  type PeerOptions,
} from './peer.ts'

/** The JSON-RPC code of every failed call; what failed is in `data`. From the range left to applications. */
const CALL_FAILED = -32000
const DEFAULT_MAX_IN_FLIGHT = 256
const DEFAULT_BUSY: ErrorPayload = { code: 'BUSY', message: 'Too many requests at once.' }
const LONGEST_DRAIN_WAIT_MS = 256

/**
 * A peer on `json-rpc-2.0`, which matches answers to calls and wraps results; the rest is done here: what a frame may
 * be, when a call is given up, how many run at once. Requests start in the order they came and may overlap.
 * Notifications are not counted against `maxInFlight`: nothing can tell their sender to wait.
 */
export function createPeer(channel: Channel, options: PeerOptions): Peer {
  /** Set once the link is of no more use; everything after that is dropped. */
  let lost: LinkLost | null = null
  const whenLost = new Set<(cause: LinkLost) => void>()

  function send(frame: string): void {
    if (lost === null) channel.send(frame)
  }

  function lose(cause: LinkLost): void {
    if (lost !== null) return
    lost = cause
    for (const tell of whenLost) tell(cause)
    whenLost.clear()
  }

  function close(code = 1000, reason = ''): void {
    lose(new LinkLost(reason === '' ? `closed here with ${code}` : reason))
    channel.close(code, reason)
  }

  const call = createCaller({ send, lost: () => lost, whenLost, options })
  const answer = createAnswerer({ send, close, options })

  channel.closed.then(({ code, reason }) => lose(new LinkLost(reason === '' ? `closed with ${code}` : reason)))
  channel.start((text) => {
    if (lost !== null) return
    const frame = readFrame(text)
    switch (frame.kind) {
      case 'request':
        return answer(frame.message)
      case 'answer':
        return call.settle(frame.message)
      case 'bad':
        options.onBadFrame?.(frame.cause)
        return close(1007, `bad frame: ${frame.cause}`)
      default:
        return frame satisfies never
    }
  })

  return {
    call: call.start,
    notify: (method, params) => send(JSON.stringify(createJSONRPCNotification(method, structured(params)))),
    drained: (highWaterBytes) =>
      lost === null ? drained(channel, highWaterBytes, options.timers, whenLost) : Promise.reject(lost),
    get bufferedBytes() {
      return channel.bufferedBytes
    },
    close,
    closed: channel.closed,
  }
}

interface Caller {
  start(method: string, params: unknown, options?: CallOptions): Promise<unknown>
  /** Takes an answer; one that nobody waits for is dropped. */
  settle(answer: JSONRPCResponse): void
}

/**
 * Why this end waits no longer, as the data of an answer made here: so the library alone decides which came first, and
 * an answer that arrived just before the link went counts. Nothing from the wire is an instance of it.
 */
class GivenUp {
  readonly cause: unknown
  constructor(cause: unknown) {
    this.cause = cause
  }
}

/** This end's calls: ids count up from 1, so that they stay small. */
function createCaller(link: {
  send: (frame: string) => void
  /** Why the link is of no more use, or null. */
  lost: () => LinkLost | null
  whenLost: Set<(cause: LinkLost) => void>
  options: PeerOptions
}): Caller {
  const { send, lost, whenLost, options } = link
  let lastId = 0
  // The frame is encoded before the library sees the call, so that params which cannot be encoded fail as they are.
  const client = new JSONRPCClient<string>((_request, frame) => send(frame))

  async function start(method: string, params: unknown, { signal, timeoutMs }: CallOptions = {}): Promise<unknown> {
    signal?.throwIfAborted()
    const cause = lost()
    if (cause !== null) throw cause
    const id = ++lastId
    const request = createJSONRPCRequest(id, method, structured(params))
    const frame = JSON.stringify(request)
    const giveUp = (cause: unknown): void =>
      client.receive(createJSONRPCErrorResponse(id, CALL_FAILED, '', new GivenUp(cause)))
    const onAbort = (): void => giveUp(signal?.reason)
    const onTimeout = (): void => giveUp(new CallTimeout(method, timeoutMs ?? 0))
    const stopTimer = timeoutMs === undefined ? undefined : options.timers.after(timeoutMs, onTimeout)
    signal?.addEventListener('abort', onAbort, { once: true })
    whenLost.add(giveUp)
    const answer = await client.requestAdvanced(request, frame)
    whenLost.delete(giveUp)
    signal?.removeEventListener('abort', onAbort)
    stopTimer?.()

    if (answer.error === undefined) return answer.result
    const data: unknown = answer.error.data
    throw data instanceof GivenUp ? data.cause : options.reviveError(payloadOf(answer))
  }

  return { start, settle: (answer) => client.receive(answer) }
}

/** The other end's calls. */
function createAnswerer(link: {
  send: (frame: string) => void
  close: (code: number, reason: string) => void
  options: PeerOptions
}): (request: JSONRPCRequest) => void {
  const { send, close, options } = link
  const { maxInFlight = DEFAULT_MAX_IN_FLIGHT, busy = DEFAULT_BUSY } = options
  let inFlight = 0

  const failure = (id: JSONRPCID, error: unknown): JSONRPCErrorResponse => failed(id, options.errorPayload(error))
  // Without a listener of ours the library prints every failed call on the console.
  const server = new JSONRPCServer({ errorListener: () => {} })
  server.mapErrorToJSONRPCErrorResponse = failure
  // Every method is ours, known or not: middleware sees them all, so the library's own table stays empty.
  server.applyMiddleware(async (_next, { id, method, params }) => {
    const result = await options.handle(method, params)
    return id === undefined ? null : createJSONRPCSuccessResponse(id, result)
  })

  function encode(answer: JSONRPCResponse): string {
    try {
      return JSON.stringify(answer)
    } catch (error) {
      return JSON.stringify(failure(answer.id, error))
    }
  }

  return (request) => {
    const { id } = request
    if (id === undefined) {
      // The answer of a notification is always null; what its handler throws is the handler's to log.
      void server.receive(request)
      return
    }
    if (inFlight >= maxInFlight) return send(JSON.stringify(failed(id ?? null, busy)))
    inFlight++
    server
      .receive(request)
      .then((answer) => {
        inFlight--
        if (answer !== null) send(encode(answer))
      })
      .then(undefined, () => close(1011, 'an error that cannot be told'))
  }
}

function failed(id: JSONRPCID, payload: ErrorPayload): JSONRPCErrorResponse {
  return createJSONRPCErrorResponse(id, CALL_FAILED, payload.message, payload)
}

/** The payload of a failed call; other programs than ours may send none. */
function payloadOf({ error }: JSONRPCErrorResponse): ErrorPayload {
  const data: unknown = error.data
  const ours =
    typeof data === 'object' &&
    data !== null &&
    typeof (data as ErrorPayload).code === 'string' &&
    typeof (data as ErrorPayload).message === 'string'
  return ours ? (data as ErrorPayload) : { code: String(error.code), message: error.message }
}

/** Params as the standard has them: an object, an array, or none. Throws a TypeError for anything else. */
function structured(params: unknown): object | undefined {
  if (params === undefined || params === null) return undefined
  if (typeof params !== 'object') throw new TypeError('params must be an object or an array')
  return params
}

/**
 * No transport tells when its buffer falls below a mark, so this looks again and again, each wait twice the last: it
 * notices within the time it has waited already, and within 256 ms.
 */
function drained(
  channel: Channel,
  highWaterBytes: number,
  timers: PeerOptions['timers'],
  whenLost: Set<(cause: LinkLost) => void>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let stopTimer = (): void => {}
    const onLost = (cause: LinkLost): void => {
      stopTimer()
      reject(cause)
    }
    const look = (nextWaitMs: number): void => {
      if (channel.bufferedBytes < highWaterBytes) {
        whenLost.delete(onLost)
        resolve()
        return
      }
      stopTimer = timers.after(nextWaitMs, () => look(Math.min(nextWaitMs * 2, LONGEST_DRAIN_WAIT_MS)))
    }
    whenLost.add(onLost)
    look(1)
  })
}
