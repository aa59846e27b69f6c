/** Local sockets as the command line meets them: somebody listens, or nobody does. */
import { HostError, systemCode } from '../../host/host-error.ts'
import { ImError } from '../../protocol/errors.ts'
import { LocalSocketError } from '../../rpc/local-path.ts'
import { connectLocal } from '../../rpc/local-socket.ts'
import type { Channel } from '../../rpc/peer.ts'
import type { Io } from '../io.ts'
import { lives } from './lives.ts'
import { pause } from './time-limit.ts'

/** A refused connection; one that is reset as it is made had been queued at somebody who was just leaving. */
export function nobodyListens(error: unknown): boolean {
  return ['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'ENOTDIR'].includes(systemCode(error) ?? '')
}

/** A daemon is there, and says nothing. */
export function unanswered(): ImError {
  const hint = 'wait longer: --timeout 15s; or start another, nothing is lost by that: im daemon restart'
  return new ImError('TIMEOUT', 'the daemon runs, but does not answer', { hint })
}

/** A connection to whoever listens, or null where nobody does: the system knows at once. */
export async function dial(socket: string, signal?: AbortSignal): Promise<Channel | null> {
  try {
    return await connectLocal(socket, signal)
  } catch (error) {
    if (nobodyListens(error)) return null
    // So many wait for it already that the system lets nobody else queue up.
    if (systemCode(error) === 'EAGAIN') throw unanswered()
    if (error instanceof LocalSocketError || error instanceof HostError) {
      throw new ImError('DAEMON_UNREACHABLE', error.message, { cause: error })
    }
    throw error
  }
}

/** Resolves when nobody listens any more and the process, if it is known, has ended, and so let go of its store. */
export async function whenEnded(io: Io, socket: string, pid: number | null, signal: AbortSignal): Promise<void> {
  for (let waitMs = 5; ; waitMs = Math.min(waitMs * 2, 100)) {
    if (pid === null || !lives(pid)) {
      const channel = await dial(socket, signal)
      channel?.close()
      if (channel === null) return
    }
    await pause(io, waitMs, signal)
  }
}
