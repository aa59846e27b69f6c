import { describe, expect, it } from 'vitest'
import type { FireRequest } from '../../../../src/daemon/firing/fire-queue.ts'
import { BEAT_MS, Scheduler } from '../../../../src/daemon/firing/scheduler.ts'
import { WakeHeap } from '../../../../src/daemon/firing/wake-heap.ts'
import type { Ledger } from '../../../../src/daemon/mirror/ledger.ts'
import { putBackup } from '../../../../src/daemon/mirror/mirror.ts'
import { PresenceBook } from '../../../../src/daemon/mirror/presence-book.ts'
import { keys } from '../../../../src/daemon/mirror/rows.ts'
import type { Condition } from '../../../../src/domain/backup.ts'
import type { Uin } from '../../../../src/domain/uin.ts'
import { type FakeHost, fakeHost } from '../../../../src/host/fake-host.ts'
import { ImError } from '../../../../src/protocol/errors.ts'
import type { BackupRecord } from '../../../../src/protocol/records.ts'
import type { FireResult } from '../../../../src/protocol/relay-api.ts'
import { LinkLost } from '../../../../src/rpc/peer.ts'
import { turn } from '../../../support/turn.ts'
import { BO, BO_KEYS, backup, CY, friend, openLedger, openTexts, plan } from '../samples.ts'

interface Bench {
  host: FakeHost
  ledger: Ledger
  scheduler: Scheduler
  presence: PresenceBook
  asked: FireRequest[]
  shown: string[]
  drifts: number[]
  relayClock: { aheadMs: number }
  /** What the next fire requests come to; `sent` when there is nothing. */
  fates: (Partial<FireResult> | Error | Promise<Partial<FireResult>>)[]
  mode: { relay: 'there' | 'behind' | 'away' }
  add: (id: string, conditions: readonly Condition[], over?: Partial<BackupRecord>) => Promise<void>
  settle: () => Promise<void>
}

async function bench(): Promise<Bench> {
  const host = fakeHost()
  const { ledger } = await openLedger()
  const presence = new PresenceBook()
  const asked: FireRequest[] = []
  const shown: string[] = []
  const drifts: number[] = []
  const relayClock = { aheadMs: 0 }
  const fates: Bench['fates'] = []
  const mode: Bench['mode'] = { relay: 'there' }
  const scheduler = new Scheduler({
    host,
    state: () => ledger.state,
    presence,
    texts: openTexts(),
    now: () => host.clock.now() + relayClock.aheadMs,
    relay: () =>
      mode.relay === 'there'
        ? async (request) => {
            asked.push(request)
            const fate = await (fates.shift() ?? {})
            if (fate instanceof Error) throw fate
            return { outcome: 'sent', record: backup(request.id), lookAt: null, ...fate }
          }
        : mode.relay,
    showLocally: (one) => shown.push(one.record.id),
    countDown: (one) => shown.push(`counts ${one.record.id}`),
    run: () => {},
    drifted: (ms) => drifts.push(ms),
  })
  const beat = () => {
    host.timers.after(BEAT_MS, () => {
      beat()
      scheduler.tick()
    })
  }
  beat()
  return {
    host,
    ledger,
    scheduler,
    presence,
    asked,
    shown,
    drifts,
    relayClock,
    fates,
    mode,
    async add(id, conditions, over = {}) {
      const record = backup(id, { plan: plan(conditions), armedAt: host.clock.now(), ...over })
      await ledger.change((tx) => putBackup(tx, record, { logged: true, whole: true }))
      scheduler.evaluate([id])
    },
    async settle() {
      for (let i = 0; i < 10; i++) await turn()
    },
  }
}

const at = (instant: number): Condition => ({ kind: 'time', at: instant, local: '', zone: 'UTC' })

describe('the scheduler', () => {
  it('asks at the instant, once, also for one that is days away', async () => {
    const { host, add, asked, settle } = await bench()
    const moment = host.clock.now() + 3 * 86_400_000 + 123
    await add('one', [at(moment)])
    host.clock.advance(3 * 86_400_000 + 122)
    await settle()
    expect(asked).toEqual([])
    host.clock.advance(1)
    await settle()
    host.clock.advance(120_000)
    await settle()
    expect(asked).toEqual([{ id: 'one', rev: 1, occurrence: 1, seenSeq: 0, sightings: [] }])
  })

  it('asks for no message to a friend whose key is not the one first seen, and for it once it is again', async () => {
    const { ledger, scheduler, host, add, asked, settle } = await bench()
    const other = { ...BO_KEYS, sign: BO_KEYS.kem }
    const name = (publicKeys: typeof BO_KEYS) =>
      ledger.change((tx) => tx.put(keys.friend(BO), friend({ keys: publicKeys })))
    await ledger.change((tx) => tx.put(keys.pin(BO), BO_KEYS))
    await name(other)
    const sends = { ...plan([at(host.clock.now())]), action: { kind: 'send' as const, countdownMs: null } }
    await add('message', [], { plan: sends })
    await add('reminder', [at(host.clock.now())])
    await settle()
    expect(asked.map(({ id }) => id)).toEqual(['reminder'])
    await name(BO_KEYS)
    scheduler.evaluate(['message'])
    await settle()
    expect(asked.map(({ id }) => id)).toEqual(['reminder', 'message'])
  })

  it.each([25, 49])('asks at the instant, and not before, for one %i days away', async (days) => {
    const { host, add, asked, settle } = await bench()
    await add('one', [at(host.clock.now() + days * 86_400_000)])
    host.clock.advance(days * 86_400_000 - 1)
    await settle()
    expect(asked).toEqual([])
    host.clock.advance(1)
    await settle()
    expect(asked).toHaveLength(1)
  })

  it('a clock set back is noticed too, and what it had been waiting for is asked for at its time', async () => {
    const { host, add, asked, drifts, settle } = await bench()
    await add('one', [at(host.clock.now() + 3_600_000)])
    host.clock.jump(-86_400_000)
    host.clock.advance(BEAT_MS)
    await settle()
    expect(drifts).toEqual([-86_400_000])
    host.clock.advance(3_600_000)
    await settle()
    expect(asked).toEqual([])
    host.clock.advance(86_400_000)
    await settle()
    expect(asked).toHaveLength(1)
  })

  it('counts down in full before it asks, also when it comes late to see it', async () => {
    const { host, ledger, scheduler, asked, shown, settle } = await bench()
    const action = { kind: 'send' as const, countdownMs: 30_000 }
    const record = backup('one', { plan: plan([at(host.clock.now() - 60_000)], { action }), armedAt: host.clock.now() })
    await ledger.change((tx) => putBackup(tx, record, { logged: true, whole: true }))
    scheduler.evaluate(['one'])
    expect(shown).toEqual(['counts one'])
    host.clock.advance(29_999)
    await settle()
    expect(asked).toEqual([])
    host.clock.advance(1)
    await settle()
    expect(asked).toHaveLength(1)
    expect(shown).toEqual(['counts one'])
  })

  it('does not look without a pause when its own count is over before that of the plan', async () => {
    const { host, ledger, scheduler, presence, asked, settle } = await bench()
    const action = { kind: 'send' as const, countdownMs: 30_000 }
    const start = host.clock.now()
    const online = (since: number) => {
      const fact = { status: 'online' as const, onlineSince: since, statusSince: since, statusText: null }
      presence.snapshot(fact, [{ uin: BO, presence: fact }])
    }
    online(start)
    const conditions = [{ kind: 'presence' as const, who: BO, is: 'online' as const, turns: null }]
    const record = backup('one', { plan: plan(conditions, { action }), armedAt: start })
    await ledger.change((tx) => putBackup(tx, record, { logged: true, whole: true }))
    scheduler.evaluate(['one'])
    host.clock.advance(10_000)
    online(start + 10_000)
    scheduler.evaluate(['one'])
    host.clock.advance(20_000)
    await settle()
    const next = scheduler.nextAt()
    expect(next).toBe(start + 40_000)
    expect(asked).toEqual([])
    host.clock.advance(10_000)
    await settle()
    expect(asked).toHaveLength(1)
  })

  it('leaves the command of another device to that device', async () => {
    const { host, ledger, scheduler, asked, settle } = await bench()
    const action = { kind: 'run' as const, device: 'another-device-of-mine' }
    const record = backup('one', { plan: plan([at(host.clock.now())], { action }), armedAt: host.clock.now() })
    await ledger.change((tx) => putBackup(tx, record, { logged: true, whole: true }))
    scheduler.evaluate(['one'])
    host.clock.advance(60_000)
    await settle()
    expect(asked).toEqual([])
  })

  it('wakes at most twice a minute while nothing is near', async () => {
    const { host, add } = await bench()
    await add('one', [at(host.clock.now() + 86_400_000)])
    expect(host.clock.pending).toBe(1)
    expect((host.clock.nextTimerAt() ?? 0) - host.clock.now()).toBe(BEAT_MS)
  })

  it('a jump of the wall clock, or a sleep, is noticed at the next beat', async () => {
    const { host, add, asked, drifts, settle } = await bench()
    await add('one', [at(host.clock.now() + 8 * 3_600_000)])
    host.clock.jump(9 * 3_600_000)
    host.clock.advance(BEAT_MS)
    await settle()
    expect(drifts).toEqual([9 * 3_600_000])
    expect(asked).toHaveLength(1)
  })

  it('a drift below two seconds is none', async () => {
    const { host, drifts } = await bench()
    host.clock.jump(1_500)
    host.clock.advance(BEAT_MS)
    expect(drifts).toEqual([])
  })

  it('asks again after a stale answer when the log has moved, not before', async () => {
    const { host, ledger, scheduler, add, asked, fates, settle } = await bench()
    fates.push({ outcome: 'stale' })
    await add('one', [at(host.clock.now())])
    await settle()
    scheduler.evaluate(['one'])
    await settle()
    host.clock.advance(60_000)
    await settle()
    const before = asked.length
    await ledger.change((tx) => tx.put(keys.cursor, { epoch: 0, seq: 5, floor: 0 }))
    scheduler.caughtUp()
    await settle()
    expect(asked.length).toBe(before + 1)
    expect(asked.at(-1)?.seenSeq).toBe(5)
  })

  it('asks again when the relay says it was too early, at the instant it names', async () => {
    const { host, add, asked, fates, settle } = await bench()
    fates.push({ outcome: 'early', lookAt: host.clock.now() + 2_000 })
    await add('one', [at(host.clock.now())])
    await settle()
    host.clock.advance(1_999)
    await settle()
    expect(asked).toHaveLength(1)
    host.clock.advance(1)
    await settle()
    expect(asked).toHaveLength(2)
  })

  it('asks no faster than ten times a second while the relay names moments that have passed here', async () => {
    const { host, add, asked, fates, drifts, settle } = await bench()
    const anHourAgo = host.clock.now() - 3_600_000
    for (let n = 0; n < 20; n++) fates.push({ outcome: 'early', lookAt: anHourAgo })
    await add('one', [at(host.clock.now())])
    for (let ms = 0; ms < 1_000; ms += 20) {
      await settle()
      host.clock.advance(20)
    }
    expect(asked.length).toBeGreaterThan(5)
    expect(asked.length).toBeLessThanOrEqual(11)
    // The relay is asked for its time.
    expect(drifts[0]).toBeLessThan(-3_500_000)
  })

  it('looks at everything when the time of the relay has moved, though no clock here was set', async () => {
    const { host, add, asked, fates, drifts, settle, relayClock } = await bench()
    fates.push({ outcome: 'early', lookAt: null })
    await add('one', [at(host.clock.now())])
    await settle()
    relayClock.aheadMs = -1_000
    host.clock.advance(1_000)
    relayClock.aheadMs = -3_600_000
    host.clock.advance(BEAT_MS)
    await settle()
    expect(drifts).toHaveLength(1)
    relayClock.aheadMs = 0
    host.clock.advance(BEAT_MS)
    await settle()
    expect(asked).toHaveLength(2)
  })

  it('asks again over the next session when the answer was lost', async () => {
    const { host, scheduler, add, asked, fates, settle } = await bench()
    fates.push(new LinkLost('cut'))
    await add('one', [at(host.clock.now())])
    await settle()
    scheduler.lost()
    scheduler.evaluateAll()
    await settle()
    expect(asked).toHaveLength(2)
  })

  it('waits as long as a busy relay asks', async () => {
    const { host, add, asked, fates, settle } = await bench()
    fates.push(new ImError('RATE_LIMITED', undefined, { retryAfterMs: 3_000 }))
    await add('one', [at(host.clock.now())])
    await settle()
    host.clock.advance(2_999)
    await settle()
    expect(asked).toHaveLength(1)
    host.clock.advance(1)
    await settle()
    expect(asked).toHaveLength(2)
  })

  it('asks in due order, one at a time for each friend and a bounded number in all', async () => {
    const { host, ledger, scheduler, asked, fates, settle } = await bench()
    let release = () => {}
    const gate = new Promise<Partial<FireResult>>((resolve) => {
      release = () => resolve({})
    })
    for (let i = 0; i < 16; i++) fates.push(gate)
    const now = host.clock.now()
    await ledger.change((tx) => {
      for (let n = 0; n < 40; n++) {
        // Two for each of twenty friends, the later one written first.
        const to = `10000000${(n % 20).toString().padStart(2, '0')}` as Uin
        const record = backup(`b${n}`, { plan: plan([at(now + 40 - n)], { to }), armedAt: now })
        putBackup(tx, record, { logged: true, whole: true })
      }
    })
    host.clock.advance(100)
    scheduler.evaluateAll()
    await settle()
    expect(asked).toHaveLength(16)
    expect(asked.map(({ id }) => id)).toEqual(Array.from({ length: 16 }, (_, i) => `b${39 - i}`))
    release()
    await settle()
    expect(asked).toHaveLength(40)
    const order = asked.map(({ id }) => Number(id.slice(1)))
    for (let friend = 0; friend < 20; friend++) {
      expect(order.indexOf(friend + 20)).toBeLessThan(order.indexOf(friend))
    }
  })

  it('asks for the next of a friend only when the one before is answered', async () => {
    const { host, scheduler, add, asked, fates, settle } = await bench()
    let release = () => {}
    fates.push(
      new Promise((resolve) => {
        release = () => resolve({})
      }),
    )
    const now = host.clock.now()
    await add('second', [at(now + 2)])
    await add('first', [at(now + 1)])
    host.clock.advance(10)
    scheduler.evaluateAll()
    await settle()
    expect(asked.map(({ id }) => id)).toEqual(['first'])
    release()
    await settle()
    expect(asked.map(({ id }) => id)).toEqual(['first', 'second'])
  })

  it('does not ask again for what is asked already', async () => {
    const { host, scheduler, add, asked, settle } = await bench()
    await add('one', [at(host.clock.now())])
    scheduler.evaluate(['one'])
    await settle()
    scheduler.evaluateAll()
    await settle()
    expect(asked).toHaveLength(1)
  })

  it('one backup that cannot be evaluated stops no other', async () => {
    const { host, ledger, scheduler, asked, settle } = await bench()
    const now = host.clock.now()
    // As a relay of another version might have it.
    const action = null as never
    await ledger.change((tx) => {
      const bad = backup('bad', { plan: plan([at(now)], { action }), armedAt: now })
      const good = backup('good', { plan: plan([at(now)]), armedAt: now })
      for (const record of [bad, good]) putBackup(tx, record, { logged: true, whole: true })
    })
    scheduler.evaluateAll()
    await settle()
    expect(asked.map(({ id }) => id)).toEqual(['good'])
    expect(host.log.lines.map(({ event }) => event)).toContain('backup not evaluated')
  })

  it('does nothing while the log is being read, and shows reminders itself when the relay is away', async () => {
    const { host, scheduler, add, asked, shown, mode, settle } = await bench()
    mode.relay = 'behind'
    await add('one', [at(host.clock.now())])
    await settle()
    expect([asked, shown]).toEqual([[], []])
    mode.relay = 'away'
    scheduler.evaluateAll()
    expect(shown).toEqual(['one'])
    expect(asked).toEqual([])
  })

  it('asks a relay that is back for what only this screen has shown as due', async () => {
    const { host, ledger, scheduler, add, asked, mode, settle } = await bench()
    mode.relay = 'away'
    await add('one', [at(host.clock.now())])
    await ledger.change((tx) => tx.put(keys.localDue('one'), { id: 'one', occurrence: 1, at: host.clock.now() }))
    mode.relay = 'there'
    scheduler.evaluateAll()
    await settle()
    expect(asked.map(({ id }) => id)).toEqual(['one'])
  })

  it('fires on no presence from before the link was lost', async () => {
    const { scheduler, presence, add, asked, settle } = await bench()
    const online = { status: 'online' as const, onlineSince: 1, statusSince: 1, statusText: null }
    presence.snapshot(online, [{ uin: CY, presence: online }])
    presence.lost()
    await add('one', [{ kind: 'presence', who: CY, is: 'online', turns: null }])
    await settle()
    expect(asked).toEqual([])
    presence.snapshot(online, [
      { uin: CY, presence: online },
      { uin: BO, presence: null },
    ])
    scheduler.evaluateAll()
    await settle()
    expect(asked).toHaveLength(1)
  })
})

describe('the heap of instants', () => {
  it('gives ids in the order of their newest instants', () => {
    const heap = new WakeHeap()
    const instants = [50, 20, 90, 10, 70, 30, 60]
    for (const [index, instant] of instants.entries()) heap.set(`id${index}`, instant)
    heap.set('id2', 5)
    heap.set('id3', null)
    expect(heap.next()).toBe(5)
    expect(heap.takeDue(50)).toEqual(['id2', 'id1', 'id5', 'id0'])
    expect(heap.next()).toBe(60)
  })
})
