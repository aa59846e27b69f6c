import { ImError } from '../protocol/errors.ts'
import { type RelayMethod, relayParams } from '../protocol/relay-api.ts'
import { READ_COSTS } from './connections/costs.ts'
import type { Connection, RelayParts } from './context.ts'
import { deviceHandlers, openHandlers } from './handlers/index.ts'

/** One request: its parameters are checked, its cost is taken from the account's budget, its handler answers. */
export function dispatch(relay: RelayParts, connection: Connection, method: string, params: unknown): unknown {
  const schema = Object.hasOwn(relayParams, method) ? relayParams[method as RelayMethod] : undefined
  if (schema === undefined) throw new ImError('USAGE', `This relay knows no method ${method.slice(0, 64)}.`)
  const parsed = schema.safeParse(params)
  if (!parsed.success) {
    const path = parsed.error.issues[0]?.path.join('.') ?? ''
    throw new ImError('USAGE', `The parameters of ${method} are wrong${path === '' ? '' : ` at ${path}`}.`)
  }
  if (Object.hasOwn(openHandlers, method)) {
    const handler = openHandlers[method as keyof typeof openHandlers]
    return handler(parsed.data as never, relay, connection)
  }
  if (connection.session === null) throw new ImError('NOT_LOGGED_IN', 'This connection has no session.')
  if (connection.session.over) throw new ImError('TOKEN_REFUSED', 'This session has ended.')
  const cost = READ_COSTS[method as RelayMethod]
  if (cost !== undefined) relay.reads.take(connection.session.uin, cost)
  const handler = deviceHandlers[method as keyof typeof deviceHandlers]
  return handler(parsed.data as never, relay, connection.session)
}
