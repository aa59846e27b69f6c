import { createHash } from 'node:crypto'
// Loaded now, so that the first seal takes no longer than the others.
import '@hpke/core'
import type { BackupPlan, Condition } from '../../src/domain/backup.ts'
import type { Uin } from '../../src/domain/uin.ts'
import { type FakeHost, fakeHost } from '../../src/host/fake-host.ts'
import { type ErrorData, ImError, toErrorData } from '../../src/protocol/errors.ts'
import type { Cursor, LogEntry, PublicKeys } from '../../src/protocol/records.ts'
import type {
  FriendPresence,
  NewBackup,
  RelayEvents,
  RelayMethod,
  RelayParams,
  RelayResults,
} from '../../src/protocol/relay-api.ts'
import type { StoredLogin } from '../../src/relay/accounts/account-state.ts'
import { DEFAULT_CONFIG, type RelayConfig } from '../../src/relay/config.ts'
import { RELAY_MIGRATIONS } from '../../src/relay/durability/store-format.ts'
import { createRelay, type Relay } from '../../src/relay/relay.ts'
import { createPeer } from '../../src/rpc/json-rpc-peer.ts'
import { type MemoryChannel, memoryChannelPair } from '../../src/rpc/memory-channel.ts'
import type { Peer } from '../../src/rpc/peer.ts'
import { makeKeyBundle } from '../../src/sealing/key-bundle.ts'
import { makeAccountKeys } from '../../src/sealing/keys.ts'
import { loadLoginClient } from '../../src/sealing/login-client.ts'
import { type LoginServer, loadLoginServer, makeLoginSetup } from '../../src/sealing/login-server.ts'
import { openStore } from '../../src/store/account-store.ts'
import { MemoryDisk } from '../../src/store/memory-engine.ts'
import type { Store } from '../../src/store/store.ts'
import { MemoryWitness, type Witness } from '../../src/store/witness.ts'
import { cryptoUnderWay } from './busy-crypto.ts'
import { dummyContent, dummyPrivate, dummyText } from './dummy-seal.ts'
import { turn } from './turn.ts'

/** Fast enough for tests: what it protects here is nothing. */
const CHEAP = { memoryKib: 8, iterations: 1, parallelism: 1 }

export interface Credentials {
  uin: Uin
  deviceId: string
  token: string
}

/** A device as the relay sees one: it calls, and keeps what it is told. */
export interface RelayDevice extends Credentials {
  readonly peer: Peer
  readonly channel: MemoryChannel
  readonly entries: LogEntry[]
  readonly presences: FriendPresence[]
  readonly closings: ErrorData[]
  call<M extends RelayMethod>(method: M, params: RelayParams<M>): Promise<RelayResults[M]>
  /** The keys of an account of this world; those of nobody for one that is none. */
  keysOf(uin: Uin): PublicKeys
  /** The newest presence told of a friend. */
  sees(uin: Uin): FriendPresence['presence'] | undefined
}

export interface RelayWorld {
  host: FakeHost
  disk: MemoryDisk
  relay: Relay
  store: Store
  register(nick: string, invite?: string | null): Promise<RelayDevice>
  login(uin: Uin, password?: string): Promise<Credentials>
  /** A session over a new connection, following the log from the cursor. */
  open(credentials: Credentials, options?: { cursor?: Cursor | null; person?: boolean }): Promise<RelayDevice>
  connect(): { peer: Peer; channel: MemoryChannel; on: Map<string, (params: never) => void> }
  befriend(a: RelayDevice, b: RelayDevice): Promise<void>
  /** Lets everything happen that needs no time. */
  settle(): Promise<void>
  /** Time passes. */
  pass(ms: number): Promise<void>
  /** From now on the disk is full, until the returned function is called. */
  refuseWrites(): () => void
  /** The relay dies at once and another starts on what was on disk. */
  crash(): Promise<void>
  close(): Promise<void>
}

const NOBODY: PublicKeys = { kem: 'nobody', sign: 'nobody' }
const PASSWORD = 'correct horse battery staple'

/** A relay on which each step of a login takes some time, as it does on a real one. */
function slowed(login: LoginServer, { clock }: FakeHost, ms: number): LoginServer {
  const taking =
    <Given extends unknown[], Result>(step: (...given: Given) => Result) =>
    (...given: Given): Result => {
      if (ms > 0) clock.advance(ms)
      return step(...given)
    }
  return {
    isRecord: login.isRecord,
    answerRegistration: taking(login.answerRegistration),
    startLogin: taking(login.startLogin),
    finishLogin: taking(login.finishLogin),
  }
}

export async function relayWorld(
  config: Partial<RelayConfig> = {},
  {
    loginStepMs = 0,
    disk = new MemoryDisk(),
    witness = new MemoryWitness(),
    ...door
  }: { inviteOnly?: boolean; loginStepMs?: number; disk?: MemoryDisk; witness?: Witness } = {},
): Promise<RelayWorld> {
  const host = fakeHost()
  const setup = await makeLoginSetup()
  const loginClient = await loadLoginClient(CHEAP)
  const loginServer = slowed(await loadLoginServer(setup, CHEAP), host, loginStepMs)
  const start = async () => {
    const store = await openStore({
      engine: await disk.open(),
      kind: 'relay',
      witness,
      migrations: RELAY_MIGRATIONS,
      verifyWrites: true,
      reserve: { freeBytes: () => host.disk.freeBytes('/'), minBytes: 1, clock: host.clock },
    })
    const relay = createRelay({
      id: 'test',
      host,
      store,
      config: { ...DEFAULT_CONFIG, ...config },
      login: loginServer,
      ...door,
    })
    return { store, relay }
  }
  const publicKeys = new Map<Uin, PublicKeys>()
  let running = await start()

  async function settle(): Promise<void> {
    for (let quiet = 0; quiet < 12; quiet = cryptoUnderWay() === 0 ? quiet + 1 : 0) await turn()
  }

  function connect() {
    const [mine, theirs] = memoryChannelPair()
    const on = new Map<string, (params: never) => void>()
    running.relay.accept(theirs, '127.0.0.1')
    const peer = createPeer(mine, {
      handle: (method, params) => on.get(method)?.(params as never),
      errorPayload: toErrorData,
      reviveError: (payload) => ImError.fromData(payload as ErrorData),
      timers: host.timers,
    })
    return { peer, channel: mine, on }
  }

  const world: RelayWorld = {
    host,
    disk,
    get relay() {
      return running.relay
    },
    get store() {
      return running.store
    },
    settle,
    connect,
    async pass(ms) {
      await settle()
      const until = host.clock.monotonic() + ms
      for (;;) {
        const next = host.clock.nextTimerAt()
        const wait = next === null ? Number.POSITIVE_INFINITY : next - host.clock.now()
        const left = until - host.clock.monotonic()
        host.clock.advance(Math.max(0, Math.min(wait, left)))
        await settle()
        if (left <= 0 && wait > 0) return
      }
    },
    async register(nick, invite = null) {
      const { peer } = connect()
      const password = loginClient.startRegistration(PASSWORD)
      const recovery = loginClient.startRegistration('recovery')
      const offer = (await peer.call('register.start', {
        password: password.request,
        recovery: recovery.request,
        invite,
      })) as RelayResults['register.start']
      const { uin } = offer
      const first = loginClient.finishRegistration({ uin, kind: 'password' }, password, offer.password)
      const second = loginClient.finishRegistration({ uin, kind: 'recovery' }, recovery, offer.recovery)
      const exportKeys = { password: first.exportKey, recovery: second.exportKey }
      const keys = makeAccountKeys(host.random)
      publicKeys.set(uin, keys.publicKeys)
      const bundle = makeKeyBundle(uin, keys, exportKeys, host.random)
      const made = (await peer.call('register.finish', {
        uin,
        passwordRecord: first.record,
        recoveryRecord: second.record,
        bundle,
        nick,
        deviceName: `${nick}-1`,
      })) as RelayResults['register.finish']
      peer.close()
      return world.open({ uin, ...made })
    },
    async login(uin, password = PASSWORD) {
      const { peer } = connect()
      const start = loginClient.startLogin(password)
      const { response } = (await peer.call('login.start', {
        uin,
        with: 'password',
        request: start.request,
      })) as RelayResults['login.start']
      const proof = loginClient.finishLogin({ uin, kind: 'password' }, start, response)
      if (proof === null) throw new ImError('WRONG_LOGIN')
      await peer.call('login.prove', { request: proof.request })
      const { deviceId, token } = (await peer.call('login.finish', {
        deviceName: 'another',
      })) as RelayResults['login.finish']
      peer.close()
      return { uin, deviceId, token }
    },
    async open({ uin, deviceId, token }, { cursor = null, person = true } = {}) {
      const { peer, channel, on } = connect()
      const entries: LogEntry[] = []
      const presences: FriendPresence[] = []
      const closings: ErrorData[] = []
      on.set('log.entries', (params: RelayEvents['log.entries']) => entries.push(...params.entries))
      on.set('presence.snapshot', (params: RelayEvents['presence.snapshot']) => presences.push(...params.friends))
      on.set('presence.changed', (params: RelayEvents['presence.changed']) => presences.push(params))
      on.set('session.closing', (params: RelayEvents['session.closing']) => closings.push(params.error))
      const device: RelayDevice = {
        uin,
        deviceId,
        token,
        peer,
        channel,
        entries,
        presences,
        closings,
        call: async (method, params) => (await peer.call(method, params)) as never,
        keysOf: (friend) => publicKeys.get(friend) ?? NOBODY,
        sees: (friend) => presences.findLast((presence) => presence.uin === friend)?.presence,
      }
      await device.call('session.open', { uin, token, person })
      await device.call('log.follow', { cursor })
      await settle()
      return device
    },
    async befriend(a, b) {
      await a.call('friend.request', { uin: b.uin, note: null })
      await b.call('friend.answer', { uin: a.uin, accept: true })
      await settle()
    },
    refuseWrites() {
      host.disk.setFreeBytes(0)
      host.clock.advance(10_000)
      return () => host.disk.setFreeBytes(1_000_000)
    },
    async crash() {
      const { relay } = running
      disk.crash()
      await relay.close().catch(() => {})
      running = await start()
    },
    async close() {
      await running.relay.close()
      await running.store.close()
    },
  }
  return world
}

/** Such a world with two friends, a device each. */
export async function relayOfFriends(
  config: Partial<RelayConfig> = {},
): Promise<{ world: RelayWorld; ana: RelayDevice; bo: RelayDevice }> {
  const world = await relayWorld(config)
  const ana = await world.register('Ana')
  const bo = await world.register('Bo')
  await world.befriend(ana, bo)
  return { world, ana, bo }
}

/** An id of the form clients make, from a name. */
export function idOf(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 22)
}

/** The condition that a moment has come, epoch ms. */
export function at(instant: number): Condition {
  return { kind: 'time', at: instant, local: '', zone: 'UTC' }
}

export function planFor(
  to: Uin,
  conditions: readonly Condition[] = [],
  change: Partial<BackupPlan> = {},
  match: 'all' | 'any' = 'all',
): BackupPlan {
  return {
    to,
    trigger: { match, conditions },
    action: { kind: 'send', countdownMs: null },
    window: null,
    unless: { reply: null },
    late: { graceMs: 600_000, then: 'remind' },
    repeat: null,
    ...change,
  }
}

/** What a device seals for a backup or message `id`: for the friend too, if it is to one. */
export function sealed(from: RelayDevice, to: Uin, id: string, text: string, rev = 1) {
  return dummyContent(text, id, to === from.uin ? null : from.keysOf(to), rev)
}

/** A backup as a device puts it. */
export function newBackup(from: RelayDevice, name: string, plan: BackupPlan, text = name): NewBackup {
  const id = idOf(name)
  return { id, plan, content: sealed(from, plan.to, id, text), private: dummyPrivate(id), conflictOf: null }
}

/** Puts one backup and returns its record. */
export async function putBackup(device: RelayDevice, name: string, plan: BackupPlan, text = name) {
  const { results } = await device.call('backup.put', { backups: [newBackup(device, name, plan, text)] })
  const [result] = results
  if (!result?.ok) throw ImError.fromData(result?.error ?? new ImError('INTERNAL').toData())
  return result.record
}

/** The account has other keys from now on, as after a rotation; its friends are not told. */
export async function rotateKeys({ store }: RelayWorld, uin: Uin, keys: PublicKeys): Promise<void> {
  await store.transact([uin], async ([reader]) => {
    const login = (await reader?.get('login/opaque')) as StoredLogin
    const value = { ...login, bundle: { ...login.bundle, keys } }
    return { writes: [[{ op: 'replace' as const, key: 'login/opaque', value }]], result: undefined }
  })
}

/** The texts of the messages a device was told of, in order. */
export function textsOf(device: RelayDevice): string[] {
  return device.entries.flatMap((entry) => (entry.type === 'message' ? [dummyText(entry.message.content)] : []))
}

/** Sends a message under an id made from its text. */
export async function say(from: RelayDevice, to: Uin, text: string) {
  return (await from.call('message.send', { id: idOf(text), to, content: sealed(from, to, idOf(text), text) })).message
}

/** The code a call was refused with. */
export async function refusal(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'not refused',
    (error: unknown) => (error instanceof ImError ? error.code : String(error)),
  )
}
