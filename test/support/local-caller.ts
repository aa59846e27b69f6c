import { nodeTimers } from '../../src/host/node-host.ts'
import { profilePaths } from '../../src/host/paths.ts'
import { type ErrorData, ImError, toErrorData } from '../../src/protocol/errors.ts'
import type { LocalMethod, LocalParams, LocalResults } from '../../src/protocol/local-api.ts'
import { createPeer } from '../../src/rpc/json-rpc-peer.ts'
import { connectLocal } from '../../src/rpc/local-socket.ts'
import { eventually } from './wait-for.ts'

/** What the command line is to a daemon, without a process for every verb. */
export interface LocalCaller {
  /** Rejects with the daemon's ImError, or with LinkLost when it dies. */
  call<M extends LocalMethod>(method: M, params: LocalParams<M>): Promise<LocalResults[M]>
  close(): void
}

/** A connection to a profile's daemon, once it listens; `heard` is told the events. */
export async function callDaemon(
  home: string,
  profile: string,
  heard: (event: string, params: unknown) => void = () => {},
): Promise<LocalCaller> {
  const { socket } = profilePaths({ env: { IM_HOME: home }, platform: process.platform, profile })
  const channel = await eventually(() => connectLocal(socket), 30_000)
  const peer = createPeer(channel, {
    handle: heard,
    errorPayload: toErrorData,
    reviveError: (payload) => ImError.fromData(payload as ErrorData),
    timers: nodeTimers,
  })
  await peer.call('hello', { version: '0.1.0', zone: 'UTC', person: true, desktop: {} })
  return {
    call: async (method, params) => (await peer.call(method, params)) as never,
    close: () => peer.close(),
  }
}
