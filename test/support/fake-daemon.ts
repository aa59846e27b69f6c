import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { nodeTimers } from '../../src/host/node-host.ts'
import type { ProfilePaths } from '../../src/host/paths.ts'
import { ImError, toErrorData } from '../../src/protocol/errors.ts'
import type { LocalMethod } from '../../src/protocol/local-api.ts'
import { IM_VERSION } from '../../src/protocol/version.ts'
import { createPeer } from '../../src/rpc/json-rpc-peer.ts'
import { listenLocal } from '../../src/rpc/local-socket.ts'
import type { Peer } from '../../src/rpc/peer.ts'

type Answer = (params: never, peer: Peer) => unknown

export interface FakeDaemon {
  /** Calls in the order they came. */
  readonly calls: { method: string; params: unknown }[]
  /** The parameters of the last call of a method. */
  paramsOf(method: LocalMethod): unknown
  close(): Promise<void>
}

/** A daemon that answers by a table: a value, or a function of the parameters, which may throw. */
export async function fakeDaemon(
  paths: ProfilePaths,
  answers: { [M in LocalMethod]?: unknown },
  version: string = IM_VERSION,
): Promise<FakeDaemon> {
  const calls: FakeDaemon['calls'] = []
  const table: { [method: string]: unknown } = { hello: { version, profile: paths.profile }, ...answers }
  const server = await listenLocal(
    paths.socket,
    (channel) => {
      const peer: Peer = createPeer(channel, {
        handle: (method, params) => {
          calls.push({ method, params })
          const answer = table[method]
          if (answer === undefined) throw new ImError('INTERNAL', `the fake daemon has no answer to ${method}`)
          return typeof answer === 'function' ? (answer as Answer)(params as never, peer) : answer
        },
        errorPayload: toErrorData,
        reviveError: (payload) => new Error(payload.message),
        timers: nodeTimers,
      })
    },
    { unlinkStale: true },
  )
  mkdirSync(dirname(paths.daemonFile), { recursive: true, mode: 0o700 })
  writeFileSync(paths.daemonFile, JSON.stringify({ version, socket: paths.socket }))
  return {
    calls,
    paramsOf: (method) => calls.findLast((call) => call.method === method)?.params,
    close: () => server.close(),
  }
}
