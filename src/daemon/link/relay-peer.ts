import type { Host } from '../../host/host.ts'
import { type ErrorData, ImError, toErrorData } from '../../protocol/errors.ts'
import { answerFault, eventFault, isRelayEvent, statePageFault } from '../../protocol/relay-answers.ts'
import type { RelayEvent, RelayEvents, RelayMethod, RelayParams, RelayResults } from '../../protocol/relay-api.ts'
import { SUPPORTED_PROTOCOLS } from '../../protocol/version.ts'
import { createPeer } from '../../rpc/json-rpc-peer.ts'
import { type CallOptions, type Channel, type ErrorPayload, LinkLost, type Peer } from '../../rpc/peer.ts'
import { linkError } from '../errors.ts'

/** Opens a channel to a relay; rejects when it cannot be reached or `signal` aborts. */
export type Connect = (relayUrl: string, signal: AbortSignal) => Promise<Channel>

export type RelayEventOf = { [E in RelayEvent]: { event: E; params: RelayEvents[E] } }[RelayEvent]

/** A relay that has said hello. */
export interface RelayPeer {
  call<M extends RelayMethod>(method: M, params: RelayParams<M>, options?: CallOptions): Promise<RelayResults[M]>
  /** All pages of `log.state`. Each is asked for before the one before it is looked at, so that relay and daemon work at once. */
  statePages(): AsyncIterable<RelayResults['log.state']>
  readonly hello: RelayResults['hello']
  close(reason?: string): void
  readonly closed: Promise<{ code: number; reason: string }>
}

export const CONNECT_MS = 10_000
export const CALL_MS = 15_000
/** With as many pages of state there are likely more than a few. */
const PAGES_OF_MANY = 3

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
      handle: (event, params) => {
        // A newer relay may tell of things this version has no use for.
        if (!isRelayEvent(event)) return
        const fault = eventFault(event, params)
        if (fault === null) options.onEvent({ event, params } as RelayEventOf)
        else refuse(peer, host, event, fault)
      },
      errorPayload: (error) => toErrorData(error),
      reviveError: (payload) => reviveError(payload),
      onBadFrame: (cause) => host.log.warn('relay frame refused', { cause }),
      timers: host.timers,
    })
    try {
      const params = { protocols: [...SUPPORTED_PROTOCOLS], client: `im/${options.version}` }
      const hello = (await peer.call('hello', params, { timeoutMs: CONNECT_MS })) as RelayResults['hello']
      if (answerFault('hello', hello) !== null) throw new ImError('RELAY_PROTOCOL', 'What answers there is no relay.')
      if (!SUPPORTED_PROTOCOLS.includes(hello.protocol)) {
        throw new ImError('RELAY_PROTOCOL', undefined, { hint: 'update im, or ask whoever runs the relay to' })
      }
      const checked = <M extends RelayMethod>(method: M, answer: unknown, fault: string | null): RelayResults[M] => {
        if (fault !== null) throw refuse(peer, host, method, fault)
        return answer as RelayResults[M]
      }
      return {
        call: async (method, callParams, callOptions = { timeoutMs: CALL_MS }) => {
          const answer = await peer.call(method, callParams, callOptions)
          return checked(method, answer, answerFault(method, answer))
        },
        statePages: () =>
          statePages(
            (params) => peer.call('log.state', params, { timeoutMs: CALL_MS }),
            (answer, fault) => checked('log.state', answer, fault),
          ),
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

type StatePage = RelayResults['log.state']

async function* statePages(
  call: (params: RelayParams<'log.state'>) => Promise<unknown>,
  checked: (answer: unknown, fault: string | null) => StatePage,
): AsyncGenerator<StatePage> {
  const ask = (after: string | null): Promise<unknown> => {
    const asked = call({ after })
    // Whoever stops at a page has no use for the next.
    asked.catch(() => {})
    return asked
  }
  let faultOf = (answer: unknown) => answerFault('log.state', answer)
  let asked: Promise<unknown> | null = ask(null)
  for (let pages = 1; asked !== null; pages++) {
    const answer: unknown = await asked
    const after = nextOf(answer)
    asked = after === null ? null : ask(after)
    if (pages === PAGES_OF_MANY) faultOf = statePageFault()
    yield checked(answer, faultOf(answer))
  }
}

/** Where the next page begins, by an answer that nobody has looked at yet; null: it names no place. */
function nextOf(answer: unknown): string | null {
  const next = (answer as { next?: unknown } | null | undefined)?.next
  return typeof next === 'string' ? next : null
}

/**
 * Ends a link whose relay says what it may not. Nothing of it is taken, and whoever called is told that no answer came:
 * what it asked for is asked again over the next link.
 */
function refuse(peer: Peer, host: Host, what: string, fault: string): LinkLost {
  host.log.warn('relay not understood', { what, fault })
  peer.close(1008, `${what} is wrong at ${fault}`)
  return new LinkLost(`the relay's ${what} is wrong at ${fault}`)
}

/** No wait that a relay asks for is longer than this. */
const LONGEST_RETRY_MS = 24 * 60 * 60_000

export function reviveError(payload: ErrorPayload): ImError {
  const { code, message, hint, retryAfterMs } = payload as ErrorPayload & Record<'hint' | 'retryAfterMs', unknown>
  const wait = typeof retryAfterMs === 'number' && retryAfterMs >= 0 ? Math.min(retryAfterMs, LONGEST_RETRY_MS) : null
  return ImError.fromData({
    code: code as ErrorData['code'],
    message,
    hint: typeof hint === 'string' ? hint : null,
    retryAfterMs: wait,
  })
}
