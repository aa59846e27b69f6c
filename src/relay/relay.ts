import type { Uin } from '../domain/uin.ts'
import type { Host } from '../host/host.ts'
import type { Channel } from '../rpc/peer.ts'
import type { LoginServer } from '../sealing/login-server.ts'
import type { Store } from '../store/store.ts'
import { AccountCache } from './accounts/account-cache.ts'
import type { LoggedEntry } from './accounts/account-state.ts'
import { Accounts } from './accounts/accounts.ts'
import type { RelayConfig } from './config.ts'
import { allBudgets } from './connections/costs.ts'
import { PresenceBoard } from './connections/presence-board.ts'
import { Reception } from './connections/reception.ts'
import { Sessions } from './connections/sessions.ts'
import type { RelayParts } from './context.ts'
import { dispatch } from './dispatch.ts'
import { StandIn } from './firing/stand-in.ts'
import { LoginDesk } from './login/login-desk.ts'
import type { Meter } from './meter.ts'
import { type Housekept, keepHouse } from './operating/housekeeping.ts'
import { Operator } from './operating/operator.ts'
import { hungUp, presenceChanged } from './reactions.ts'

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
   * Tells every client when to come back, answers what is under way, for some seconds at most, and closes. The store
   * stays open.
   */
  close(): Promise<void>
}

/** A relay over a store: no I/O of its own. */
export function createRelay(options: RelayOptions): Relay {
  const { id, host, store, config, login, inviteOnly = false, publicAddress = () => null, meter = null } = options
  const sessions = new Sessions()
  const retention = { most: config.limits.finishedBackups, forMs: config.limits.finishedForMs }
  const told = {
    onHead: (uin: Uin, head: number, appended: readonly LoggedEntry[]) => {
      for (const session of sessions.of(uin)) session.headMoved(head, appended)
    },
    onWake: (at: number | null) => standIn.wakeMoved(at),
  }
  const cache = new AccountCache((uin) => sessions.has(uin))
  const accounts = new Accounts(store, host.clock, retention, told, cache)
  const board: PresenceBoard = new PresenceBoard(host, accounts, config, {
    toViewer: (viewer, presence) => {
      for (const session of sessions.of(viewer)) session.tell('presence.changed', presence)
    },
    onFact: (uin) => void presenceChanged(parts, uin),
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
    ...allBudgets(host.clock, config),
    inviteOnly,
    publicAddress,
    desk: new LoginDesk(host),
    meter,
  }

  const reception: Reception = new Reception({
    host,
    config,
    meter,
    answer: (connection, method, params) => dispatch(parts, connection, method, params),
    hungUp: (session) => {
      session.ended()
      if (sessions.remove(session) && !reception.draining) void hungUp(parts, session)
    },
  })

  const ending = new AbortController()
  let housekeeping: Promise<Housekept> | null = null
  standIn.start()

  return {
    accept: (channel, remoteAddress) => reception.accept(channel, remoteAddress),
    operator: new Operator(parts),
    get connections() {
      return reception.connections
    },
    get sessions() {
      return sessions.count
    },
    get bufferedBytes() {
      return reception.bufferedBytes
    },
    get loginsWaiting() {
      return parts.desk.waiting
    },
    get draining() {
      return reception.draining
    },
    housekeep() {
      housekeeping ??= keepHouse(parts, ending.signal).finally(() => {
        housekeeping = null
      })
      return housekeeping
    },
    async close() {
      if (ending.signal.aborted) return
      ending.abort()
      await reception.drain()
      await housekeeping?.catch(() => {})
      await standIn.close()
      board.close()
      reception.close()
    },
  }
}
