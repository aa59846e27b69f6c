import { join } from 'node:path'
import { DAY_MS } from '../domain/instant.ts'
import type { Host } from '../host/host.ts'
import { openLog } from '../host/log.ts'
import { nodeHost } from '../host/node-host.ts'
import { ensurePrivateDir } from '../host/private-dir.ts'
import type { FsckReport, SnapshotManifest } from '../protocol/admin-api.ts'
import { ImError } from '../protocol/errors.ts'
import { formatAddress, formatLink } from '../protocol/link.ts'
import { loadLoginServer } from '../sealing/login-server.ts'
import { openStore } from '../store/account-store.ts'
import { openLevelEngine } from '../store/level-engine.ts'
import { refuseHalfPlaced, storePlace } from '../store/place.ts'
import { type Store, StoreError } from '../store/store.ts'
import { tryTablesIn } from '../store/try-tables.ts'
import { FileWitness } from '../store/witness.ts'
import type { RelayConfig } from './config.ts'
import { type FsckOptions, fsckRelay as fsck } from './durability/fsck.ts'
import { setupFingerprint, takeSnapshot } from './durability/snapshot.ts'
import { lastSnapshot, takeInTurn } from './durability/snapshot-rota.ts'
import { keyFile } from './durability/store-files.ts'
import { RELAY_MIGRATIONS } from './durability/store-format.ts'
import { identityAt } from './identity.ts'
import { type Meter, meteredEngine, meteredStore } from './meter.ts'
import { serveAdmin } from './operating/admin.ts'
import { type CertificateFiles, readCertificate, warnOfExpiry, watchCertificate } from './operating/certificate.ts'
import { readRelayConfig } from './operating/config-file.ts'
import { healthOf } from './operating/health.ts'
import { isIdle } from './operating/housekeeping.ts'
import {
  certificateNames,
  type Listen,
  parseListen,
  parseProxies,
  parsePublicUrl,
  reachableUrl,
  refusePlainElsewhere,
} from './operating/listen.ts'
import { type Chore, schedule } from './operating/schedule.ts'
import { selfSigned } from './operating/self-signed.ts'
import { createRelay, type Relay } from './relay.ts'
import { relayError } from './relay-error.ts'
import { serveRelay } from './server.ts'

export { restoreRelay } from './durability/restore.ts'
export { checkRelayConfig } from './operating/config-file.ts'

/** Looks for damage in the store of a relay that is stopped, and repairs it when told to. */
export function fsckRelay(options: Omit<FsckOptions, 'tryTables'>): Promise<FsckReport> {
  return fsck({ ...options, tryTables: tryTablesIn(new URL('./table-child.js', import.meta.url)) })
}

export interface RunRelayOptions {
  dataDir: string
  /** HOST:PORT; port 0 takes a free one. */
  listen: string
  /** PEM files, or a certificate of its own; null: plain. */
  tls: CertificateFiles | 'self-signed' | null
  /** The proxies whose X-Forwarded-For counts, and who may come in plain text: addresses or ranges. */
  trustProxy: readonly string[]
  /** How clients reach it, where that is not where it listens. */
  publicUrl: string | null
  inviteOnly: boolean
  /** HOST:PORT, or a port of loopback, where Prometheus may read; null: as `relay.toml` has it. */
  metrics: string | null
  /** Null: `relay.toml` in the data directory, if there is one. */
  configFile: string | null
  debug: boolean
  /** Told once it answers. */
  onReady(ready: RelayReady): void
  /** Each call asks to read the certificate again. Told only when there is one: else the signal is not taken. */
  onReload(reload: () => void): void
  /** Aborted by SIGTERM and the like: the relay then stops cleanly. */
  signal: AbortSignal
}

export interface RelayReady {
  url: string
  pid: number
  /** Of the certificate's key; null without TLS. */
  pin: string | null
  /** For clients: address and pin, and at the first start of a relay that wants invites the first of them. */
  link: string
  /** Whether the link holds an invite. */
  invites: boolean
  /** Where the metrics are; null without. */
  metrics: string | null
}

const FIRST_INVITE_MS = 7 * DAY_MS

const OPEN_HINTS: Readonly<Record<StoreError['reason'], (dataDir: string) => string>> = {
  locked: (dataDir) => `im relay status --data ${dataDir}`,
  format: () => 'start it with the version of im that wrote it, or a newer one',
  damaged: (dataDir) => `im relay fsck --data ${dataDir}`,
  full: () => 'make room on the disk, then start it again',
  io: () => 'look at the disk and at who may write there, then start it again',
}

async function openRelayStore(dataDir: string, host: Host, config: RelayConfig, meter: Meter | null): Promise<Store> {
  const place = storePlace(dataDir)
  try {
    await refuseHalfPlaced(dataDir)
    const engine = await openLevelEngine(place.store)
    const store = await openStore({
      engine: meter === null ? engine : meteredEngine(engine, meter, host.clock),
      kind: 'relay',
      witness: new FileWitness(place.witness),
      migrations: RELAY_MIGRATIONS,
      reserve: {
        freeBytes: () => host.disk.freeBytes(dataDir),
        minBytes: config.reserveBytes,
        clock: host.clock,
      },
    })
    return meter === null ? store : meteredStore(store, meter)
  } catch (cause) {
    if (!(cause instanceof StoreError)) throw cause
    const { code } = relayError(cause, host.log, 'open')
    throw new ImError(code, `${dataDir}: ${cause.message}.`, { hint: OPEN_HINTS[cause.reason](dataDir), cause })
  }
}

/** Runs a relay until the signal. Returns the exit code; throws ImError when it cannot start. */
export async function runRelay(options: RunRelayOptions): Promise<number> {
  const { dataDir, signal, inviteOnly } = options
  const listen = parseListen(options.listen)
  const isProxy = parseProxies(options.trustProxy)
  const publicUrl = options.publicUrl === null ? null : parsePublicUrl(options.publicUrl)
  if (options.tls === null) refusePlainElsewhere(listen, isProxy !== null, publicUrl)
  using log = await openLog({ to: 'stderr', debug: options.debug })
  const host = nodeHost({ log })
  ensurePrivateDir(dataDir)
  const configFile = options.configFile ?? join(dataDir, 'relay.toml')
  const config = await readRelayConfig(configFile, options.configFile === null)
  const files =
    options.tls === 'self-signed' ? await selfSigned(dataDir, certificateNames(listen, publicUrl), host) : options.tls
  let certificate = files === null ? null : await readCertificate(files)
  if (certificate !== null) warnOfExpiry(certificate, host.clock.now(), log)
  // Whoever has a certificate that an authority signed needs no pin, and may renew the key.
  const pins = () => (options.tls === 'self-signed' && certificate !== null ? [certificate.pin] : [])
  const addressOf = (url: string) => formatAddress({ url, pins: pins() })

  const counted = await metricsOf(options.metrics ?? config.metrics, listen)
  const meter = counted?.metrics.meter ?? null
  const store = await openRelayStore(dataDir, host, config, meter)
  const { id, loginSetup } = await identityAt(keyFile(dataDir), host)
  const publicAddress = () => (publicUrl === null ? null : addressOf(publicUrl))
  const login = await loadLoginServer(loginSetup)
  const relay = createRelay({ id, host, store, config, login, inviteOnly, publicAddress, meter })
  const stop = new AbortController()
  /** Ends what would keep the store open for long. */
  const leaving = new AbortController()
  const health = healthOf({
    host,
    dataDir,
    reserveBytes: config.reserveBytes,
    draining: () => relay.draining,
    failed: store.failed,
  })
  const giveUp = async (cause: unknown): Promise<never> => {
    await relay.close()
    await store.close()
    throw cause
  }
  const metrics = await counted?.serve(relay).catch(giveUp)
  const serve = { listen, host, config, tls: certificate, isProxy, health }
  const server = await serveRelay(relay, serve).catch(async (cause: unknown) => {
    await metrics?.close()
    return giveUp(listenError(cause, options.listen))
  })
  const watch =
    files === null
      ? null
      : watchCertificate(files, host, config.certificateCheckMs, (changed) => {
          certificate = changed
          server.setCertificate(changed)
        })
  if (watch !== null) options.onReload(() => void watch.reload())
  const { url } = server
  const address = () => addressOf(publicUrl ?? reachableUrl(url))
  const snapshot = oneAtATime((dir: string) =>
    takeSnapshot({
      dir,
      store,
      identity: { relay: id, setup: setupFingerprint(loginSetup) },
      now: host.clock.now(),
      reserveBytes: config.reserveBytes,
      signal: leaving.signal,
    }),
  )
  const admin = await serveAdmin({
    dataDir,
    relay,
    host,
    config,
    url,
    address,
    certificate: () => certificate,
    metrics: metrics?.url ?? null,
    epoch: store.epoch,
    health,
    inviteOnly,
    snapshot,
    stop: () => stop.abort(),
  })
  const nightly = await schedule(await choresOf(relay, config, host, snapshot), host)
  const invite = inviteOnly ? await firstInvite(relay) : null
  const link = formatLink({ relay: address(), invite })
  const pin = certificate?.pin ?? null
  options.onReady({ url, pid: process.pid, pin, link, invites: invite !== null, metrics: metrics?.url ?? null })

  const stopped = new Promise<'stopped'>((resolve) => {
    const onStop = () => resolve('stopped')
    signal.addEventListener('abort', onStop, { once: true })
    stop.signal.addEventListener('abort', onStop, { once: true })
    if (signal.aborted) onStop()
  })
  const outcome = await Promise.race([stopped, store.failed])
  leaving.abort()
  await nightly.stop()
  const broken = outcome === 'stopped' ? null : outcome
  if (broken === null) log.info('relay stopping', { connections: relay.connections })
  else log.error('a write failed; the relay ends, since what follows could be lost', { cause: broken.message })
  watch?.stop()
  server.refuse()
  await relay.close()
  await server.close()
  await admin.close()
  await metrics?.close()
  // A handle that failed a write is not touched again; what it holds is read anew at the next start.
  if (broken !== null) return 3
  await store.close()
  log.info('relay stopped')
  return 0
}

/** What counts, and what shows it once there is a relay to look at; null where nobody asked. */
async function metricsOf(where: string | null, relayListen: Listen) {
  if (where === null) return null
  const [{ createMetrics }, { parseMetricsListen, serveMetrics }] = await Promise.all([
    import('./operating/metrics.ts'),
    import('./operating/metrics-server.ts'),
  ])
  const listen = parseMetricsListen(where, relayListen)
  const metrics = createMetrics()
  return {
    metrics,
    serve(relay: Relay) {
      metrics.watch(relay)
      return serveMetrics(metrics, listen)
    },
  }
}

async function choresOf(
  relay: Relay,
  { housekeeping, snapshot }: RelayConfig,
  { clock }: Host,
  take: (dir: string) => Promise<SnapshotManifest>,
): Promise<Chore[]> {
  const house = {
    name: 'housekeeping',
    at: housekeeping,
    last: await relay.operator.houseKeptAt(),
    run: async () => {
      const done = await relay.housekeep()
      await relay.operator.houseKept()
      return isIdle(done) ? null : done
    },
  }
  if (snapshot === null) return [house]
  const last = await lastSnapshot(snapshot.dir)
  return [house, { name: 'snapshot', at: snapshot.at, last, run: () => takeInTurn(snapshot, clock.now(), take) }]
}

/** Each would read the whole store: a second has to wait for its turn. */
function oneAtATime<T>(take: (dir: string) => Promise<T>): (dir: string) => Promise<T> {
  let busy = false
  return async (dir) => {
    if (busy) throw new ImError('LIMIT', 'A snapshot is being taken already.')
    busy = true
    try {
      return await take(dir)
    } finally {
      busy = false
    }
  }
}

/** Where nobody has been invited yet, the operator is. */
async function firstInvite({ operator }: Relay): Promise<string | null> {
  if ((await operator.invites()).length > 0) return null
  const { users } = await operator.users(null)
  return users.length > 0 ? null : (await operator.createInvite(1, FIRST_INVITE_MS)).secret
}

function listenError(cause: unknown, listen: string): ImError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  if (code === 'EADDRINUSE') {
    return new ImError('IO', `Something listens on ${listen} already.`, { hint: 'im relay start --listen HOST:PORT' })
  }
  return new ImError('IO', `Cannot listen on ${listen}.`, { cause })
}
