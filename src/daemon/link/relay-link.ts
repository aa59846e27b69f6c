import type { Host } from '../../host/host.ts'
import { type ErrorData, ImError } from '../../protocol/errors.ts'
import type { RelayResults } from '../../protocol/relay-api.ts'
import type { CallOptions } from '../../rpc/peer.ts'
import { toImError } from '../errors.ts'
import { CALL_MS, type Connect, dialRelay, type RelayEventOf, type RelayPeer } from './relay-peer.ts'

export interface LinkAccount {
  relay: string
  uin: RelayResults['session.open']['uin']
  token: string
}

export interface LinkEvents {
  /** The session is open; events follow. */
  opened(peer: RelayPeer, session: RelayResults['session.open']): void
  event(event: RelayEventOf): void
  /** It is gone; it will be tried again. */
  lost(reason: string): void
  /** An attempt has failed, the first since a session: it is away. */
  unreached(): void
  /** The relay no longer takes this device: it is not tried again. */
  refused(error: ErrorData): void
}

type LinkState =
  /** `why`: what keeps whoever is logged in from having a session. */
  | { kind: 'off'; why: ImError | null }
  | { kind: 'connecting' }
  | { kind: 'open'; peer: RelayPeer }
  | { kind: 'waiting'; wake: () => void }
  | { kind: 'refused'; error: ErrorData }

const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 30_000
/** No relay is stayed away from longer than this, whatever it asks for. */
const LONGEST_ASKED_MS = 120_000
/** A session that lived this long starts the waits from the beginning. */
const STEADY_MS = 10_000
const PING_MS = 10_000
const ACTIVE_EVERY_MS = 60_000

/** The waits between attempts: doubling, with jitter so that a relay's return is no stampede. `random`: 0 to 255. */
export function backoffMs(attempt: number, random: number): number {
  const full = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(attempt, 16))
  return Math.round(full / 2 + (full / 2) * (random / 255))
}

/** Keeps one session with the relay: connects, says who it is, tries again when it goes. */
export class RelayLink {
  readonly #options: { connect: Connect; host: Host; version: string; events: LinkEvents }
  #state: LinkState = { kind: 'off', why: null }
  #life = new AbortController()
  #loop: Promise<void> = Promise.resolve()
  #attempt = 0
  #isAway = false
  /** What the last attempt came to. */
  #failure: ImError | null = null
  #skewMs = 0
  #helloSeen = false
  #activeAt = Number.NEGATIVE_INFINITY
  #person = false
  /** Was asked for a sign of life with the last beat, and has given none yet. */
  #unanswered: RelayPeer | null = null
  #changed = new Set<() => void>()

  constructor(options: { connect: Connect; host: Host; version: string; events: LinkEvents }) {
    this.#options = options
  }

  get peer(): RelayPeer | null {
    return this.#state.kind === 'open' ? this.#state.peer : null
  }

  get connected(): boolean {
    return this.#state.kind === 'open'
  }

  /** The relay's clock minus ours; null before the first hello. */
  get clockSkewMs(): number | null {
    return this.#helloSeen ? this.#skewMs : null
  }

  /** The relay's time, as well as it is known. */
  now(): number {
    return this.#options.host.clock.now() + this.#skewMs
  }

  /** Whether nothing is being tried: nobody is logged in, or there is no token to do it with. */
  get off(): boolean {
    return this.#state.kind === 'off'
  }

  /** Whether there is no session, and the last attempt to have one has failed. */
  get away(): boolean {
    return this.#isAway
  }

  /** Says why there is no session to be had for now. */
  hold(why: ImError): void {
    this.#set({ kind: 'off', why })
    this.#unreached()
  }

  start(account: LinkAccount): void {
    this.#life = new AbortController()
    this.#attempt = 0
    this.#isAway = false
    this.#loop = this.#run(account, this.#life.signal)
  }

  /** Ends the session and all attempts. */
  async stop(): Promise<void> {
    this.#life.abort(new ImError('RELAY_UNREACHABLE', 'The link is closed.'))
    const state = this.#state
    if (state.kind === 'open') state.peer.close('bye')
    if (state.kind === 'waiting') state.wake()
    await this.#loop
    this.#set({ kind: 'off', why: null })
  }

  /**
   * The open session. While an attempt is being waited for, it is made at once; whoever asks waits for that one attempt,
   * `waitMs` at most. Throws NOT_LOGGED_IN, TOKEN_REFUSED, or what the attempt came to (RELAY_UNREACHABLE and its kin).
   */
  async ready(waitMs: number): Promise<RelayPeer> {
    if (this.#state.kind === 'waiting') this.#state.wake()
    if (this.#state.kind === 'connecting') await this.#nextChange(waitMs)
    const state = this.#state
    if (state.kind === 'open') return state.peer
    if (state.kind === 'refused') throw ImError.fromData(state.error)
    if (state.kind === 'off') {
      throw state.why ?? new ImError('NOT_LOGGED_IN', undefined, { hint: 'im login UIN, or im register' })
    }
    throw this.#failure ?? new ImError('RELAY_UNREACHABLE')
  }

  /**
   * With each beat: asks for a sign of life; the session ends when the one before was not answered. No timer of its own
   * stands behind it, which would wake an idle machine once more.
   */
  async beat(): Promise<void> {
    const { peer } = this
    if (peer === null) return
    if (this.#unanswered === peer) {
      peer.close('no sign of life')
      return
    }
    this.#unanswered = peer
    await this.#askForLife(peer, {})
    if (this.#unanswered === peer) this.#unanswered = null
  }

  /** When there is doubt: the session ends when no sign of life comes soon. */
  async ping(): Promise<void> {
    if (this.peer !== null) await this.#askForLife(this.peer, { timeoutMs: PING_MS })
  }

  async #askForLife(peer: RelayPeer, options: CallOptions): Promise<void> {
    try {
      const sent = this.#options.host.clock.now()
      const { now } = await peer.call('hello', { protocols: [peer.hello.protocol], client: '' }, options)
      this.#setSkew(now, sent)
    } catch {
      peer.close('no sign of life')
    }
  }

  /** A person has acted here: told to the relay at most once a minute. */
  active(): void {
    this.#person = true
    const now = this.#options.host.clock.monotonic()
    const peer = this.peer
    if (peer === null || now - this.#activeAt < ACTIVE_EVERY_MS) return
    this.#activeAt = now
    peer.call('session.active', {}).catch(() => undefined)
  }

  #set(state: LinkState): void {
    this.#state = state
    const waiting = [...this.#changed]
    this.#changed.clear()
    for (const tell of waiting) tell()
  }

  #unreached(): void {
    if (this.#isAway) return
    this.#isAway = true
    this.#options.events.unreached()
  }

  #nextChange(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        stop()
        this.#changed.delete(done)
        resolve()
      }
      const stop = this.#options.host.timers.after(waitMs, done)
      this.#changed.add(done)
    })
  }

  #setSkew(relayNow: number, askedAt: number): void {
    const { clock } = this.#options.host
    // The relay read its clock somewhere between question and answer.
    this.#skewMs = Math.round(relayNow - (askedAt + clock.now()) / 2)
    this.#helloSeen = true
  }

  async #run(account: LinkAccount, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#set({ kind: 'connecting' })
      const ended = await this.#session(account, signal)
      if (signal.aborted) return
      const refused = refusal(ended)
      if (refused !== null) {
        this.#isAway = true
        this.#set({ kind: 'refused', error: refused })
        this.#options.events.refused(refused)
        return
      }
      await this.#wait(this.#waitMs(ended))
    }
  }

  /** What the relay asked for, so that its clients do not all come back at once; else longer each time. */
  #waitMs(ended: ErrorData | null): number {
    const own = backoffMs(this.#attempt++, this.#options.host.random(1)[0] ?? 0)
    return Math.max(own, Math.min(ended?.retryAfterMs ?? 0, LONGEST_ASKED_MS))
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        stop()
        this.#set({ kind: 'connecting' })
        resolve()
      }
      const stop = this.#options.host.timers.after(ms, wake)
      this.#set({ kind: 'waiting', wake })
    })
  }

  /** One session from dial to end. Returns what the relay said about its end; null: nothing. */
  async #session(account: LinkAccount, signal: AbortSignal): Promise<ErrorData | null> {
    const { connect, host, version, events } = this.#options
    let closing: ErrorData | null = null
    const onEvent = (event: RelayEventOf) => {
      if (event.event === 'session.closing') closing = event.params.error
      else events.event(event)
    }
    let peer: RelayPeer
    try {
      const asked = host.clock.now()
      peer = await dialRelay({ url: account.relay, connect, host, version, onEvent, signal })
      this.#setSkew(peer.hello.now, asked)
    } catch (error) {
      this.#failure = toImError(error)
      host.log.info('relay not reached', { code: this.#failure.code })
      if (!signal.aborted) this.#unreached()
      return null
    }
    try {
      const params = { uin: account.uin, token: account.token, person: this.#person }
      const session = await peer.call('session.open', params, { timeoutMs: CALL_MS })
      this.#person = false
      this.#failure = null
      const since = host.clock.monotonic()
      this.#isAway = false
      this.#set({ kind: 'open', peer })
      host.log.info('relay session opened', { head: session.head })
      events.opened(peer, session)
      const { reason } = await peer.closed
      if (host.clock.monotonic() - since > STEADY_MS) this.#attempt = 0
      events.lost(reason)
      return closing
    } catch (error) {
      peer.close('session not opened')
      const known = toImError(error)
      this.#failure = known
      if (!signal.aborted) this.#unreached()
      host.log.info('relay session refused', { code: known.code })
      return known.toData()
    }
  }
}

/** The error of a relay that will not take this device again; null: it may be tried. */
function refusal(error: ErrorData | null): ErrorData | null {
  return error?.code === 'TOKEN_REFUSED' || error?.code === 'NOT_LOGGED_IN' ? { ...error, code: 'TOKEN_REFUSED' } : null
}
