import { DAY_MS } from '../domain/instant.ts'
import type { Host } from '../host/host.ts'
import { ImError } from '../protocol/errors.ts'
import { formatLink } from '../protocol/link.ts'
import { type LoginServer, loadLoginServer } from '../sealing/login-server.ts'
import { SealError } from '../sealing/seal-error.ts'
import type { Store } from '../store/store.ts'
import type { RelayConfig } from './config.ts'
import { takeSnapshot } from './durability/snapshot.ts'
import { keyFile } from './durability/store-files.ts'
import { type Identity, identityOf, noteIdentity, setupFingerprint } from './identity.ts'
import { serveAdmin } from './operating/admin.ts'
import { choresOf, oneAtATime } from './operating/chores.ts'
import { healthOf } from './operating/health.ts'
import { type Door, reachableUrl } from './operating/listen.ts'
import type { CountedMetrics } from './operating/metrics-server.ts'
import { schedule } from './operating/schedule.ts'
import type { RelayTls } from './operating/tls.ts'
import { createRelay, type Relay } from './relay.ts'
import { serveRelay } from './server.ts'

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

/** What a relay is started with. */
export interface Start {
  dataDir: string
  inviteOnly: boolean
  /** Go on with another relay.key than the store belongs to. */
  newKey: boolean
  host: Host
  config: RelayConfig
  door: Door
  tls: RelayTls
  store: Store
  /** Null: nobody counts. */
  counted: CountedMetrics | null
  /** The operator has asked it to stop. */
  onStop(): void
}

export interface RunningRelay {
  ready: RelayReady
  /** Reads the certificate again; null where there is none. */
  reload: (() => void) | null
  readonly connections: number
  /** Ends all but the store. */
  stop(): Promise<void>
}

const FIRST_INVITE_MS = 7 * DAY_MS

/**
 * Starts a relay over its store: all that listens, and what is done at hours of the clock. Rejects with IO where it
 * cannot listen, with StoreError where it cannot read what it starts with; the store is closed then, and nothing listens.
 */
export async function startRelay(start: Start): Promise<RunningRelay> {
  const { dataDir, inviteOnly, host, config, door, tls, store, counted } = start
  const { identity, login } = await ownIdentity(start).catch(async (cause: unknown) => {
    await store.close()
    throw cause
  })
  const relay = createRelay({
    id: identity.id,
    host,
    store,
    config,
    login,
    inviteOnly,
    publicAddress: () => (door.publicUrl === null ? null : tls.addressOf(door.publicUrl)),
    meter: counted?.metrics.meter ?? null,
  })
  const health = healthOf({
    host,
    dataDir,
    reserveBytes: config.reserveBytes,
    draining: () => relay.draining,
    failed: store.failed,
  })
  const listening = await listen(start, relay, health)
  try {
    return await operate(start, identity, relay, health, listening)
  } catch (cause) {
    // What listens would keep the process, half started, for ever.
    await relay.close()
    await listening.server.close()
    await listening.metrics?.close()
    await store.close()
    throw cause
  }
}

/** All that is done beside serving: the operator's socket, the certificate's renewal, what comes by the clock. */
async function operate(
  { dataDir, inviteOnly, host, config, door, tls, store, onStop }: Start,
  { id, loginSetup }: Identity,
  relay: Relay,
  health: ReturnType<typeof healthOf>,
  { server, metrics }: Awaited<ReturnType<typeof listen>>,
): Promise<RunningRelay> {
  /** Ends what would keep the store open for long. */
  const leaving = new AbortController()
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
  const chores = await choresOf(relay, config, host, snapshot)
  const invite = inviteOnly ? await firstInvite(relay) : null
  const { url } = server
  const address = () => tls.addressOf(door.publicUrl ?? reachableUrl(url))
  const admin = await serveAdmin({
    dataDir,
    relay,
    host,
    config,
    url,
    address,
    certificate: tls.certificate,
    metrics: metrics?.url ?? null,
    epoch: store.epoch,
    health,
    inviteOnly,
    snapshot,
    stop: onStop,
  })
  const watch = tls.watch(config.certificateCheckMs, (changed) => server.setCertificate(changed))
  const nightly = await schedule(chores, host)
  return {
    ready: {
      url,
      pid: process.pid,
      pin: tls.certificate()?.pin ?? null,
      link: formatLink({ relay: address(), invite }),
      invites: invite !== null,
      metrics: metrics?.url ?? null,
    },
    reload: watch === null ? null : () => void watch.reload(),
    get connections() {
      return relay.connections
    },
    async stop() {
      leaving.abort()
      await nightly.stop()
      watch?.stop()
      server.refuse()
      await relay.close()
      await server.close()
      await admin.close()
      await metrics?.close()
    },
  }
}

/** What listens on the network: the relay's own server, and that of its metrics where they are wanted. */
async function listen(
  { host, config, door, tls, store, counted }: Start,
  relay: Relay,
  health: ReturnType<typeof healthOf>,
) {
  const metrics = await counted?.serve(relay).catch(giveUp)
  const serve = { listen: door.listen, host, config, tls: tls.certificate(), isProxy: door.isProxy, health }
  const server = await serveRelay(relay, serve).catch(async (cause: unknown) => {
    await metrics?.close()
    return giveUp(listenError(cause, door))
  })
  return { server, metrics }

  async function giveUp(cause: unknown): Promise<never> {
    await relay.close()
    await store.close()
    throw cause
  }
}

function listenError(cause: unknown, { listen: { host, port } }: Door): ImError {
  const where = `${host.includes(':') ? `[${host}]` : host}:${port}`
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  if (code === 'EADDRINUSE') {
    return new ImError('IO', `Something listens on ${where} already.`, { hint: 'im relay start --listen HOST:PORT' })
  }
  return new ImError('IO', `Cannot listen on ${where}.`, { cause })
}

/** Noted only once it is known that logins can be made of it: what is damaged must not take the place of what was. */
async function ownIdentity({
  dataDir,
  host,
  store,
  newKey,
}: Start): Promise<{ identity: Identity; login: LoginServer }> {
  const path = keyFile(dataDir)
  const identity = await identityOf({ path, store, host, takeAny: newKey })
  const login = await loadLogin(identity.loginSetup, path)
  await noteIdentity(store, identity)
  return { identity, login }
}

async function loadLogin(loginSetup: string, path: string): Promise<LoginServer> {
  return loadLoginServer(loginSetup).catch((cause: unknown) => {
    if (!(cause instanceof SealError)) throw cause
    throw new ImError('BAD_FILE', `${path} is damaged: nobody could log in with it.`, {
      hint: 'put the copy of it back that you keep apart from the data',
      cause,
    })
  })
}

/** Where nobody has been invited yet, the operator is. */
async function firstInvite({ operator }: Relay): Promise<string | null> {
  if ((await operator.invites()).length > 0) return null
  const { users } = await operator.users(null)
  return users.length > 0 ? null : (await operator.createInvite(1, FIRST_INVITE_MS)).secret
}
