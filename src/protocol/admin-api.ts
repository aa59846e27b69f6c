/** What the operator of a relay may ask it on its 0600 socket. The command line imports the types of this file only. */
import { z } from 'zod'
import type { Limits } from './limits.ts'
import { uinSchema } from './relay-api.ts'

const nothing = z.strictObject({})
const one = z.strictObject({ uin: uinSchema })

export const adminParams = {
  status: nothing,
  stop: nothing,
  /** A copy of the store as it is now, into a directory that is new or empty; an absolute path. */
  snapshot: z.strictObject({ dir: z.string().min(1).max(4096) }),
  /** A page of all accounts, by UIN. `after`: the `next` of the page before. */
  'user.list': z.strictObject({ after: z.string().max(64).nullable() }),
  /** Cuts its sessions; logins and tokens are refused until it is enabled. Twice is once. */
  'user.disable': one,
  'user.enable': one,
  /** As if its owner had deleted it. */
  'user.delete': one,
  'invite.create': z.strictObject({
    uses: z.number().int().min(1).max(10_000),
    lastsMs: z
      .number()
      .int()
      .min(60_000)
      .max(366 * 86_400_000),
  }),
  'invite.list': nothing,
  /** By id, or a unique prefix of one with four characters and more. */
  'invite.revoke': z.strictObject({ id: z.string().min(4).max(64) }),
} as const

export type AdminMethod = keyof typeof adminParams
export type AdminParams<M extends AdminMethod> = z.infer<(typeof adminParams)[M]>

export interface AdminResults {
  status: RelayStatus
  stop: RelayStatus
  snapshot: SnapshotView
  'user.list': { users: UserView[]; next: string | null }
  'user.disable': UserView
  'user.enable': UserView
  'user.delete': UserView
  'invite.create': InviteView
  'invite.list': InviteView[]
  'invite.revoke': InviteView
}

export interface RelayStatus {
  v: 1
  running: boolean
  /** As `/healthz` says it: `ok` where it takes changes. */
  health: 'ok' | 'draining' | 'disk-full' | 'store-failed'
  draining: boolean
  pid: number
  version: string
  /** Of Node. */
  node: string
  /** The protocol versions it serves. */
  protocols: number[]
  url: string
  /** Where Prometheus may read; null: nowhere. */
  metrics: string | null
  /** How clients reach it, as a link: with its pin where it signed its own certificate. */
  link: string
  /** Of the certificate's key; null without TLS. */
  pin: string | null
  certificateExpiresAt: string | null
  inviteOnly: boolean
  data: string
  /** Of all logs: grows at a restore. */
  epoch: number
  /** Of the disk under the data directory. */
  freeBytes: number
  /** Below this much free space changes are refused. */
  reserveBytes: number
  /** When it keeps house: five cron fields. */
  housekeeping: string
  /** When snapshots are taken (five cron fields), into which directory, how many are kept; null: never by itself. */
  snapshots: { at: string; dir: string; keep: number; lastAt: string | null } | null
  /** Deleted ones that still have a tombstone are counted too. Not older than 10 s. */
  accounts: number
  connections: number
  sessions: number
  /** The most connections there may be. */
  maxConnections: number
  rssBytes: number
  uptimeMs: number
  limits: Limits
}

export interface UserView {
  v: 1
  uin: string
  createdAt: string
  /** Those that may log in. */
  devices: number
  connected: boolean
  lastSeenAt: string | null
  /** Live ones: armed, held, due. */
  backups: number
  disabled: boolean
}

export interface InviteView {
  v: 1
  id: string
  /** Only when it is made: the relay keeps no more than a hash. */
  link: string | null
  uses: number
  used: number
  createdAt: string
  expiresAt: string
}

/** What `im relay fsck` has found, and what its `--repair` has made of it. */
export interface FsckReport {
  v: 1
  data: string
  sound: boolean
  accounts: number
  damagedAccounts: number
  /** `account` null: of the store as a whole. */
  problems: { account: string | null; row: string; what: string }[]
  /** Problems that are not named. */
  more: number
  repaired: {
    /** Where the damaged files lie now. */
    aside: string
    epoch: number
    /** Rows that came back out of others. */
    back: number
    /** Backups held, since nobody knows whether they were sent. */
    held: number
    /** `account` null: nobody knows whose. */
    lost: { account: string | null; what: string }[]
  } | null
}

/** What vouches for a snapshot, in the snapshot itself. */
export interface SnapshotManifest {
  v: 1
  kind: 'im relay snapshot'
  /** Names the relay, and the root secret of its logins: see `relay.key`. */
  relay: string
  setup: string
  version: string
  takenAt: string
  /** Of its rows: see `store/migrate.ts`. */
  format: number
  epoch: number
  commit: number
  rows: number
  accounts: number
  /** Of the file of rows, and its SHA-256. */
  bytes: number
  sha256: string
}

export interface SnapshotView extends SnapshotManifest {
  dir: string
  /** Where what it leaves out lies: the root secret of all logins. */
  key: string
}

export interface RestoreReport {
  v: 1
  data: string
  takenAt: string
  accounts: number
  epoch: number
  /** Backups that may have been sent since the snapshot: their owners resume them. */
  held: number
  /** Where the store lies that was there before; null: there was none. */
  aside: string | null
}
