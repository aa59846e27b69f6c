/** The names `--fields` knows. The compiler keeps the list in step with the views. */

import type { ConfigRow } from '../../host/config.ts'
import type { InviteView, RelayStatus, UserView } from '../../protocol/admin-api.ts'
import { ImError } from '../../protocol/errors.ts'
import type {
  AccountView,
  BackupView,
  CheckView,
  DaemonView,
  DashboardView,
  DeviceView,
  ExportRow,
  FriendInviteView,
  FriendView,
  MessageView,
  OpenedView,
  ServiceView,
  WatchEvent,
  WhenView,
} from '../../protocol/views.ts'

type KeysOf<T> = T extends unknown ? keyof T : never

type AnyField =
  | keyof AccountView
  | keyof BackupView
  | keyof DaemonView
  | keyof DashboardView
  | keyof DeviceView
  | KeysOf<ExportRow>
  | keyof FriendView
  | keyof MessageView
  | keyof WatchEvent
  | keyof WhenView
  | keyof OpenedView
  | keyof RelayStatus
  | keyof InviteView
  | keyof UserView
  | keyof FriendInviteView
  | keyof CheckView
  | keyof ServiceView
  | keyof ConfigRow

const FIELDS = {
  about: true,
  account: true,
  accounts: true,
  action: true,
  alias: true,
  armed: true,
  armedAt: true,
  at: true,
  backup: true,
  backupId: true,
  backups: true,
  certificateExpiresAt: true,
  change: true,
  check: true,
  clockSkewMs: true,
  command: true,
  conflictOf: true,
  connected: true,
  connections: true,
  countdownMs: true,
  createdAt: true,
  createdBy: true,
  current: true,
  cursor: true,
  data: true,
  detail: true,
  device: true,
  deviceId: true,
  devices: true,
  disabled: true,
  draining: true,
  due: true,
  dueAt: true,
  epoch: true,
  error: true,
  expiresAt: true,
  expression: true,
  fix: true,
  freeBytes: true,
  friend: true,
  friends: true,
  from: true,
  health: true,
  housekeeping: true,
  hide: true,
  id: true,
  installed: true,
  inviteOnly: true,
  key: true,
  keyChanged: true,
  lastSeenAt: true,
  late: true,
  limits: true,
  link: true,
  manager: true,
  maxConnections: true,
  me: true,
  message: true,
  metrics: true,
  name: true,
  next: true,
  nextAt: true,
  nick: true,
  node: true,
  note: true,
  notes: true,
  notify: true,
  notifyFailure: true,
  occurrence: true,
  occurrences: true,
  ok: true,
  online: true,
  opened: true,
  outbox: true,
  path: true,
  pending: true,
  pid: true,
  pin: true,
  presence: true,
  protocols: true,
  quiet: true,
  read: true,
  recoveryCode: true,
  relay: true,
  repeat: true,
  requests: true,
  reserveBytes: true,
  rev: true,
  rssBytes: true,
  running: true,
  safetyNumber: true,
  sent: true,
  sessions: true,
  since: true,
  snapshots: true,
  socket: true,
  source: true,
  stale: true,
  standIn: true,
  state: true,
  status: true,
  statusText: true,
  stored: true,
  text: true,
  to: true,
  tokenStore: true,
  trigger: true,
  type: true,
  uin: true,
  unit: true,
  unless: true,
  unread: true,
  unreadable: true,
  updatedAt: true,
  updatedBy: true,
  uptimeMs: true,
  url: true,
  used: true,
  uses: true,
  v: true,
  value: true,
  verified: true,
  version: true,
  warnings: true,
  why: true,
  window: true,
  zone: true,
} as const satisfies Record<AnyField, true>

/** `id,to` -> the names, each of them a field of some object. @throws ImError USAGE. */
export function parseFields(list: string): readonly string[] {
  const names = list.split(',').map((name) => name.trim())
  const unknown = names.find((name) => !Object.hasOwn(FIELDS, name))
  if (unknown === undefined) return names
  throw new ImError('USAGE', `--fields: no object has a field "${unknown}"`, { hint: '--json shows them all' })
}
