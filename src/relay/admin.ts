import { dirname } from 'node:path'
import type { Host } from '../host/host.ts'
import { relaySocket } from '../host/paths.ts'
import { ensurePrivateDir } from '../host/private-dir.ts'
import type { RelayStatus } from '../protocol/admin-api.ts'
import { ImError, toErrorData } from '../protocol/errors.ts'
import { IM_VERSION } from '../protocol/version.ts'
import { createPeer } from '../rpc/json-rpc-peer.ts'
import { type LocalServer, listenLocal } from '../rpc/local-socket.ts'
import type { RelayConfig } from './config.ts'
import type { Relay } from './relay.ts'

export interface AdminOptions {
  dataDir: string
  relay: Relay
  host: Host
  config: RelayConfig
  url: string
  stop(): void
}

/** The operator's socket (0600, in the data directory): what the other `im relay` verbs talk to. */
export async function serveAdmin(options: AdminOptions): Promise<LocalServer> {
  const { relay, host, config, url, dataDir } = options
  const startedAt = host.clock.monotonic()
  const methods: Readonly<Record<string, () => RelayStatus>> = {
    status,
    stop: () => {
      options.stop()
      return status()
    },
  }

  function status(): RelayStatus {
    return {
      v: 1,
      running: true,
      pid: process.pid,
      version: IM_VERSION,
      url,
      data: dataDir,
      connections: relay.connections,
      sessions: relay.sessions,
      rssBytes: process.memoryUsage.rss(),
      uptimeMs: Math.round(host.clock.monotonic() - startedAt),
      limits: config.limits,
    }
  }

  const path = relaySocket(dataDir, process.platform)
  ensurePrivateDir(dirname(path))
  return listenLocal(
    path,
    (channel) => {
      createPeer(channel, {
        handle: (method) => {
          const answer = Object.hasOwn(methods, method) ? methods[method] : undefined
          if (answer === undefined) throw new ImError('USAGE', `The relay knows no method ${method}.`)
          return answer()
        },
        errorPayload: toErrorData,
        reviveError: (payload) => new ImError('INTERNAL', payload.message),
        timers: host.timers,
      })
    },
    { unlinkStale: true },
  )
}
