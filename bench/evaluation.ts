/** What a daemon takes to look at 10,000 armed backups when the presence of the one friend they wait for changes. */

import { Scheduler } from '../src/daemon/firing/scheduler.ts'
import { putBackup } from '../src/daemon/mirror/mirror.ts'
import { PresenceBook } from '../src/daemon/mirror/presence-book.ts'
import { fakeHost } from '../src/host/fake-host.ts'
import { nodeClock } from '../src/host/node-host.ts'
import { BO, backup, openLedger, openTexts, plan } from '../test/unit/daemon/samples.ts'
import type { Figure } from './figure.ts'

const BACKUPS = 10_000
const AT_ONCE = 500
const TURNS = 5

export async function evaluation(): Promise<Figure[]> {
  const host = fakeHost()
  const now = host.clock.now()
  const { ledger } = await openLedger()
  const presence = new PresenceBook()
  const scheduler = new Scheduler({
    host,
    state: () => ledger.state,
    presence,
    texts: openTexts(),
    now: () => now,
    relay: () => () => new Promise(() => {}),
    showLocally: () => {},
    countDown: () => {},
    run: () => {},
    drifted: () => {},
  })
  const waits = plan([{ kind: 'presence', who: BO, is: 'online', turns: null }])
  for (let from = 0; from < BACKUPS; from += AT_ONCE) {
    await ledger.change((tx) => {
      for (let n = from; n < from + AT_ONCE; n++) {
        putBackup(tx, backup(`backup ${n}`, { plan: waits, armedAt: now }), { logged: true, whole: true })
      }
    })
  }
  const seen = (status: 'away' | 'busy' | 'online') => {
    const fact = { status, onlineSince: now, statusSince: now, statusText: null }
    presence.snapshot(fact, [{ uin: BO, presence: fact }])
    const since = nodeClock.monotonic()
    scheduler.evaluate(ledger.state.backups.mentioning(BO))
    return nodeClock.monotonic() - since
  }
  const waiting = Array.from({ length: TURNS }, (_, n) => seen(n % 2 === 0 ? 'away' : 'busy'))
  const due = seen('online')
  scheduler.close()
  const figure = { unit: 'ms', yardstick: null, ratio: null, goal: '' }
  return [
    { ...figure, name: `${BACKUPS} armed, their friend's presence changes: looked at`, value: Math.min(...waiting) },
    { ...figure, name: `${BACKUPS} armed, their friend comes online: looked at and queued`, value: due },
  ]
}
