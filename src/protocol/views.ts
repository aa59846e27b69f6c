/**
 * The JSON that users and scripts see (`--json`), and that the daemon answers the command line with.
 * Every field is always there: null when empty, [] for lists. Instants are RFC 3339 UTC, durations integer ms.
 */
import type { BackupState, PresenceTurn } from '../domain/backup.ts'
import type { Presence } from '../domain/presence.ts'
import type { ErrorCode } from './errors.ts'

export interface Warning {
  code: string
  message: string
}

interface View {
  v: 1
  warnings?: Warning[]
}

/** By the wall clock of the zone, `HH:MM`; a `to` before `from` lies behind midnight. */
export interface QuietView {
  from: string
  to: string
  zone: string
}

export interface AccountView extends View {
  uin: string | null
  nick: string | null
  relay: string | null
  device: string | null
  deviceId: string | null
  status: 'online' | 'away' | 'busy' | 'invisible' | null
  statusText: string | null
  /** My own quiet hours. */
  quiet: QuietView | null
  tokenStore: 'keychain' | 'file' | null
  connected: boolean
  /** Live backups (armed, held, due) that this terminal has. */
  backups: number
  /** Only in the answer to register. */
  recoveryCode: string | null
}

export interface FriendView extends View {
  uin: string
  nick: string | null
  alias: string | null
  state: 'friend' | 'incoming' | 'outgoing' | 'blocked'
  presence: Presence | null
  since: string | null
  statusText: string | null
  notify: 'on' | 'off' | 'once'
  /** To them I am offline, whatever I am. */
  hide: boolean
  /** The quiet hours I set for them. */
  quiet: QuietView | null
  verified: boolean
  /** The relay names other keys than those I know them by: nothing is sent to them until `friend verify`. */
  keyChanged: boolean
  /** Twelve groups of five digits, the same on both sides. Only in the answers to friend show and friend verify. */
  safetyNumber: string | null
  stale: boolean
  /** The note of a request. */
  note: string | null
}

export interface FriendInviteView extends View {
  /** Told here only: the relay keeps a hash. */
  link: string
  uses: number
  expiresAt: string
}

export interface ErrorView {
  code: string
  message: string
  at: string
}

export interface MessageView extends View {
  id: string
  key: string | null
  from: string
  to: string
  at: string
  text: string | null
  /** Mine: queued, sent, delivered, read, failed. Theirs: delivered, read. */
  state: 'queued' | 'sent' | 'delivered' | 'read' | 'failed'
  read: boolean
  backupId: string | null
  /** Why it was refused; of an unreadable one, why it cannot be read. */
  error: ErrorView | null
  unreadable: boolean
  cursor: string | null
  /** As last heard: it may have been read since, and more may have come. */
  stale: boolean
}

type Holds = { holds: boolean | null }

export type ConditionView =
  | ({ kind: 'time'; at: string; local: string; zone: string } & Holds)
  | ({ kind: 'every'; rule: string; zone: string; until: string | null; count: number | null; done: number } & Holds)
  | ({ kind: 'presence'; who: string; is: 'online' | null; turns: PresenceTurn | null } & Holds)
  | ({ kind: 'message'; from: string; words: string | null; pattern: string | null } & Holds)
  | ({ kind: 'my-send'; to: string | null } & Holds)
  | ({ kind: 'read'; who: string } & Holds)

export interface WindowView {
  between: { from: string; to: string } | null
  days: string[] | null
  zone: string
  onlyIfIAm: 'away' | 'offline' | null
  elseAt: string | null
  expiresAt: string | null
  open: boolean | null
}

export interface WhyView {
  code: string
  text: string
  waitsFor: string[]
  lookAt: string | null
}

export interface BackupView extends View {
  /** Null only in a dry run. */
  id: string | null
  rev: number
  key: string | null
  to: string
  text: string | null
  note: string | null
  /** Text or note cannot be read here. */
  unreadable: boolean
  state: BackupState
  action: 'remind' | 'send' | 'run'
  countdownMs: number | null
  trigger: { match: 'all' | 'any'; conditions: ConditionView[] }
  window: WindowView | null
  unless: { reply: 'cancel' | 'hold' | 'remind' | null }
  late: { graceMs: number; then: 'send' | 'remind' | 'drop' }
  why: WhyView
  /** The relay can fire it with every terminal of the owner off. */
  standIn: boolean
  stored: 'relay' | 'here'
  /** What still has to reach the relay: null, 'add', 'edit', 'cancel', 'send', … */
  pending: string | null
  createdAt: string
  createdBy: string
  updatedAt: string
  updatedBy: string
  armedAt: string | null
  nextAt: string | null
  dueAt: string | null
  sent: { messageId: string; at: string } | null
  error: ErrorView | null
  repeat: { until: string | null; count: number | null } | null
  occurrence: number
  occurrences: { n: number; at: string; outcome: string; messageId: string | null }[]
  conflictOf: string | null
  /** As last heard: the relay has not been asked since, so another device may have changed it. */
  stale: boolean
  /** Only in a dry run: up to 5 instants. */
  next?: string[]
}

/** What became of the lines of a file. `held` counts among those added. */
export interface ImportView extends View {
  added: number
  changed: number
  skipped: number
  held: number
  /** Of those added and changed, how many the relay had not answered when this was said; they go there by themselves. */
  waiting: number
  /** `here`: some wait. Null: a dry run stores nothing. */
  stored: 'relay' | 'here' | null
  refused: { line: number; code: ErrorCode; message: string }[]
}

export interface WhenView extends View {
  expression: string
  zone: string
  /** RFC 3339 with the zone's offset. */
  next: string[]
  notes: string[]
}

/** Where a conversation was opened; null: nowhere, and `command` is what to type. */
export interface OpenedView extends View {
  opened: 'chat' | 'terminal' | null
  command: string
}

export interface DaemonView extends View {
  running: boolean
  pid: number | null
  version: string | null
  socket: string | null
  connected: boolean
  relay: string | null
  cursor: string | null
  outbox: number
  armed: number
  nextAt: string | null
  clockSkewMs: number | null
  rssBytes: number | null
  uptimeMs: number | null
  /** What it shows is as last heard: the relay has not told it yet what is new. */
  stale: boolean
  /** How `notify.command` failed when it was last given a popup. */
  notifyFailure: string | null
}

/** What a service manager is given to keep a program. */
export interface ServiceView extends View {
  manager: 'systemd' | 'launchd' | 'Task Scheduler'
  /** As the manager knows it. */
  unit: string
  path: string
  installed: boolean
  /** Of the file. */
  text: string
}

/** One line of `im doctor`. */
export interface CheckView extends View {
  check: string
  ok: boolean
  detail: string
  /** The command that mends it; null where all is well, or no command can. */
  fix: string | null
}

export interface DeviceView extends View {
  id: string
  name: string
  current: boolean
  connected: boolean
  lastSeenAt: string | null
}

export interface DashboardView extends View {
  me: AccountView
  due: BackupView[]
  requests: FriendView[]
  online: FriendView[]
  unread: number
  next: BackupView[]
  /** In all, there or not. */
  friends: number
  stale: boolean
}

/** Somebody to talk to, as the conversation window lists them. */
export interface ChatPersonView {
  friend: FriendView
  unread: number
  /** Live backups for them; `due` of them are due. */
  backups: number
  due: number
  /** Text for them is not sent yet. */
  draft: boolean
}

export interface ChatPeopleView extends View {
  me: AccountView
  people: ChatPersonView[]
  /** Changes that wait for the relay. */
  waiting: number
  stale: boolean
}

export interface DraftView extends View {
  /** Null: there is none, or it cannot be read. */
  text: string | null
  backupId: string | null
}

export interface WatchEvent extends View {
  type: 'message' | 'presence' | 'backup' | 'receipt' | 'friend'
  at: string
  /** Null for presence, which is not in the log. */
  cursor: string | null
  /** What happened: e.g. arrived, sent, online, away, offline, added, edited, due, delivered, read, request. */
  change: string
  message?: MessageView
  friend?: FriendView
  backup?: BackupView
}

/** One line of `im account export`. */
export type ExportRow = View &
  (
    | { type: 'account'; account: AccountView }
    | { type: 'friend'; friend: FriendView }
    | { type: 'message'; message: MessageView }
    | { type: 'backup'; backup: BackupView }
  )

export interface ErrorObject {
  v: 1
  error: { code: ErrorCode; message: string; hint: string | null; retryAfterMs: number | null }
}

/** What `daemon repair` has found and made of it. */
export interface DaemonRepairView {
  v: 1
  data: string
  sound: boolean
  /** Changes that still wait for the relay. */
  waiting: number
  /** Where the damaged files lie now; null: nothing was done. */
  aside: string | null
  /** A sentence for each thing that is gone and was only here. */
  lost: string[]
}
