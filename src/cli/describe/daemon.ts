import type { DaemonView } from '../../protocol/views.ts'
import { span } from './time.ts'

export function daemonLines(daemon: DaemonView): string {
  if (!daemon.running) return 'no daemon runs for this profile'
  const up = daemon.uptimeMs === null ? '' : `, for ${span(daemon.uptimeMs)}`
  const memory = daemon.rssBytes === null ? '' : `, ${Math.round(daemon.rssBytes / 1e6)} MB`
  const skew =
    Math.abs(daemon.clockSkewMs ?? 0) > 2_000 ? `; this clock is off by ${span(Math.abs(daemon.clockSkewMs ?? 0))}` : ''
  return [
    `running as ${daemon.pid}, im ${daemon.version}${up}${memory}`,
    `relay ${daemon.relay ?? 'none'}, ${daemon.connected ? 'connected' : 'not connected'}${skew}`,
    `${daemon.armed} armed, ${daemon.outbox} waiting for the relay`,
    ...(daemon.notifyFailure === null ? [] : [daemon.notifyFailure]),
  ].join('\n')
}
