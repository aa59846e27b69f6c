import type { Host } from '../host/host.ts'
import { type ErrorData, ImError, toErrorData } from '../protocol/errors.ts'
import type { RelayEvent, RelayEvents, RelayMethod, RelayParams, RelayResults } from '../protocol/relay-api.ts'
import { SUPPORTED_PROTOCOLS } from '../protocol/version.ts'
import { createPeer } from '../rpc/json-rpc-peer.ts'
import type { CallOptions, Channel, ErrorPayload } from '../rpc/peer.ts'
import { linkError } from './errors.ts'

/** Opens a channel to a relay; rejects when it cannot be reached or `signal` aborts. */
export type Connect = (relayUrl: string, signal: AbortSignal) => Promise<Channel>

export type RelayEventOf = { [E in RelayEvent]: { event: E; params: RelayEvents[E] } }[RelayEvent]

/** A relay that has said hello. */
export interface RelayPeer {
  call<M extends RelayMethod>(method: M, params: RelayParams<M>, options?: CallOptions): Promise<RelayResults[M]>
  readonly hello: RelayResults['hello']
  close(reason?: string): void
  readonly closed: Promise<{ code: number; reason: string }>
}

export const CONNECT_MS = 10_000
export const CALL_MS = 15_000

/** Connects and says hello. Throws RELAY_UNREACHABLE, RELAY_CERT or RELAY_PROTOCOL. */
export async function dialRelay(options: {
  url: string
  connect: Connect
  host: Host
  version: string
  onEvent: (event: RelayEventOf) => void
  signal: AbortSignal
}): Promise<RelayPeer> {
  const { host } = options
  const given = new AbortController()
  const stop = host.timers.after(CONNECT_MS, () => given.abort(new Error('connecting took too long')))
  const onAbort = () => given.abort(options.signal.reason)
  options.signal.addEventListener('abort', onAbort, { once: true })
  try {
    options.signal.throwIfAborted()
    const channel = await options.connect(options.url, given.signal)
    const peer = createPeer(channel, {
      handle: (event, params) => options.onEvent({ event, params } as RelayEventOf),
      errorPayload: (error) => toErrorData(error),
      reviveError: (payload) => reviveError(payload),
      onBadFrame: (cause) => host.log.warn('relay frame refused', { cause }),
      timers: host.timers,
    })
    try {
      const params = { protocols: [...SUPPORTED_PROTOCOLS], client: `im/${options.version}` }
      const hello = (await peer.call('hello', params, { timeoutMs: CONNECT_MS })) as RelayResults['hello']
      if (!SUPPORTED_PROTOCOLS.includes(hello.protocol)) {
        throw new ImError('RELAY_PROTOCOL', undefined, { hint: 'update im, or ask whoever runs the relay to' })
      }
      return {
        call: (method, callParams, callOptions = { timeoutMs: CALL_MS }) =>
          peer.call(method, callParams, callOptions) as Promise<RelayResults[typeof method]>,
        hello,
        close: (reason) => peer.close(1000, reason),
        closed: peer.closed,
      }
    } catch (error) {
      peer.close(1000, 'hello failed')
      throw error
    }
  } catch (error) {
    throw linkError(error)
  } finally {
    stop()
    options.signal.removeEventListener('abort', onAbort)
  }
}

export function reviveError(payload: ErrorPayload): ImError {
  return ImError.fromData({ hint: null, retryAfterMs: null, ...payload } as ErrorData)
}
