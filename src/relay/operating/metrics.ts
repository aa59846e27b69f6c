/** The relay's metrics in the form Prometheus reads. Loaded only where they are asked for. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { RelayMethod } from '../../protocol/relay-api.ts'
import { IM_VERSION } from '../../protocol/version.ts'
import type { Meter } from '../meter.ts'
import type { Relay } from '../relay.ts'

export interface Metrics {
  meter: Meter
  /** From now on the gauges show how this relay is. */
  watch(relay: Pick<Relay, 'connections' | 'sessions' | 'bufferedBytes' | 'loginsWaiting' | 'draining'>): void
  contentType: string
  text(): Promise<string>
}

const COMMIT_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]
const COMMIT_ROWS = [1, 4, 16, 64, 256, 1_024, 4_096, 16_384]
const LATE_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 600, 3_600, 86_400]

/**
 * How a method proves who somebody is. The others are no logins. A terminal that was given a wrong password sees that
 * itself and proves nothing: such a one has a start and no end.
 */
const LOGINS: Partial<Record<RelayMethod | 'unknown', string>> = {
  'session.open': 'token',
  'login.start': 'password-start',
  'login.prove': 'password',
  'register.finish': 'register',
}

/** Codes that mean something here or in RFC 6455; whatever else a client made up is one. */
const CLOSE_CODES = new Set([1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 1011, 1013, 4000, 4001])

export function createMetrics(): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const counter = <L extends string = never>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Counter({ name, help, labelNames, registers })
  const histogram = (name: string, help: string, buckets: number[]) => new Histogram({ name, help, buckets, registers })

  const frames = counter('im_relay_frames_total', 'WebSocket frames taken from and handed to clients', ['way'])
  const requests = counter(
    'im_relay_requests_total',
    'Requests of clients, by method and by ok or the code of the error',
    ['method', 'outcome'],
  )
  const logins = counter(
    'im_relay_logins_total',
    'Attempts to log in or to register, by what was shown and how it ended',
    ['how', 'outcome'],
  )
  const refused = counter('im_relay_budget_refusals_total', 'Requests that were told RATE_LIMITED, by method', [
    'method',
  ])
  const closed = counter('im_relay_connections_closed_total', 'Connections that ended, by WebSocket close code', [
    'code',
  ])
  const fires = counter('im_relay_fires_total', 'Requests to fire a backup, by who asked and what came of it', [
    'by',
    'outcome',
  ])
  const stopped = counter(
    'im_relay_backups_stopped_total',
    'Backups that were held or failed when they should have fired, by reason',
    ['state', 'reason'],
  )
  const lateness = histogram(
    'im_relay_fire_lateness_seconds',
    'From the moment all conditions held to the firing, for what was sent, reminded of or run',
    LATE_SECONDS,
  )
  const appends = counter(
    'im_relay_log_entries_total',
    'Entries appended to the logs of accounts, once they are on disk',
  )
  const commitRows = histogram('im_relay_commit_rows', 'Rows in one synced write', COMMIT_ROWS)
  const commitSeconds = histogram('im_relay_commit_seconds', 'How long one synced write took', COMMIT_SECONDS)
  const waiting = new Gauge({
    name: 'im_relay_transactions_waiting',
    help: 'Reads and transactions of the store under way',
    registers,
  })
  const info = new Gauge({ name: 'im_relay_info', help: 'Always 1', labelNames: ['version'], registers })
  info.set({ version: IM_VERSION }, 1)

  const meter: Meter = {
    frame: (way) => frames.inc({ way }),
    answered(method, outcome) {
      requests.inc({ method, outcome })
      const how = LOGINS[method]
      if (how !== undefined) logins.inc({ how, outcome })
      if (outcome === 'RATE_LIMITED') refused.inc({ method })
    },
    connectionClosed: (code) => closed.inc({ code: CLOSE_CODES.has(code) ? String(code) : 'other' }),
    fired(by, outcome, reason, lateMs) {
      fires.inc({ by, outcome })
      if (reason !== null) stopped.inc({ state: outcome, reason })
      if (lateMs !== null) lateness.observe(Math.max(0, lateMs) / 1000)
    },
    appended: (entries) => appends.inc(entries),
    committed(rows, ms) {
      commitRows.observe(rows)
      commitSeconds.observe(ms / 1000)
    },
    underWay: (change) => waiting.inc(change),
  }

  return {
    meter,
    watch(relay) {
      const gauge = (name: string, help: string, read: () => number): void => {
        new Gauge({
          name,
          help,
          registers,
          collect() {
            this.set(read())
          },
        })
      }
      gauge('im_relay_connections', 'Connections open now', () => relay.connections)
      gauge('im_relay_sessions', 'Devices that are logged in now', () => relay.sessions)
      gauge('im_relay_outgoing_bytes', 'Bytes that clients have not taken yet', () => relay.bufferedBytes)
      gauge('im_relay_logins_waiting', 'Logins that wait for their turn', () => relay.loginsWaiting)
      gauge('im_relay_draining', '1 while the relay is stopping', () => Number(relay.draining))
    },
    contentType: registry.contentType,
    text: () => registry.metrics(),
  }
}
