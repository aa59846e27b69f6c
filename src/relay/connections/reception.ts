import type { Host } from '../../host/host.ts'
import { ImError, toErrorData } from '../../protocol/errors.ts'
import { type RelayMethod, relayParams } from '../../protocol/relay-api.ts'
import { createPeer } from '../../rpc/json-rpc-peer.ts'
import type { Channel, PeerOptions } from '../../rpc/peer.ts'
import type { RelayConfig } from '../config.ts'
import type { Connection } from '../context.ts'
import type { Meter } from '../meter.ts'
import { relayError } from '../relay-error.ts'
import { GuardedChannel } from './guarded-channel.ts'
import { Newcomers } from './newcomers.ts'
import { isTooMuch, overloaded, stopping } from './overload.ts'
import type { Session } from './session.ts'

interface ReceptionOptions {
  host: Host
  config: RelayConfig
  /** Null: nobody counts. */
  meter: Meter | null
  /** Answers a request, or throws. */
  answer(connection: Connection, method: string, params: unknown): unknown
  /** The connection of a session has gone. */
  hungUp(session: Session): void
}

/** Of all connections, so many may not have logged in yet. */
const NEWCOMERS_SHARE = 1 / 4
const FEWEST_NEWCOMERS = 64
/** How long the answers to what is under way may take when the relay stops. */
const DRAIN_MS = 4_500
/** Once nothing is under way: so long, and the last answers have left. */
const LAST_ANSWERS_MS = 10

/** Takes connections, has their requests answered, and sends clients away when there is too much or the relay stops. */
export class Reception {
  readonly #options: ReceptionOptions
  readonly #connections = new Set<Connection>()
  readonly #newcomers: Newcomers
  /** The same for every connection: what each has of its own, a relay has ten thousand times. */
  readonly #peerDefaults: Omit<PeerOptions, 'handle'>
  #underWay = 0
  #whenIdle: () => void = () => {}
  #draining = false

  constructor(options: ReceptionOptions) {
    const { host, config } = options
    this.#options = options
    const mostNewcomers = Math.max(FEWEST_NEWCOMERS, Math.floor(config.connections * NEWCOMERS_SHARE))
    this.#newcomers = new Newcomers(host, mostNewcomers, config.loginDeadlineMs)
    this.#peerDefaults = {
      errorPayload: toErrorData,
      reviveError: (payload) => new ImError('INTERNAL', payload.message),
      onBadFrame: (cause) => host.log.warn('bad frame', { cause }),
      maxInFlight: 64,
      busy: new ImError('RATE_LIMITED', 'Too many requests at once.', { retryAfterMs: 1_000 }).toData(),
      timers: host.timers,
    }
  }

  get connections(): number {
    return this.#connections.size
  }

  /** Bytes that clients have not taken yet. */
  get bufferedBytes(): number {
    let bytes = 0
    for (const { peer } of this.#connections) bytes += peer.bufferedBytes
    return bytes
  }

  /** Requests are refused: it is stopping. */
  get draining(): boolean {
    return this.#draining
  }

  accept(channel: Channel, remoteAddress: string): void {
    const { meter, hungUp } = this.#options
    const guarded = new GuardedChannel(channel, () => connection.session !== null, meter)
    const peer = createPeer(guarded, {
      handle: (method, params) => this.#handle(connection, method, params, guarded.waitedMs),
      ...this.#peerDefaults,
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
    this.#connections.add(connection)
    this.#newcomers.add(connection)
    peer.closed.then(({ code }) => {
      meter?.connectionClosed(guarded.closedWith ?? code)
      connection.ended = true
      this.#connections.delete(connection)
      this.#newcomers.delete(connection)
      if (connection.session !== null) hungUp(connection.session)
    })
  }

  /** Refuses what comes from now on, tells every client when to come back, and answers what is under way. */
  async drain(): Promise<void> {
    this.#draining = true
    for (const { session } of this.#connections) session?.tell('session.closing', { error: this.#stopping().toData() })
    if (this.#underWay > 0) await this.#idle()
    this.#newcomers.close()
  }

  close(): void {
    for (const { peer, session } of this.#connections) {
      session?.ended()
      peer.close(1001, 'going away')
    }
  }

  #handle(connection: Connection, method: string, params: unknown, waitedMs: number): Promise<unknown> {
    this.#underWay++
    connection.underWay++
    return this.#answered(connection, method, this.#begin(connection, method, params, waitedMs))
  }

  #begin(connection: Connection, method: string, params: unknown, waitedMs: number): unknown {
    try {
      this.#refuseTooMuch(connection, method, waitedMs)
      return this.#options.answer(connection, method, params)
    } catch (cause) {
      return Promise.reject(cause)
    }
  }

  /** Holds nothing of the request while it waits for its answer. */
  async #answered(connection: Connection, method: string, answer: unknown): Promise<unknown> {
    const { host, meter } = this.#options
    try {
      const result = await answer
      meter?.answered(method as RelayMethod, 'ok')
      if (method === 'session.open') this.#newcomers.delete(connection)
      return result
    } catch (cause) {
      const error = relayError(cause, host.log, method)
      meter?.answered(Object.hasOwn(relayParams, method) ? (method as RelayMethod) : 'unknown', error.code)
      throw error
    } finally {
      this.#underWay--
      connection.underWay--
      if (this.#underWay === 0) this.#whenIdle()
    }
  }

  #refuseTooMuch(connection: Connection, method: string, waitedMs: number): void {
    if (this.#draining) throw this.#stopping()
    const load = { waitedMs, own: connection.underWay, underWay: this.#underWay }
    if (isTooMuch(method, load, this.#options.config.requestsAtOnce)) throw overloaded(this.#random())
  }

  #stopping(): ImError {
    return stopping(this.#connections.size, this.#random())
  }

  /** Resolves when every request is answered, or the time is up. */
  #idle(): Promise<void> {
    const { timers } = this.#options.host
    return new Promise((resolve) => {
      const late = timers.after(DRAIN_MS, resolve)
      this.#whenIdle = () => {
        late()
        timers.after(LAST_ANSWERS_MS, resolve)
      }
    })
  }

  #random(): number {
    return new DataView(this.#options.host.random(4).slice().buffer).getUint32(0) / 2 ** 32
  }
}
