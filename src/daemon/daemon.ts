import type { LocalMethod } from '../protocol/local-api.ts'
import { ChatWindows } from './chat-windows.ts'
import { type Core, type DaemonOptions, knownOf, type LocalSession } from './core.ts'
import { showCountdown, showLocally, turnOff } from './effects.ts'
import { BEAT_MS, Scheduler } from './firing/scheduler.ts'
import { handle } from './handle.ts'
import { KeyKeeper } from './key-keeper.ts'
import { LogFollower } from './link/log-follower.ts'
import { Outbox } from './link/outbox.ts'
import { RelayLink } from './link/relay-link.ts'
import { anotherChance, refused, resume } from './login/session.ts'
import { Ledger } from './mirror/ledger.ts'
import { shownSetting } from './mirror/overlay.ts'
import { PresenceBook } from './mirror/presence-book.ts'
import { Texts } from './mirror/texts.ts'
import { isOver } from './notifications/notables.ts'
import { Places } from './notifications/places.ts'
import { Popups } from './notifications/popups.ts'
import { press } from './notifications/press.ts'
import { Refusals } from './notifications/refusals.ts'
import { answered, applied, beforeSending, happened, lost, opened, resynced } from './reactions.ts'
import { runBackup } from './run-backup.ts'
import { nameOf } from './views/views.ts'
import { WatchBus } from './views/watch.ts'
import { zoneClocks } from './views/why-text.ts'

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
  const core = wire(options, await Ledger.open(options.store))
  const { host, link, outbox, follower, scheduler, popups, keeper, refusals } = core
  let cancelBeat = () => {}

  /** The heartbeat: a sign of life from the relay, and a look at the clocks. Two wake-ups a minute. */
  function beat(): void {
    cancelBeat = host.timers.after(BEAT_MS, () => {
      beat()
      void link.beat()
      void resume(core)
      scheduler.tick()
      popups.tick()
    })
  }

  return {
    handle(method, params, session) {
      if (session.hello !== null) seen(core, session)
      const answer = handle(core, method as LocalMethod, params, session)
      if (method === 'hello') seen(core, session)
      return answer
    },
    async start() {
      beat()
      await anotherChance(core)
      await resume(core)
    },
    async close() {
      cancelBeat()
      scheduler.close()
      popups.close()
      keeper.close()
      refusals.forget()
      await link.stop()
      await outbox.close()
      await follower.idle()
    },
    idle: () => follower.idle(),
  }
}

/** A call has come: its desktop is the newest, and a person is there if it says so. */
function seen({ places, popups, link, options }: Core, { hello }: LocalSession): void {
  if (hello === null) return
  if (places.seen(hello.desktop)) popups.reachable()
  if (hello.person && options.settings.active) link.active()
}

/** Makes the parts, and says of each what is done when something happens in it. */
function wire(options: DaemonOptions, ledger: Ledger): Core {
  const { host } = options
  const state = () => ledger.state
  const texts = new Texts(host.random)
  const presence = new PresenceBook()
  const places = new Places(options.desktop)
  const watch = new WatchBus()
  const chats = new ChatWindows()
  const link: RelayLink = new RelayLink({
    connect: options.connect,
    host,
    version: options.version,
    events: {
      opened: (peer, { uin }) => void opened(core, peer, uin),
      event: (event) => happened(core, event),
      lost: () => lost(core),
      unreached: () => scheduler.evaluateAll(),
      refused: (error) => void refused(core, error),
    },
  })
  const follower: LogFollower = new LogFollower({
    ledger,
    host,
    texts,
    applied: (told, progress) => applied(core, told, progress),
    resynced: (held) => resynced(core, held),
  })
  const outbox = new Outbox({
    ledger,
    host,
    peer: () => (follower.following ? link.peer : null),
    changed: (item) => answered(core, item),
    touched: (ids) => {
      scheduler.evaluate(ids)
      popups.refresh()
    },
    refused: (item, error) => refusals.add(item, error),
    before: (peer, item) => beforeSending(core, peer, item),
  })
  const scheduler: Scheduler = new Scheduler({
    host,
    state,
    presence,
    texts,
    now: () => link.now(),
    relay: () => {
      const { peer } = link
      if (peer === null) return link.away ? 'away' : 'behind'
      return follower.caughtUp && presence.live ? (request) => peer.call('backup.fire', request) : 'behind'
    },
    showLocally: (shown, dueAt) => void showLocally(core, shown, dueAt),
    countDown: (shown, endsAt) => showCountdown(core, shown, endsAt),
    run: (record, occurrence) => void runBackup(core, record, occurrence),
    drifted: (ms) => {
      host.log.info('clock moved', { ms })
      popups.gather({ away: true })
      void link.ping()
    },
  })
  const popups: Popups = new Popups({
    host,
    notifier: options.notifier,
    settings: options.settings.notify,
    places,
    quiet: () => shownSetting(state()).quiet,
    isOver: (about) => isOver(about, knownOf(core)),
    isWatched: (friend, since) => chats.isWatched(friend, since),
    turnOff: (friends) => void turnOff(core, friends),
    pressed: (button, popup) => void press(core, button, popup),
  })
  const keeper = new KeyKeeper({
    host,
    known: () => knownOf(core),
    peer: () => (follower.caughtUp ? link.peer : null),
    alarm: ({ uin }) => popups.show([{ kind: 'key', uin, name: nameOf(knownOf(core), uin) }]),
  })
  const refusals = new Refusals(() => core)
  watch.onChange(() => popups.refresh())
  const startedAt = host.clock.now()
  const parts = { texts, presence, places, watch, chats, link, follower, outbox, scheduler, popups, keeper, refusals }
  const core: Core = { options, host, ledger, startedAt, clockOf: zoneClocks(), ...parts }
  return core
}
