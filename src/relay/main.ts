import { join } from 'node:path'
import { openLog } from '../host/log.ts'
import { nodeHost } from '../host/node-host.ts'
import { ensurePrivateDir } from '../host/private-dir.ts'
import type { FsckReport } from '../protocol/admin-api.ts'
import { tryTablesIn } from '../store/try-tables.ts'
import { type FsckOptions, fsckRelay as fsck } from './durability/fsck.ts'
import { readRelayConfig } from './operating/config-file.ts'
import { certificateNames, parseDoor } from './operating/listen.ts'
import { countedMetrics } from './operating/metrics-server.ts'
import { openRelayStore, storeTrouble } from './operating/open-store.ts'
import { relayTls, type TlsChoice } from './operating/tls.ts'
import { type RelayReady, startRelay } from './running.ts'

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
  tls: TlsChoice
  /** The proxies whose X-Forwarded-For counts, and who may come in plain text: addresses or ranges. */
  trustProxy: readonly string[]
  /** How clients reach it, where that is not where it listens. */
  publicUrl: string | null
  inviteOnly: boolean
  /** Go on with another relay.key than the store belongs to: who has registered cannot log in anew. */
  newKey: boolean
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

/** Runs a relay until the signal. Returns the exit code; throws ImError when it cannot start. */
export async function runRelay(options: RunRelayOptions): Promise<number> {
  const { dataDir, inviteOnly, newKey } = options
  const door = parseDoor(options)
  using log = await openLog({ to: 'stderr', debug: options.debug })
  const host = nodeHost({ log })
  ensurePrivateDir(dataDir)
  const config = await readRelayConfig(options.configFile ?? join(dataDir, 'relay.toml'), options.configFile === null)
  const tls = await relayTls(options.tls, certificateNames(door.listen, door.publicUrl), dataDir, host)
  const counted = await countedMetrics(options.metrics ?? config.metrics, door.listen)
  const store = await openRelayStore(dataDir, host, config, counted?.metrics.meter ?? null)
  const asked = new AbortController()
  const onStop = () => asked.abort()
  const start = { dataDir, inviteOnly, newKey, host, config, door, tls, store, counted, onStop }
  const running = await startRelay(start).catch((cause: unknown) => {
    throw storeTrouble(cause, dataDir)
  })
  if (running.reload !== null) options.onReload(running.reload)
  options.onReady(running.ready)

  const broken = await Promise.race([aborted(AbortSignal.any([options.signal, asked.signal])), store.failed])
  if (broken === null) log.info('relay stopping', { connections: running.connections })
  else log.error('a write failed; the relay ends, since what follows could be lost', { cause: broken.message })
  await running.stop()
  // A handle that failed a write is not touched again; what it holds is read anew at the next start.
  if (broken !== null) return 3
  await store.close()
  log.info('relay stopped')
  return 0
}

function aborted(signal: AbortSignal): Promise<null> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(null)
    else signal.addEventListener('abort', () => resolve(null), { once: true })
  })
}
