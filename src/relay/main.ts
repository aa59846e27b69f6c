import { join } from 'node:path'
import type { Host } from '../host/host.ts'
import { openLog } from '../host/log.ts'
import { nodeHost } from '../host/node-host.ts'
import { ensurePrivateDir } from '../host/private-dir.ts'
import { readPrivateJson, writePrivateFile } from '../host/private-file.ts'
import { ImError } from '../protocol/errors.ts'
import { loadLoginServer, makeLoginSetup } from '../sealing/login-server.ts'
import { openStore } from '../store/account-store.ts'
import { openLevelEngine } from '../store/level-engine.ts'
import { type Store, StoreError } from '../store/store.ts'
import { FileWitness } from '../store/witness.ts'
import { serveAdmin } from './admin.ts'
import type { RelayConfig } from './config.ts'
import { readRelayConfig } from './config-file.ts'
import { scheduleHousekeeping } from './nightly.ts'
import { createRelay } from './relay.ts'
import { relayError } from './relay-error.ts'
import { serveRelay } from './server.ts'

export interface RunRelayOptions {
  dataDir: string
  /** HOST:PORT; port 0 takes a free one. */
  listen: string
  /** Null: `relay.toml` in the data directory, if there is one. */
  configFile: string | null
  debug: boolean
  /** Told once it answers. */
  onReady(ready: { url: string; pid: number }): void
  /** Aborted by SIGTERM and the like: the relay then stops cleanly. */
  signal: AbortSignal
}

const IDENTITY_BYTES = 4096

/** What makes this relay itself. The setup is the root secret of all logins: see docs/operating.md. */
interface Identity {
  id: string
  loginSetup: string
}

async function identity(dataDir: string, host: Host): Promise<Identity> {
  const path = join(dataDir, 'relay.key')
  const kept = (await readPrivateJson(path, IDENTITY_BYTES)) as Identity | null
  if (kept !== null) return kept
  const made = { id: Buffer.from(host.random(12)).toString('base64url'), loginSetup: await makeLoginSetup() }
  await writePrivateFile(path, `${JSON.stringify(made)}\n`)
  return made
}

/** `HOST:PORT`, `[v6]:PORT`. Without TLS only loopback addresses are taken. */
export function parseListen(listen: string): { host: string; port: number } {
  const match = /^(\[[0-9a-fA-F:]+\]|[^:]+):([0-9]{1,5})$/.exec(listen)
  const host = match?.[1]?.replace(/^\[|\]$/g, '')
  const port = Number(match?.[2])
  if (host === undefined || port > 65_535) {
    throw new ImError('USAGE', `--listen wants HOST:PORT, not "${listen}".`, { hint: '--listen 127.0.0.1:7465' })
  }
  if (host !== 'localhost' && host !== '::1' && !host.startsWith('127.')) {
    throw new ImError('USAGE', 'Without TLS a relay listens on loopback only.', { hint: '--listen 127.0.0.1:7465' })
  }
  return { host, port }
}

async function openRelayStore(dataDir: string, host: Host, config: RelayConfig): Promise<Store> {
  try {
    return await openStore({
      engine: await openLevelEngine(join(dataDir, 'store')),
      kind: 'relay',
      witness: new FileWitness(join(dataDir, 'witness')),
      reserve: {
        freeBytes: () => host.disk.freeBytes(dataDir),
        minBytes: config.reserveBytes,
        clock: host.clock,
      },
    })
  } catch (cause) {
    if (!(cause instanceof StoreError)) throw cause
    const { code } = relayError(cause, host.log, 'open')
    const hint = code === 'RELAY_RUNNING' ? 'im relay status' : 'restore a backup of the data directory'
    throw new ImError(code, `${dataDir}: ${cause.message}.`, { hint, cause })
  }
}

/** Runs a relay until the signal. Returns the exit code; throws ImError when it cannot start. */
export async function runRelay(options: RunRelayOptions): Promise<number> {
  const { dataDir, signal } = options
  const listen = parseListen(options.listen)
  using log = await openLog({ to: 'stderr', debug: options.debug })
  const host = nodeHost({ log })
  ensurePrivateDir(dataDir)
  const configFile = options.configFile ?? join(dataDir, 'relay.toml')
  const config = await readRelayConfig(configFile, options.configFile === null)
  const store = await openRelayStore(dataDir, host, config)
  const { id, loginSetup } = await identity(dataDir, host)
  const relay = createRelay({ id, host, store, config, login: await loadLoginServer(loginSetup) })
  const stop = new AbortController()
  const server = await serveRelay(relay, listen, host, config.pingIntervalMs).catch(async (cause: unknown) => {
    await relay.close()
    await store.close()
    throw listenError(cause, options.listen)
  })
  const admin = await serveAdmin({ dataDir, relay, host, config, url: server.url, stop: () => stop.abort() })
  const nightly = await scheduleHousekeeping(relay, config.housekeeping, log)
  options.onReady({ url: server.url, pid: process.pid })

  const stopped = new Promise<'stopped'>((resolve) => {
    const onStop = () => resolve('stopped')
    signal.addEventListener('abort', onStop, { once: true })
    stop.signal.addEventListener('abort', onStop, { once: true })
    if (signal.aborted) onStop()
  })
  const outcome = await Promise.race([stopped, store.failed])
  await nightly.stop()
  if (outcome !== 'stopped') {
    log.error('a write failed; the relay ends, since what follows could be lost', { cause: outcome.message })
    return 3
  }
  await admin.close()
  await relay.close()
  await server.close()
  await store.close()
  return 0
}

function listenError(cause: unknown, listen: string): ImError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  if (code === 'EADDRINUSE') {
    return new ImError('IO', `Something listens on ${listen} already.`, { hint: 'im relay start --listen HOST:PORT' })
  }
  return new ImError('IO', `Cannot listen on ${listen}.`, { cause })
}
