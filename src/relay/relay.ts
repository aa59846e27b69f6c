import { DAY_MS } from '../domain/instant.ts'
import type { Uin } from '../domain/uin.ts'
import type { Host } from '../host/host.ts'
import { ImError, toErrorData } from '../protocol/errors.ts'
import { type RelayMethod, relayParams } from '../protocol/relay-api.ts'
import { createPeer } from '../rpc/json-rpc-peer.ts'
import type { Channel, PeerOptions } from '../rpc/peer.ts'
import type { LoginServer } from '../sealing/login-server.ts'
import type { Store } from '../store/store.ts'
import { Accounts } from './accounts.ts'
import type { RelayConfig } from './config.ts'
import { Budgets } from './connections/budgets.ts'
import { READ_COSTS, READS_BURST, READS_PER_SECOND } from './connections/costs.ts'
import { GuardedChannel } from './connections/guarded-channel.ts'
import { Newcomers } from './connections/newcomers.ts'
import { PresenceBoard } from './connections/presence-board.ts'
import { Sessions } from './connections/sessions.ts'
import type { Connection, RelayParts } from './context.ts'
import { StandIn } from './firing/stand-in.ts'
import { deviceHandlers, openHandlers } from './handlers/index.ts'
import { LoginDesk } from './login/login-desk.ts'
import type { Meter } from './meter.ts'
import { type Housekept, keepHouse } from './operating/housekeeping.ts'
import { Operator } from './operating/operator.ts'
import { relayError } from './relay-error.ts'
import { topics } from './waits.ts'

export interface RelayOptions {
  id: string
  host: Host
  store: Store
  config: RelayConfig
  login: LoginServer
  /** Accounts are made with an invite only. Default: by anybody. */
  inviteOnly?: boolean
  /** How clients reach this relay, for the links of its users. Default: as they reach it themselves. */
  publicAddress?: () => string | null
  /** Default: nobody counts. */
  meter?: Meter | null
}

export interface Relay {
  /** Takes a connection; it has `loginDeadlineMs` to prove a device. */
  accept(channel: Channel, remoteAddress: string): void
  readonly connections: number
  readonly sessions: number
  /** Bytes that clients have not taken yet. */
  readonly bufferedBytes: number
  readonly loginsWaiting: number
  /** It is stopping: requests are refused. */
  readonly draining: boolean
  /** What the operator may do. */
  readonly operator: Operator
  /** Looks through all accounts for what has had its time. A second call joins the first. */
  housekeep(): Promise<Housekept>
  /**
   * Tells every client when to come back, answers what is under way, for `DRAIN_MS` at most, and closes. The store
   * stays open.
   */
  close(): Promise<void>
}

/** So many requests at once are nobody's fault: a few connections with 64 each must not cost the others theirs. */
const MODEST_REQUESTS = 4
/** Of all connections, so many may not have logged in yet. */
const NEWCOMERS_SHARE = 1 / 4
const FEWEST_NEWCOMERS = 64
const INVITE_TRIES_PER_MINUTE = 10
/** How long the answers to what is under way may take when the relay stops. */
const DRAIN_MS = 4_500
/** Once nothing is under way: so long, and the last answers have left. */
const LAST_ANSWERS_MS = 10
/** How fast clients are to come back after a stop: nobody before the first, and so many a second. */
const FIRST_BACK_MS = 500
const BACK_PER_SECOND = 100
const LONGEST_BACK_MS = 60_000

/**
 * What is answered however much there is to do: coming in, and being told what others did. Each has a bound of its own,
 * and whoever is turned away there would come again at once.
 */
const SPARED: ReadonlySet<string> = new Set<RelayMethod>([
  'hello',
  'login.start',
  'login.prove',
  'login.finish',
  'register.start',
  'register.finish',
  'session.open',
  'session.logout',
  'log.follow',
])

/** How long one of so many clients is to stay away after a stop. `random`: 0 to 1. */
export function comeBackMs(clients: number, random: number): number {
  const spreadMs = Math.min(LONGEST_BACK_MS, Math.max(FIRST_BACK_MS, (clients / BACK_PER_SECOND) * 1000))
  return Math.round(FIRST_BACK_MS + spreadMs * random)
}

/** A relay over a store: no I/O of its own. */
export function createRelay(options: RelayOptions): Relay {
  const { id, host, store, config, login, inviteOnly = false, publicAddress = () => null, meter = null } = options
  const sessions = new Sessions()
  const retention = { most: config.limits.finishedBackups, forMs: config.limits.finishedForMs }
  const accounts = new Accounts(store, host.clock, retention, {
    onHead: (uin, head, appended) => {
      for (const session of sessions.of(uin)) session.headMoved(head, appended)
    },
    onWake: (at) => standIn.wakeMoved(at),
  })
  const board: PresenceBoard = new PresenceBoard(host, accounts, config, {
    toFriend: (viewer, presence) => {
      for (const session of sessions.of(viewer)) session.tell('presence.changed', presence)
    },
    onFact: (uin) => {
      touchWatchers(uin).catch((cause: unknown) => host.log.error('watchers not told', { cause: String(cause) }))
    },
  })
  const standIn = new StandIn(host, store, accounts, board, sessions, config, meter)
  const parts: RelayParts = {
    id,
    host,
    config,
    accounts,
    sessions,
    board,
    standIn,
    login,
    marks: new Budgets(host.clock, config.limits.changesPerSecond, config.limits.changesBurst),
    changes: new Budgets(host.clock, config.limits.changesPerSecond, config.limits.changesBurst),
    requests: new Budgets(host.clock, 1, DAY_MS / 1000),
    logins: new Budgets(host.clock, config.loginsPerMinute / 60, config.loginsPerMinute),
    reads: new Budgets(host.clock, READS_PER_SECOND, READS_BURST),
    invites: new Budgets(host.clock, INVITE_TRIES_PER_MINUTE / 60, INVITE_TRIES_PER_MINUTE),
    inviteOnly,
    publicAddress,
    desk: new LoginDesk(host),
    meter,
  }

  /** Looks at every account that has a backup waiting for the presence of this one. */
  async function touchWatchers(uin: Uin): Promise<void> {
    for (const watcher of [uin, ...(await board.watchersOf(uin))]) {
      const waits = await accounts.read(watcher, (view) => view.waits(topics.presence(uin)))
      if (waits) standIn.touch(watcher)
    }
  }

  const connections = new Set<Connection>()
  const mostNewcomers = Math.max(FEWEST_NEWCOMERS, Math.floor(config.connections * NEWCOMERS_SHARE))
  const newcomers = new Newcomers(host, mostNewcomers, config.loginDeadlineMs)

  /** First those who ask much at once are refused, then, at twice the bound, everybody. */
  function isTooMuch(own: number): boolean {
    const most = config.requestsAtOnce
    return underWay > most && (own > MODEST_REQUESTS || underWay > 2 * most)
  }

  function answer(connection: Connection, method: string, params: unknown): unknown {
    if (closing) throw stopping(comeBackMs(connections.size, random()))
    if (isTooMuch(connection.underWay) && !SPARED.has(method)) throw overloaded(random())
    const schema = Object.hasOwn(relayParams, method) ? relayParams[method as RelayMethod] : undefined
    if (schema === undefined) throw new ImError('USAGE', `This relay knows no method ${method.slice(0, 64)}.`)
    const parsed = schema.safeParse(params)
    if (!parsed.success) {
      const path = parsed.error.issues[0]?.path.join('.') ?? ''
      throw new ImError('USAGE', `The parameters of ${method} are wrong${path === '' ? '' : ` at ${path}`}.`)
    }
    if (Object.hasOwn(openHandlers, method)) {
      const handler = openHandlers[method as keyof typeof openHandlers]
      return handler(parsed.data as never, parts, connection)
    }
    if (connection.session === null) throw new ImError('NOT_LOGGED_IN', 'This connection has no session.')
    if (connection.session.over) throw new ImError('TOKEN_REFUSED', 'This session has ended.')
    const cost = READ_COSTS[method as RelayMethod]
    if (cost !== undefined) parts.reads.take(connection.session.uin, cost)
    const handler = deviceHandlers[method as keyof typeof deviceHandlers]
    return handler(parsed.data as never, parts, connection.session)
  }

  /** The same for every connection: what each has of its own, a relay has ten thousand times. */
  const peerDefaults: Omit<PeerOptions, 'handle'> = {
    errorPayload: toErrorData,
    reviveError: (payload) => new ImError('INTERNAL', payload.message),
    onBadFrame: (cause) => host.log.warn('bad frame', { cause }),
    maxInFlight: 64,
    busy: new ImError('RATE_LIMITED', 'Too many requests at once.', { retryAfterMs: 1_000 }).toData(),
    timers: host.timers,
  }

  function accept(channel: Channel, remoteAddress: string): void {
    const guarded = new GuardedChannel(channel, () => connection.session !== null, meter)
    const peer = createPeer(guarded, {
      handle: async (method, params) => {
        underWay++
        connection.underWay++
        try {
          const result = await answer(connection, method, params)
          meter?.answered(method as RelayMethod, 'ok')
          if (method === 'session.open') newcomers.delete(connection)
          return result
        } catch (cause) {
          const error = relayError(cause, host.log, method)
          meter?.answered(Object.hasOwn(relayParams, method) ? (method as RelayMethod) : 'unknown', error.code)
          throw error
        } finally {
          underWay--
          connection.underWay--
          if (underWay === 0) whenIdle()
        }
      },
      ...peerDefaults,
    })
    const connection: Connection = {
      peer,
      remoteAddress,
      offered: null,
      invite: null,
      pendingLogin: null,
      proved: null,
      session: null,
      ended: false,
      underWay: 0,
    }
    connections.add(connection)
    newcomers.add(connection)
    peer.closed.then(({ code }) => {
      meter?.connectionClosed(guarded.closedWith ?? code)
      connection.ended = true
      connections.delete(connection)
      newcomers.delete(connection)
      if (connection.session !== null) hungUp(connection.session)
    })
  }

  function hungUp(session: NonNullable<Connection['session']>): void {
    session.ended()
    if (!sessions.remove(session) || closing) return
    board
      .disconnected(session.uin, session.deviceId, false)
      .then(() =>
        accounts.one(session.uin, (account) => {
          const device = account.device(session.deviceId)
          if (device !== undefined) account.deviceSeen(device)
        }),
      )
      .catch((cause: unknown) => host.log.error('hang-up not stored', { cause: String(cause) }))
    if (!sessions.has(session.uin)) standIn.leftAlone(session.uin)
  }

  let closing = false
  const ending = new AbortController()
  let underWay = 0
  let whenIdle = (): void => {}

  const random = (): number => new DataView(host.random(4).slice().buffer).getUint32(0) / 2 ** 32

  /** Resolves when every request is answered, or the time is up. */
  async function answered(): Promise<void> {
    if (underWay === 0) return
    await new Promise<void>((resolve) => {
      const late = host.timers.after(DRAIN_MS, resolve)
      whenIdle = () => {
        late()
        host.timers.after(LAST_ANSWERS_MS, resolve)
      }
    })
  }

  let housekeeping: Promise<Housekept> | null = null
  standIn.start()

  return {
    accept,
    operator: new Operator(parts),
    get connections() {
      return connections.size
    },
    get sessions() {
      return sessions.count
    },
    get bufferedBytes() {
      let bytes = 0
      for (const { peer } of connections) bytes += peer.bufferedBytes
      return bytes
    },
    get loginsWaiting() {
      return parts.desk.waiting
    },
    get draining() {
      return closing
    },
    housekeep() {
      housekeeping ??= keepHouse(parts, ending.signal).finally(() => {
        housekeeping = null
      })
      return housekeeping
    },
    async close() {
      if (closing) return
      closing = true
      ending.abort()
      for (const { session } of connections) {
        session?.tell('session.closing', { error: stopping(comeBackMs(connections.size, random())).toData() })
      }
      await answered()
      await housekeeping?.catch(() => {})
      newcomers.close()
      await standIn.close()
      board.close()
      for (const { peer, session } of connections) {
        session?.ended()
        peer.close(1001, 'going away')
      }
    },
  }
}

/** Half a second to a second and a half: those who were told together do not come back together. */
function overloaded(random: number): ImError {
  const retryAfterMs = Math.round(500 + 1_000 * random)
  return new ImError('RATE_LIMITED', 'The relay has more to do than it can.', { retryAfterMs })
}

function stopping(retryAfterMs: number): ImError {
  return new ImError('RELAY_UNREACHABLE', 'The relay is stopping.', { retryAfterMs })
}
