/** The operator's socket of a running relay. */

import { systemCode } from '../../host/host-error.ts'
import { relayDataDir, relaySocket } from '../../host/paths.ts'
import type { AdminMethod, AdminParams, AdminResults, RelayStatus } from '../../protocol/admin-api.ts'
import { type ErrorData, ImError, toErrorData } from '../../protocol/errors.ts'
import { createPeer } from '../../rpc/json-rpc-peer.ts'
import { LocalSocketError } from '../../rpc/local-path.ts'
import { connectLocal } from '../../rpc/local-socket.ts'
import { LinkLost } from '../../rpc/peer.ts'
import type { Context } from '../context.ts'
import { nobodyListens, whenEnded } from './dial.ts'
import { timeLimit } from './time-limit.ts'

type Call = <M extends AdminMethod>(method: M, params: AdminParams<M>) => Promise<AdminResults[M]>

/** Calls the relay on the data directory of this command line. @throws ImError RELAY_UNREACHABLE where none runs. */
export function callRelay<M extends AdminMethod>(
  context: Context,
  method: M,
  params: AdminParams<M>,
): Promise<AdminResults[M]> {
  return withRelay(context, (call) => call(method, params))
}

/** Stops it, and returns when it has ended; how it was. */
export function stopRelay(context: Context): Promise<RelayStatus> {
  return withRelay(context, async (call, socket, signal) => {
    const status = await call('status', {})
    // It may be gone before its answer is here.
    await call('stop', {}).catch(() => {})
    await whenEnded(context.io, socket, status.pid, signal)
    return status
  })
}

/** Several calls over one connection. */
export async function withRelay<T>(
  { flags, io, timeoutMs }: Context,
  run: (call: Call, socket: string, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const data = flags.data ?? relayDataDir({ env: io.env, platform: io.platform })
  const { signal, cancel } = timeLimit(io, timeoutMs)
  const socket = relaySocket(data, io.platform)
  try {
    const peer = createPeer(await connectLocal(socket, signal), {
      handle: () => null,
      errorPayload: toErrorData,
      reviveError: (payload) => ImError.fromData({ hint: null, retryAfterMs: null, ...payload } as ErrorData),
      timers: io.timers,
    })
    const call: Call = async (method, params) => (await peer.call(method, params, { signal })) as never
    try {
      return await run(call, socket, signal)
    } finally {
      peer.close()
    }
  } catch (error) {
    if (error instanceof LocalSocketError || systemCode(error) === 'EACCES') {
      throw new ImError('RELAY_UNREACHABLE', `the relay's socket cannot be used: ${(error as Error).message}`, {
        cause: error,
        hint: 'run it as the user who runs the relay',
      })
    }
    if (!nobodyListens(error) && !(error instanceof LinkLost)) throw error
    throw new ImError('RELAY_UNREACHABLE', `no relay runs on ${data}`, {
      cause: error,
      hint: `im relay start --data ${data}`,
    })
  } finally {
    cancel()
  }
}
