/** The operator's socket of a running relay. */

import { systemCode } from '../host/host-error.ts'
import { relayDataDir, relaySocket } from '../host/paths.ts'
import type { RelayStatus } from '../protocol/admin-api.ts'
import { type ErrorData, ImError, toErrorData } from '../protocol/errors.ts'
import { createPeer } from '../rpc/json-rpc-peer.ts'
import { connectLocal, LocalSocketError } from '../rpc/local-socket.ts'
import { LinkLost } from '../rpc/peer.ts'
import type { Context } from './context.ts'
import { whenEnded } from './dial.ts'
import { deadlineAfter } from './time-limit.ts'

/** Calls the relay on the data directory of this command line. @throws ImError RELAY_UNREACHABLE where none runs. */
export async function callRelay({ flags, io, timeoutMs }: Context, method: 'status' | 'stop'): Promise<RelayStatus> {
  const data = flags.data ?? relayDataDir({ env: io.env, platform: io.platform })
  const deadline = deadlineAfter(io, timeoutMs)
  const signal = deadline === null ? io.interrupted() : AbortSignal.any([io.interrupted(), deadline.signal])
  const socket = relaySocket(data, io.platform)
  try {
    const peer = createPeer(await connectLocal(socket, { signal }), {
      handle: () => null,
      errorPayload: toErrorData,
      reviveError: (payload) => ImError.fromData({ hint: null, retryAfterMs: null, ...payload } as ErrorData),
      timers: io.timers,
    })
    try {
      const status = (await peer.call('status', {}, { signal })) as RelayStatus
      if (method === 'status') return status
      // It may be gone before its answer is here.
      await peer.call('stop', {}, { signal }).catch(() => {})
      await whenEnded(io, socket, status.pid, signal)
      return status
    } finally {
      peer.close()
    }
  } catch (error) {
    const absent = ['ENOENT', 'ECONNREFUSED', 'ENOTDIR'].includes(systemCode(error) ?? '')
    if (!absent && !(error instanceof LinkLost) && !(error instanceof LocalSocketError)) throw error
    throw new ImError('RELAY_UNREACHABLE', `no relay runs on ${data}`, {
      cause: error,
      hint: `im relay start --data ${data}`,
    })
  } finally {
    deadline?.cancel()
  }
}
