import { dirname } from 'node:path'
import type { Host } from '../../host/host.ts'
import { relaySocket } from '../../host/paths.ts'
import { ensurePrivateDir } from '../../host/private-dir.ts'
import {
  type AdminMethod,
  type AdminParams,
  type AdminResults,
  adminParams,
  type RelayStatus,
  type SnapshotManifest,
} from '../../protocol/admin-api.ts'
import { ImError, toErrorData } from '../../protocol/errors.ts'
import { formatLink } from '../../protocol/link.ts'
import { IM_VERSION, SUPPORTED_PROTOCOLS } from '../../protocol/version.ts'
import { createPeer } from '../../rpc/json-rpc-peer.ts'
import { type LocalServer, listenLocal } from '../../rpc/local-socket.ts'
import type { RelayConfig } from '../config.ts'
import { lastSnapshot } from '../durability/snapshot-rota.ts'
import { keyFile } from '../durability/store-files.ts'
import type { Relay } from '../relay.ts'
import { relayError } from '../relay-error.ts'
import type { Certificate } from './certificate.ts'
import type { Health } from './health.ts'

export interface AdminOptions {
  dataDir: string
  relay: Relay
  host: Host
  config: RelayConfig
  url: string
  /** How clients reach it, pins included. */
  address: () => string
  certificate: () => Certificate | null
  /** Where the metrics are; null without. */
  metrics: string | null
  epoch: number
  health: () => Promise<Health>
  inviteOnly: boolean
  snapshot(dir: string): Promise<SnapshotManifest>
  stop(): void
}

type AdminTable = {
  readonly [M in AdminMethod]: (params: AdminParams<M>) => Promise<AdminResults[M]> | AdminResults[M]
}

function methods(options: AdminOptions): AdminTable {
  const { relay, host, address } = options
  const { operator } = relay
  const startedAt = host.clock.monotonic()
  const status = () => statusOf(options, startedAt)
  return {
    status,
    stop: async () => {
      const now = await status()
      options.stop()
      return now
    },
    snapshot: async ({ dir }) => ({
      ...(await options.snapshot(dir)),
      dir,
      key: keyFile(options.dataDir),
    }),
    'user.list': ({ after }) => operator.users(after),
    'user.disable': ({ uin }) => operator.disable(uin),
    'user.enable': ({ uin }) => operator.enable(uin),
    'user.delete': ({ uin }) => operator.delete(uin),
    'invite.create': async ({ uses, lastsMs }) => {
      const { secret, view } = await operator.createInvite(uses, lastsMs)
      return { ...view, link: formatLink({ relay: address(), invite: secret }) }
    },
    'invite.list': () => operator.invites(),
    'invite.revoke': ({ id }) => operator.revokeInvite(id),
  }
}

async function statusOf(options: AdminOptions, startedAt: number): Promise<RelayStatus> {
  const { relay, host, config, url, dataDir, inviteOnly } = options
  const certificate = options.certificate()
  const [accounts, freeBytes, health, last] = await Promise.all([
    relay.operator.countAccounts(),
    host.disk.freeBytes(dataDir),
    options.health(),
    config.snapshot === null ? null : lastSnapshot(config.snapshot.dir).catch(() => null),
  ])
  return {
    v: 1,
    running: true,
    health,
    draining: relay.draining,
    pid: process.pid,
    version: IM_VERSION,
    node: process.version,
    protocols: [...SUPPORTED_PROTOCOLS],
    url,
    metrics: options.metrics,
    link: formatLink({ relay: options.address(), invite: null }),
    pin: certificate?.pin ?? null,
    certificateExpiresAt: certificate === null ? null : new Date(certificate.expiresAt).toISOString(),
    inviteOnly,
    data: dataDir,
    epoch: options.epoch,
    freeBytes,
    reserveBytes: config.reserveBytes,
    housekeeping: config.housekeeping,
    snapshots:
      config.snapshot === null
        ? null
        : { ...config.snapshot, lastAt: last === null ? null : new Date(last).toISOString() },
    accounts,
    connections: relay.connections,
    sessions: relay.sessions,
    maxConnections: config.connections,
    rssBytes: process.memoryUsage.rss(),
    uptimeMs: Math.round(host.clock.monotonic() - startedAt),
    limits: config.limits,
  }
}

/** The operator's socket (0600, in the data directory): what the other `im relay` verbs talk to. */
export async function serveAdmin(options: AdminOptions): Promise<LocalServer> {
  const { host, dataDir } = options
  const table = methods(options)

  async function answer(method: string, params: unknown): Promise<unknown> {
    if (!Object.hasOwn(table, method)) throw new ImError('USAGE', `The relay knows no method ${method}.`)
    const known = method as AdminMethod
    const parsed = adminParams[known].safeParse(params ?? {})
    if (!parsed.success) {
      const { path = [], message = '' } = parsed.error.issues[0] ?? {}
      throw new ImError('USAGE', `${method}: ${path.join('.')}: ${message}.`)
    }
    return table[known](parsed.data as never)
  }

  const path = relaySocket(dataDir, process.platform)
  ensurePrivateDir(dirname(path))
  return listenLocal(
    path,
    (channel) => {
      createPeer(channel, {
        handle: (method, params) =>
          answer(method, params).catch((cause: unknown) => {
            throw relayError(cause, host.log, method)
          }),
        errorPayload: toErrorData,
        reviveError: (payload) => new ImError('INTERNAL', payload.message),
        timers: host.timers,
      })
    },
    { unlinkStale: true },
  )
}
