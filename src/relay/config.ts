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
  /** Whether on a relay that wants invites a friend's invite is one. */
  friendsInvite: boolean
  /** How often the files of the certificate are looked at. */
  certificateCheckMs: number
  /** When housekeeping runs: five cron fields, in the machine's time zone. */
  housekeeping: string
  /** Below this much free space changes are refused. */
  reserveBytes: number
  /** HOST:PORT, or a port of loopback, where Prometheus may read. Null: nowhere, and nothing is counted. */
  metrics: string | null
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
  friendsInvite: true,
  certificateCheckMs: 10_000,
  housekeeping: '17 4 * * *',
  reserveBytes: 256 * 1024 * 1024,
  metrics: null,
}
