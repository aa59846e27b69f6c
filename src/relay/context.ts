import type { Uin } from '../domain/uin.ts'
import type { Host } from '../host/host.ts'
import type { RelayMethod, RelayParams, RelayResults } from '../protocol/relay-api.ts'
import type { JsonText } from '../rpc/message.ts'
import type { Peer } from '../rpc/peer.ts'
import type { LoginServer } from '../sealing/login-server.ts'
import type { LoginKind } from '../sealing/login-wire.ts'
import type { Accounts } from './accounts/accounts.ts'
import type { RelayConfig } from './config.ts'
import type { allBudgets } from './connections/costs.ts'
import type { PresenceBoard } from './connections/presence-board.ts'
import type { Session } from './connections/session.ts'
import type { Sessions } from './connections/sessions.ts'
import type { StandIn } from './firing/stand-in.ts'
import type { InviteUse } from './friends/invites.ts'
import type { LoginDesk } from './login/login-desk.ts'
import type { Meter } from './meter.ts'

/** The parts of a relay, as its handlers see them. */
export interface RelayParts extends ReturnType<typeof allBudgets> {
  /** Names this relay to its clients. */
  id: string
  host: Host
  config: RelayConfig
  accounts: Accounts
  sessions: Sessions
  board: PresenceBoard
  standIn: StandIn
  login: LoginServer
  /** Accounts are made with an invite only. */
  inviteOnly: boolean
  /** How clients reach this relay, where it knows: with its pins. */
  publicAddress: () => string | null
  desk: LoginDesk
  /** Null: nobody counts. */
  meter: Meter | null
}

/** A proof holds for as long as the record it was given with stands. */
export interface Proved {
  uin: Uin
  kind: LoginKind
  record: string
}

/** What a connection remembers between the steps of registering or logging in. */
export interface Connection {
  readonly peer: Peer
  readonly remoteAddress: string
  /** The UIN offered to somebody who registers. */
  offered: string | null
  /** The invite they came with. */
  invite: InviteUse | null
  pendingLogin: { uin: Uin; kind: LoginKind; record: string | null; state: string } | null
  /** Who has proved itself here, and the record it did so with. */
  proved: Proved | null
  session: Session | null
  /** The link has gone. */
  ended: boolean
  /** Requests of it that are being answered. */
  underWay: number
}

/** What a method answers; where its JSON has been made already, that. */
export type Answer<M extends RelayMethod> = RelayResults[M] | JsonText

/** A method anybody may call who has reached the relay. */
export type OpenHandler<M extends RelayMethod> = (
  params: RelayParams<M>,
  relay: RelayParts,
  connection: Connection,
) => Promise<Answer<M>> | Answer<M>

/** A method of a device that has proved itself. */
export type DeviceHandler<M extends RelayMethod> = (
  params: RelayParams<M>,
  relay: RelayParts,
  session: Session,
) => Promise<Answer<M>> | Answer<M>
