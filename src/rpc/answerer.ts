import {
  createJSONRPCErrorResponse,
  createJSONRPCSuccessResponse,
  type JSONRPCErrorResponse,
  type JSONRPCID,
  type JSONRPCRequest,
  type JSONRPCResponse,
  JSONRPCServer,
} from 'json-rpc-2.0'
import type { ErrorPayload, PeerOptions } from './peer.ts'

/** The JSON-RPC code of every failed call; what failed is in `data`. From the range left to applications. */
export const CALL_FAILED = -32000
const DEFAULT_MAX_IN_FLIGHT = 256
const DEFAULT_BUSY: ErrorPayload = { code: 'BUSY', message: 'Too many requests at once.' }

/**
 * How the library calls a handler. It keeps nothing between calls, so all peers use the same one: their own would
 * take 0.3 KiB of each idle connection. Its table of methods stays empty: the middleware sees every request first.
 */
const server = new JSONRPCServer<PeerOptions>({ errorListener: () => {} })
server.applyMiddleware(async (_next, { id, method, params }, { handle, errorPayload }) => {
  try {
    const result = await handle(method, params)
    return id === undefined ? null : createJSONRPCSuccessResponse(id, result)
  } catch (error) {
    return id === undefined ? null : failed(id, errorPayload(error))
  }
})
server.mapErrorToJSONRPCErrorResponse = (_id, error) => {
  throw error
}

/** Answers the other end's calls and takes its notifications. */
export function createAnswerer(link: {
  send: (frame: string) => void
  close: (code: number, reason: string) => void
  options: PeerOptions
}): (request: JSONRPCRequest) => void {
  const { send, close, options } = link
  const { maxInFlight = DEFAULT_MAX_IN_FLIGHT, busy = DEFAULT_BUSY } = options
  let inFlight = 0

  function encode(answer: JSONRPCResponse): string {
    try {
      return JSON.stringify(answer)
    } catch (error) {
      return JSON.stringify(failed(answer.id, options.errorPayload(error)))
    }
  }

  return (request) => {
    const { id } = request
    if (id === undefined) {
      // The answer of a notification is always null; what its handler throws is the handler's to log.
      void server.receive(request, options)
      return
    }
    if (inFlight >= maxInFlight) return send(JSON.stringify(failed(id, busy)))
    inFlight++
    server
      .receive(request, options)
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
