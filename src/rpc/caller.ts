import { setMaxListeners } from 'node:events'
import {
  createJSONRPCErrorResponse,
  createJSONRPCNotification,
  createJSONRPCRequest,
  JSONRPCClient,
  type JSONRPCErrorResponse,
  type JSONRPCResponse,
} from 'json-rpc-2.0'
import { CALL_FAILED } from './answerer.ts'
import { type CallOptions, CallTimeout, type ErrorPayload, type LinkLost, type PeerOptions } from './peer.ts'

export interface Caller {
  call(method: string, params: unknown, options?: CallOptions): Promise<unknown>
  notify(method: string, params: unknown): void
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
export function createCaller(link: {
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

  async function call(method: string, params: unknown, { signal, timeoutMs }: CallOptions = {}): Promise<unknown> {
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
    if (signal !== undefined) listenForAbort(signal, onAbort)
    whenLost.add(giveUp)
    const answer = await client.requestAdvanced(request, frame)
    whenLost.delete(giveUp)
    signal?.removeEventListener('abort', onAbort)
    stopTimer?.()

    if (answer.error === undefined) return answer.result
    const data: unknown = answer.error.data
    throw data instanceof GivenUp ? data.cause : options.reviveError(payloadOf(answer))
  }

  function notify(method: string, params: unknown): void {
    send(JSON.stringify(createJSONRPCNotification(method, structured(params))))
  }

  return { call, notify, settle: (answer) => client.receive(answer) }
}

/** Many calls may share a signal, and each lets go of it, so Node need not warn of a leak. */
function listenForAbort(signal: AbortSignal, onAbort: () => void): void {
  setMaxListeners(0, signal)
  signal.addEventListener('abort', onAbort, { once: true })
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
