import { toRfc3339 } from '../../domain/instant.ts'
import type { DaemonView } from '../../protocol/views.ts'
import type { Core, Handler } from '../core.ts'
import { shownUnsorted } from '../mirror/overlay.ts'
import { cursorText } from '../mirror/place.ts'
import { until } from '../until.ts'
import { nextInstant } from '../views/backup-view.ts'

export function daemonView({ options, host, ledger, link, follower, presence, outbox, startedAt }: Core): DaemonView {
  const { account, cursor } = ledger.state
  const armed = shownUnsorted(ledger.state).filter(({ record }) => record.state === 'armed')
  const ahead = armed.flatMap(({ record }) => nextInstant(record.plan, link.now()) ?? [])
  return {
    v: 1,
    running: true,
    pid: options.process.pid,
    version: options.version,
    socket: options.process.socket,
    connected: link.connected,
    relay: account?.relay ?? null,
    cursor: cursor === null ? null : cursorText(cursor),
    outbox: outbox.size,
    armed: armed.length,
    nextAt: ahead.length === 0 ? null : toRfc3339(Math.min(...ahead)),
    clockSkewMs: link.clockSkewMs,
    rssBytes: options.process.rssBytes(),
    uptimeMs: host.clock.now() - startedAt,
    stale: !follower.current || !presence.live,
    notifyFailure: options.process.notifyFailure(),
  }
}

export const daemonStatus: Handler<'daemon.status'> = async (core, { settleMs }, session) => {
  if (settleMs !== undefined) {
    // Without a relay, or an account, it knows no more later on.
    const caughtUp = core.link
      .ready(settleMs)
      .then(() => until(core, session, settleMs, () => core.follower.current || null))
    await caughtUp.catch(() => null)
  }
  return daemonView(core)
}
