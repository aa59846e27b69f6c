import type { Uin } from '../domain/uin.ts'
import type { Host } from '../host/host.ts'
import type { SecretBackend, SecretStore } from '../host/secrets.ts'
import { ImError } from '../protocol/errors.ts'
import { DEFAULT_LIMITS, type Limits } from '../protocol/limits.ts'
import type { LocalEvents, LocalHello, LocalMethod, LocalParams, LocalResults } from '../protocol/local-api.ts'
import type { FriendRecord } from '../protocol/records.ts'
import type { Store } from '../store/store.ts'
import type { ChatWindows } from './chat-windows.ts'
import type { Scheduler } from './firing/scheduler.ts'
import type { KeyKeeper } from './key-keeper.ts'
import type { LogFollower } from './link/log-follower.ts'
import type { Outbox } from './link/outbox.ts'
import type { RelayLink } from './link/relay-link.ts'
import type { Connect } from './link/relay-peer.ts'
import type { LoginWork } from './login/login-work.ts'
import { friendPrivate, type Known } from './mirror/friend-keys.ts'
import type { Ledger } from './mirror/ledger.ts'
import type { PresenceBook } from './mirror/presence-book.ts'
import type { AccountRow } from './mirror/rows.ts'
import type { Texts } from './mirror/texts.ts'
import type { Notifier, OpenTerminal } from './notifications/notifier.ts'
import type { NotifySettings } from './notifications/notify-policy.ts'
import type { Places } from './notifications/places.ts'
import type { Popups } from './notifications/popups.ts'
import type { Refusals } from './notifications/refusals.ts'
import type { RunCommand } from './run-command.ts'
import type { ViewContext } from './views/views.ts'
import type { WatchBus } from './views/watch.ts'
import { resolveWho } from './views/who.ts'
import type { ClockOf } from './views/why-text.ts'

/** Where the secret of a logged-in device lies: `auto` finds out what works and says so. */
export type OpenSecrets = (choice: SecretBackend | 'auto') => Promise<SecretStore>

/** What the profile's config.toml says, as of the start. */
export interface DaemonSettings {
  tokenStore: SecretBackend | 'auto'
  notify: NotifySettings
  /** How long the button Snooze puts a reminder off, in time words. */
  snooze: string
  /** Whether somebody at work here makes the account online. */
  active: boolean
  /** Starts the commands of `--run`; null: this device runs none. */
  run: RunCommand | null
}

export interface DaemonOptions {
  host: Host
  store: Store
  secrets: OpenSecrets
  notifier: Notifier
  openTerminal: OpenTerminal
  connect: Connect
  /** Starts the heavy part of logging in, when somebody does. */
  loadLogin: () => Promise<LoginWork>
  version: string
  profile: string
  deviceName: string
  defaultRelay: string
  settings: DaemonSettings
  /** The daemon's own desktop variables, until a caller hands over newer ones. */
  desktop: Readonly<Record<string, string | undefined>>
  /** For `daemon status`. */
  process: {
    pid: number | null
    socket: string | null
    rssBytes: () => number | null
    /** How the owner's command for popups last failed. */
    notifyFailure: () => string | null
  }
  /** Called when `daemon.stop` was asked for. */
  onStop: () => void
}

/** A call the daemon makes to itself. */
export function ownSession(): LocalSession {
  return { hello: null, signal: new AbortController().signal, tell: () => {} }
}

/** One caller's connection. */
export interface LocalSession {
  hello: LocalHello | null
  /** Aborts when the caller has gone. */
  signal: AbortSignal
  tell: <E extends keyof LocalEvents>(event: E, params: LocalEvents[E]) => void
}

/** The parts of a daemon. */
export interface Core {
  options: DaemonOptions
  host: Host
  ledger: Ledger
  link: RelayLink
  follower: LogFollower
  outbox: Outbox
  presence: PresenceBook
  scheduler: Scheduler
  texts: Texts
  watch: WatchBus
  chats: ChatWindows
  places: Places
  popups: Popups
  keeper: KeyKeeper
  refusals: Refusals
  clockOf: ClockOf
  startedAt: number
}

export type Handler<M extends LocalMethod> = (
  core: Core,
  params: LocalParams<M>,
  session: LocalSession,
) => Promise<LocalResults[M]> | LocalResults[M]

/** How long a changing verb waits for the relay before it says "kept here". */
export const RELAY_WAIT_MS = 2_000

export function requireAccount(core: Core): AccountRow {
  const { account } = core.ledger.state
  if (account === null) throw new ImError('NOT_LOGGED_IN', undefined, { hint: 'im login UIN, or im register' })
  return account
}

/** The account, if the relay still takes this device: without that nothing would ever leave the outbox. */
export function requireAccepted(core: Core): AccountRow {
  const account = requireAccount(core)
  if (account.refused !== null) {
    const hint = account.refused.hint ?? `im logout -y; im login ${account.uin}`
    throw new ImError('TOKEN_REFUSED', account.refused.message, { hint })
  }
  return account
}

export function zoneOf(session: LocalSession): string {
  return session.hello?.zone ?? 'UTC'
}

export function viewContext(core: Core, session: LocalSession): ViewContext {
  const now = core.link.now()
  return {
    state: core.ledger.state,
    presence: core.presence,
    texts: core.texts,
    now,
    clock: core.clockOf(zoneOf(session), now),
    connected: core.link.connected,
    current: core.follower.current,
  }
}

/** What names, texts and keys are read with. */
export function knownOf({ ledger, texts }: Core): Known {
  return { state: ledger.state, texts }
}

export function whoOf(core: Core, session: LocalSession): (typed: string) => Uin {
  const { state } = core.ledger
  const known = knownOf(core)
  const people = [...state.friends.values()].map((friend) => ({
    uin: friend.uin,
    name: friend.name ?? friend.nick,
    alias: friendPrivate(known, friend).alias,
    state: friend.state,
  }))
  const context = { me: requireAccount(core).uin, people, person: session.hello?.person ?? false }
  return (typed) => resolveWho(typed, context)
}

/** A friend to whom something may be sent; to oneself it always may. */
export function requireSendable(core: Core, uin: Uin): void {
  if (uin === requireAccount(core).uin) return
  const friend = core.ledger.state.friends.get(uin)
  if (friend?.state === 'blocked') {
    throw new ImError('BLOCKED_BY_ME', undefined, { hint: `im friend unblock ${uin}` })
  }
  if (friend?.state !== 'friend') throw new ImError('NOT_FRIENDS', undefined, { hint: `im friend add ${uin}` })
}

export function requireKnown(core: Core, uin: Uin): FriendRecord {
  const friend = core.ledger.state.friends.get(uin)
  if (friend === undefined || friend.state === 'removed') {
    throw new ImError('NO_SUCH_FRIEND', `${uin} is not in your list.`, { hint: 'im friend list' })
  }
  return friend
}

export function limitsOf(core: Core): Limits {
  return core.link.peer?.hello.limits ?? DEFAULT_LIMITS
}

/** A text that may be sent: not empty, without NUL, not too long. */
export function checkText(core: Core, text: string): void {
  if (text.trim() === '') throw new ImError('EMPTY_TEXT')
  if (text.includes('\0')) throw new ImError('USAGE', 'A text cannot hold the character NUL.')
  const { textBytes } = limitsOf(core)
  const bytes = Buffer.byteLength(text)
  if (bytes > textBytes) {
    throw new ImError('TOO_LONG', `The text has ${bytes} bytes; ${textBytes} are allowed.`)
  }
}
