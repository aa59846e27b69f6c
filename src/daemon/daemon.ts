import { isLive } from '../domain/life.ts'
import type { Uin } from '../domain/uin.ts'
import { ImError } from '../protocol/errors.ts'
import type { LocalMethod } from '../protocol/local-api.ts'
import type { RelayEvents } from '../protocol/relay-api.ts'
import { importAccountKeys } from '../sealing/keys.ts'
import { ChatWindows } from './chat-windows.ts'
import { type Core, type DaemonOptions, knownOf, type LocalSession } from './core.ts'
import { forgetEnded, showCountdown, showLocally, turnOff } from './effects.ts'
import { toImError } from './errors.ts'
import { BEAT_MS, Scheduler } from './firing/scheduler.ts'
import { handle } from './handle.ts'
import { KeyKeeper } from './key-keeper.ts'
import { LogFollower } from './link/log-follower.ts'
import { Outbox } from './link/outbox.ts'
import { RelayLink } from './link/relay-link.ts'
import type { RelayPeer } from './link/relay-peer.ts'
import { type DeviceSecret, readSecret } from './login/account.ts'
import type { Known } from './mirror/friend-keys.ts'
import { Ledger } from './mirror/ledger.ts'
import type { Told } from './mirror/mirror.ts'
import { shownSetting } from './mirror/overlay.ts'
import { PresenceBook } from './mirror/presence-book.ts'
import { backupOf } from './mirror/queued-calls.ts'
import { type AccountRow, keys, type OutboxItem } from './mirror/rows.ts'
import { Texts } from './mirror/texts.ts'
import { isOver, notableHeld, notableOf } from './notifications/notables.ts'
import { Places } from './notifications/places.ts'
import { Popups } from './notifications/popups.ts'
import { press } from './notifications/press.ts'
import { Refusals } from './notifications/refusals.ts'
import { runBackup } from './run-backup.ts'
import { nameOf, notifyOf } from './views/views.ts'
import { WatchBus } from './views/watch.ts'

export interface Daemon {
  /** Answers one call of a connection; `hello` is one of them. Throws ImError. */
  handle(method: string, params: unknown, session: LocalSession): Promise<unknown>
  /** Takes up the session of whoever is logged in. Resolves at once; the link comes by itself. */
  start(): Promise<void>
  /** Ends the session and waits for what is being written. The store stays open: it is the caller's. */
  close(): Promise<void>
  /** For `main` and tests: nothing is under way. */
  idle(): Promise<void>
}

/** A daemon without any real I/O of its own: everything comes in through the options. */
export async function createDaemon(options: DaemonOptions): Promise<Daemon> {
  const ledger = await Ledger.open(options.store)
  const parts = new Parts(options, ledger)
  return {
    handle: (method, params, session) => {
      if (session.hello !== null) parts.seen(session)
      const answered = handle(parts.core, method as LocalMethod, params, session)
      if (method === 'hello') parts.seen(session)
      return answered
    },
    start: () => parts.start(),
    close: () => parts.close(),
    idle: () => parts.core.follower.idle(),
  }
}

/** Wires the parts together: what one tells, the others are told here and nowhere else. */
class Parts {
  readonly core: Core
  #away = false
  /** A session whose log has not been read to its head yet: everything is looked at when it is. */
  #fresh = true
  readonly #popups: Popups
  readonly #keeper: KeyKeeper
  readonly #refusals = new Refusals(() => this.core)
  #cancelBeat: () => void = () => {}
  #session: { peer: RelayPeer; uin: Uin } | null = null

  constructor(options: DaemonOptions, ledger: Ledger) {
    const { host } = options
    const places = new Places(options.desktop)
    this.#popups = new Popups({
      host,
      notifier: options.notifier,
      settings: options.settings.notify,
      places,
      quiet: () => shownSetting(ledger.state).quiet,
      isOver: (about) => isOver(about, known()),
      isWatched: (friend, since) => this.core.chats.isWatched(friend, since),
      turnOff: (friends) => void turnOff(this.core, friends),
      pressed: (button, popup) => void press(this.core, this.#popups, button, popup),
    })
    const presence = new PresenceBook()
    const texts = new Texts(host.random)
    const known = () => ({ state: ledger.state, texts })
    const link = new RelayLink({
      connect: options.connect,
      host,
      version: options.version,
      events: {
        opened: (peer, session) => void this.#opened(peer, session.uin),
        event: (event) => {
          if (event.event === 'log.entries') this.#entries(event.params)
          else if (event.event === 'presence.snapshot') this.#snapshot(event.params)
          else if (event.event === 'presence.changed') this.#presenceChanged(event.params)
        },
        lost: () => this.#lost(),
        unreached: () => this.#unreached(),
        refused: (error) => void this.#refused(error),
      },
    })
    const follower = new LogFollower({
      ledger,
      host,
      texts,
      applied: (told, caughtUp) => this.#applied(told, caughtUp),
      resynced: (held) => this.#resynced(held),
    })
    const outbox = new Outbox({
      ledger,
      host,
      peer: () => (follower.following ? link.peer : null),
      changed: (item) => this.#answered(item),
      touched: (ids) => {
        this.core.scheduler.evaluate(ids)
        this.#popups.refresh()
      },
      refused: (item, error) => this.#refusals.add(item, error),
      before: (peer, item) => this.#before(peer, item),
    })
    const scheduler = new Scheduler({
      host,
      state: () => ledger.state,
      presence,
      texts,
      now: () => link.now(),
      relay: () => {
        const peer = link.peer
        if (peer === null) return this.#away ? 'away' : 'behind'
        return follower.caughtUp && presence.live ? (request) => peer.call('backup.fire', request) : 'behind'
      },
      showLocally: (shown, dueAt) => void showLocally(this.core, this.#popups, shown, dueAt),
      countDown: (shown, endsAt) => showCountdown(this.core, this.#popups, shown, endsAt),
      run: (record, occurrence) => void runBackup(this.core, record, occurrence),
      drifted: (ms) => {
        host.log.info('clock moved', { ms })
        this.#popups.gather({ away: true })
        void link.ping()
      },
    })
    this.#keeper = new KeyKeeper({
      host,
      known,
      peer: () => (follower.caughtUp ? link.peer : null),
      alarm: ({ uin }) => this.#popups.show([{ kind: 'key', uin, name: nameOf(known(), uin) }]),
    })
    this.core = {
      options,
      host,
      ledger,
      link,
      follower,
      outbox,
      presence,
      scheduler,
      texts,
      watch: new WatchBus(),
      chats: new ChatWindows(),
      places,
      startedAt: host.clock.now(),
      begin: (account, secret) => this.#begin(account, secret),
      end: () => this.#end(),
    }
    this.core.watch.onChange(() => this.#popups.refresh())
  }

  get #known(): Known {
    return knownOf(this.core)
  }

  async start(): Promise<void> {
    this.#beat()
    await this.#anotherChance()
    await this.#resume()
  }

  /** A device that was refused asks once more with each start: its account may have been disabled for a while. */
  async #anotherChance(): Promise<void> {
    const { ledger } = this.core
    await ledger.change((tx) => {
      const { account } = tx.state
      if (account !== null && account.refused !== null) tx.put(keys.account, { ...account, refused: null })
    })
  }

  /** Takes up the session of whoever is logged in; a locked keychain is tried again with every beat. */
  async #resume(): Promise<void> {
    const { account } = this.core.ledger.state
    if (account === null || account.refused !== null || !this.core.link.off) return
    try {
      const secret = await readSecret(this.core, account)
      if (secret === null) throw new ImError('TOKEN_REFUSED', 'The token of this device is gone.')
      this.#begin(account, secret)
    } catch (error) {
      const known = toImError(error)
      this.core.host.log.warn('token not read', { code: known.code })
      this.core.link.hold(known)
      this.#unreached()
      if (known.code === 'TOKEN_REFUSED') await this.#refused(known.toData())
    }
  }

  async close(): Promise<void> {
    this.#cancelBeat()
    this.core.scheduler.close()
    this.#popups.close()
    this.#keeper.close()
    this.#refusals.forget()
    await this.core.link.stop()
    await this.core.outbox.close()
    await this.core.follower.idle()
  }

  /** A call has come: its desktop is the newest, and a person is there if it says so. */
  seen({ hello }: LocalSession): void {
    if (hello === null) return
    if (this.core.places.seen(hello.desktop)) this.#popups.reachable()
    if (hello.person && this.core.options.settings.active) this.core.link.active()
  }

  #begin(account: AccountRow, { token, keys: secret }: DeviceSecret): void {
    this.#away = false
    this.core.texts.unlock(account.uin, importAccountKeys(secret))
    this.core.watch.changed()
    this.core.link.start({ relay: account.relay, uin: account.uin, token })
  }

  async #end(): Promise<void> {
    const { link, outbox, presence, scheduler, follower, texts, watch } = this.core
    await link.stop()
    await follower.idle()
    this.#keeper.forget()
    this.#refusals.forget()
    texts.lock()
    outbox.abandon(new ImError('NOT_LOGGED_IN'))
    scheduler.lost()
    presence.forget()
    this.#popups.forget()
    watch.changed()
  }

  /** The heartbeat: a sign of life from the relay, and a look at the clocks. Two wake-ups a minute. */
  #beat(): void {
    this.#cancelBeat = this.core.host.timers.after(BEAT_MS, () => {
      this.#beat()
      void this.core.link.ping()
      void this.#resume()
      this.core.scheduler.tick()
      this.#popups.tick()
    })
  }

  async #opened(peer: RelayPeer, uin: Uin): Promise<void> {
    this.#away = false
    this.#session = { peer, uin }
    this.#popups.gather({ away: true })
    await this.core.follower.begin(peer, uin)
    this.core.outbox.flush()
  }

  #entries(params: RelayEvents['log.entries']): void {
    if (this.#session !== null) this.core.follower.entries(this.#session.peer, params)
  }

  #snapshot({ me, friends }: RelayEvents['presence.snapshot']): void {
    this.core.presence.snapshot(me, friends)
    this.core.watch.changed()
    if (this.core.follower.caughtUp) this.core.scheduler.evaluateAll()
  }

  #presenceChanged(params: RelayEvents['presence.changed']): void {
    const { ledger, link, presence, scheduler, watch } = this.core
    const { state } = ledger
    const me = state.account?.uin
    if (me === undefined) return
    const change = presence.change(params, me)
    if (change === null) {
      scheduler.evaluate(params.uin === me ? state.backups.lookingAtOwner() : state.backups.mentioning(params.uin))
      watch.changed()
      return
    }
    scheduler.evaluate(state.backups.mentioning(change.uin))
    watch.publish([{ kind: 'presence', change, at: link.now() }])
    const friend = state.friends.get(change.uin)
    if (friend === undefined) return
    this.#popups.show([
      { kind: 'presence', change, name: nameOf(this.#known, change.uin), notify: notifyOf(state, friend) },
    ])
  }

  #lost(): void {
    const { follower, presence, scheduler, watch } = this.core
    this.#session = null
    this.#fresh = true
    follower.lost()
    presence.lost()
    scheduler.lost()
    watch.changed()
  }

  #unreached(): void {
    if (this.#away) return
    this.#away = true
    this.core.scheduler.evaluateAll()
  }

  async #refused(error: AccountRow['refused']): Promise<void> {
    const { ledger, host, watch } = this.core
    host.log.warn('device refused', { code: error?.code })
    this.#away = true
    try {
      await ledger.change((tx) => {
        const { account } = tx.state
        if (account !== null) tx.put(keys.account, { ...account, refused: error })
      })
    } catch (cause) {
      // The relay will say so again at the next start.
      host.log.error('refusal not noted', { code: toImError(cause).code })
    }
    watch.changed()
  }

  #resynced(held: readonly string[]): void {
    this.core.watch.changed()
    this.#popups.show(held.flatMap((id) => notableHeld(id, this.#known)))
  }

  #applied(told: readonly Told[], caughtUp: boolean): void {
    const { ledger, scheduler, watch } = this.core
    const { state } = ledger
    watch.publish(told.map((one) => ({ kind: 'told', told: one })))
    this.#popups.show(told.flatMap((one) => notableOf(one, this.#known)))
    const ids = new Set<string>()
    for (const { ref, type } of told) {
      if ('backup' in ref) this.#keeper.backupChanged(ref.backup)
      else if (type === 'friend') this.#keeper.friendChanged(ref.friend)
      if ('backup' in ref) ids.add(ref.backup)
      else for (const id of [...state.backups.mentioning(ref.friend), ...state.backups.lookingAtOwner()]) ids.add(id)
    }
    // While the log is behind the scheduler only notes them.
    scheduler.evaluate(ids)
    if (caughtUp && this.#fresh) {
      scheduler.evaluateAll()
      this.#keeper.lookAtAll()
      void forgetEnded(this.core)
    } else if (caughtUp) scheduler.caughtUp()
    this.#keeper.look()
    if (caughtUp) this.#fresh = false
  }

  #answered(item: OutboxItem): void {
    const id = backupOf(item)
    if (id !== null && isLive(this.core.ledger.state.backups.get(id)?.record.state ?? 'cancelled')) {
      this.core.scheduler.evaluate([id])
    }
    if (id !== null) {
      // Its entry may have come first; while something was queued about it, its keys were not looked after.
      this.#keeper.backupChanged(id)
      this.#keeper.look()
    }
    this.core.watch.changed()
  }

  /** What only this device saw come due is due at the relay first; then it can be dismissed there. */
  async #before(peer: RelayPeer, { call }: OutboxItem): Promise<void> {
    if (call.method !== 'backup.step' || call.params.step !== 'dismiss') return
    const { state } = this.core.ledger
    const record = state.backups.get(call.params.id)?.record
    if (record?.state !== 'armed' || !state.localDue.has(record.id)) return
    const { id, rev, occurrence } = record
    await peer.call('backup.fire', { id, rev, occurrence, seenSeq: state.cursor?.seq ?? 0, sightings: [] })
  }
}
