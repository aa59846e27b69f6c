import { DEFAULT_LIMITS, type Limits } from '../protocol/limits.ts'

/** What `relay.toml` can set. Durations in ms. */
export interface RelayConfig {
  limits: Limits
  /** How long the relay leaves a due backup to a connected terminal before it fires itself. */
  standInDelayMs: number
  /** How long after its last device has gone an account is shown as offline. */
  offlineDelayMs: number
  /** After a start: how long whoever was online counts as unknown until a device is back. */
  unknownForMs: number
  /** A connection must have logged in by then. */
  loginDeadlineMs: number
  pingIntervalMs: number
  /** Attempts to log in or register: per address, and per UIN. */
  loginsPerMinute: number
  /** Connections at once: in all, and of one address (of IPv6: one /64; loopback is not counted). */
  connections: number
  connectionsPerAddress: number
  /** Requests under way at once, of all connections: beyond, who asks much is told to come back, at twice that everybody. */
  requestsAtOnce: number
  /** Whether on a relay that wants invites a friend's invite is one. */
  friendsInvite: boolean
  /** How often the files of the certificate are looked at. */
  certificateCheckMs: number
  /** When housekeeping runs: five cron fields, in the machine's time zone. */
  housekeeping: string
  /** When snapshots are taken, into which directory, and how many are kept. Null: never. */
  snapshot: { at: string; dir: string; keep: number } | null
  /** What the logs of accounts keep. Null: for ever. */
  retention: Retention
  /** Below this much free space changes are refused. */
  reserveBytes: number
  /** HOST:PORT, or a port of loopback, where Prometheus may read. Null: nowhere, and nothing is counted. */
  metrics: string | null
}

/** Of the log: how long entries are kept that newer ones have made void. Of messages: how long those are that were read. */
export interface Retention {
  logForMs: number | null
  messagesForMs: number | null
}

export const DEFAULT_CONFIG: RelayConfig = {
  limits: DEFAULT_LIMITS,
  standInDelayMs: 5_000,
  offlineDelayMs: 15_000,
  unknownForMs: 120_000,
  loginDeadlineMs: 10_000,
  pingIntervalMs: 30_000,
  loginsPerMinute: 60,
  connections: 20_000,
  connectionsPerAddress: 64,
  requestsAtOnce: 2_000,
  friendsInvite: true,
  certificateCheckMs: 10_000,
  housekeeping: '17 4 * * *',
  snapshot: null,
  retention: { logForMs: null, messagesForMs: null },
  reserveBytes: 256 * 1024 * 1024,
  metrics: null,
}
