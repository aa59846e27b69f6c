import { beforeEach, describe, expect, it } from 'vitest'
import type { Condition } from '../../../../src/domain/backup.ts'
import { MINUTE_MS, SECOND_MS } from '../../../../src/domain/instant.ts'
import type { Uin } from '../../../../src/domain/uin.ts'
import { DEFAULT_LIMITS } from '../../../../src/protocol/limits.ts'
import {
  at,
  idOf,
  planFor,
  putBackup,
  type RelayDevice,
  refusal,
  say,
  sealed,
  textsOf,
} from '../../../support/relay-world.ts'
import { turn } from '../../../support/turn.ts'
import { twoFriends } from '../../../support/two-friends.ts'

const limits = { ...DEFAULT_LIMITS }
beforeEach(() => {
  Object.assign(limits, DEFAULT_LIMITS)
})
const { world, ana, bo, hangUp } = twoFriends({ limits })

const online = (who: Uin): Condition => ({ kind: 'presence', who, is: 'online', turns: null })
const signOn = (who: Uin): Condition => ({ kind: 'presence', who, is: null, turns: 'online' })
const messageFrom = (from: Uin, sealed = false): Condition => ({ kind: 'message', from, sealed })

async function stateOf(device: RelayDevice, name: string) {
  return (await device.call('backup.get', { id: idOf(name) })).record
}

describe('sent by hand', () => {
  it('is sent once, also when its pause is just over', async () => {
    await putBackup(ana, 'tea', planFor(bo.uin, [online(bo.uin)]))
    const until = world.host.clock.now() + MINUTE_MS
    await ana.call('backup.step', { id: idOf('tea'), change: idOf('pause'), step: 'pause', until })
    // The relay stands in a little later than a terminal would act.
    await world.pass(MINUTE_MS + SECOND_MS)
    const { record } = await ana.call('backup.send', { id: idOf('tea'), change: idOf('send') })
    expect(record).toMatchObject({ state: 'sent', occurrence: 1 })
    await world.pass(MINUTE_MS)
    expect(textsOf(bo)).toEqual(['tea'])
  })
})

describe('a device asks to fire', () => {
  it('is told that it is early, and when to look again', async () => {
    const due = world.host.clock.now() + MINUTE_MS
    await putBackup(ana, 'tea', planFor(bo.uin, [at(due)]))
    const fired = await ana.call('backup.fire', { id: idOf('tea'), rev: 1, occurrence: 1, seenSeq: 0, sightings: [] })
    expect(fired).toMatchObject({ outcome: 'early', lookAt: due })
    expect(textsOf(bo)).toEqual([])
  })

  it('fires once however many devices ask at the same instant', async () => {
    const due = world.host.clock.now() + MINUTE_MS
    await putBackup(ana, 'tea', planFor(bo.uin, [at(due)]))
    const others = await Promise.all([1, 2, 3, 4].map(async () => world.open(await world.login(ana.uin))))
    await world.pass(MINUTE_MS)
    const outcomes = await Promise.all(
      [ana, ...others].map((device) =>
        device.call('backup.fire', { id: idOf('tea'), rev: 1, occurrence: 1, seenSeq: 99, sightings: [] }),
      ),
    )
    await world.settle()
    expect(outcomes.map((outcome) => outcome.outcome).sort()).toEqual([
      'already',
      'already',
      'already',
      'already',
      'sent',
    ])
    expect(textsOf(bo)).toEqual(['tea'])
  })

  it('is stale when the backup was edited meanwhile', async () => {
    await putBackup(ana, 'tea', planFor(bo.uin, [at(world.host.clock.now() + MINUTE_MS)]))
    const plan = planFor(bo.uin, [at(world.host.clock.now() + 2 * MINUTE_MS)])
    await ana.call('backup.edit', { id: idOf('tea'), rev: 1, change: idOf('c1'), plan, rearm: false, keep: true })
    await world.pass(3 * MINUTE_MS)
    const again = await stateOf(ana, 'tea')
    expect(again.state).toBe('sent')
    await putBackup(ana, 'cake', planFor(bo.uin, [online(bo.uin)]))
    const content = sealed(ana, bo.uin, idOf('cake'), 'cake!', 2)
    await ana.call('backup.edit', { id: idOf('cake'), rev: 1, change: idOf('c2'), content, rearm: false, keep: true })
    const request = { id: idOf('cake'), rev: 1, occurrence: 1, seenSeq: 99, sightings: [] }
    expect((await ana.call('backup.fire', request)).outcome).toBe('stale')
    expect((await ana.call('backup.fire', { ...request, rev: 2 })).outcome).toBe('sent')
    await world.settle()
    expect(textsOf(bo)).toEqual(['tea', 'cake!'])
  })

  it('is stale when a message it depends on came after what it had read', async () => {
    const plan = planFor(bo.uin, [at(world.host.clock.now() + MINUTE_MS)], { unless: { reply: 'cancel' } })
    const { armedSeq } = await putBackup(ana, 'tea', plan)
    await world.pass(MINUTE_MS)
    await say(bo, ana.uin, 'hello')
    const request = { id: idOf('tea'), rev: 1, occurrence: 1, seenSeq: armedSeq, sightings: [] }
    expect((await ana.call('backup.fire', request)).outcome).toBe('stale')
    expect((await ana.call('backup.fire', { ...request, seenSeq: 999 })).outcome).toBe('cancelled')
    await world.settle()
    expect(textsOf(bo)).toEqual(['hello'])
  })

  it('may name the message that matched words the relay cannot read, and no other', async () => {
    await putBackup(ana, 'tea', planFor(bo.uin, [messageFrom(bo.uin, true)]))
    const ask = (seq: number) =>
      ana.call('backup.fire', {
        id: idOf('tea'),
        rev: 1,
        occurrence: 1,
        seenSeq: 999,
        sightings: [{ condition: 0, seq }],
      })
    expect((await ask(1)).outcome).toBe('early')
    await say(bo, ana.uin, 'tea?')
    await world.settle()
    const seq = ana.entries.findLast((entry) => entry.type === 'message')?.seq ?? 0
    expect((await ask(seq + 1)).outcome).toBe('early')
    expect((await ask(seq)).outcome).toBe('sent')
  })

  it.each<[string, string, () => unknown]>([
    ['the friendship has ended', 'NOT_FRIENDS', () => bo.call('friend.block', { uin: ana.uin })],
    ['its owner has blocked them', 'BLOCKED_BY_ME', () => ana.call('friend.block', { uin: bo.uin })],
    ['texts may be shorter only', 'TOO_LONG', () => Object.assign(limits, { textBytes: 1 })],
  ])('fails, and sends nothing, when meanwhile %s', async (_, code, happens) => {
    const due = world.host.clock.now() + MINUTE_MS
    await putBackup(ana, 'tea', planFor(bo.uin, [at(due)]), 'tea? '.repeat(200))
    await happens()
    await world.pass(MINUTE_MS + 10 * SECOND_MS)
    expect(await stateOf(ana, 'tea')).toMatchObject({ state: 'failed', error: { code } })
    expect(textsOf(bo)).toEqual([])
  })

  it('is sent by hand only within the present limits', async () => {
    await putBackup(ana, 'tea', planFor(bo.uin), 'tea? '.repeat(200))
    Object.assign(limits, { textBytes: 1 })
    expect(await refusal(ana.call('backup.send', { id: idOf('tea'), change: idOf('send') }))).toBe('TOO_LONG')
    expect(await stateOf(ana, 'tea')).toMatchObject({ state: 'armed' })
  })
})

describe('the relay stands in', () => {
  it('sends at the instant when no terminal of the owner is there', async () => {
    const due = world.host.clock.now() + MINUTE_MS
    await putBackup(ana, 'tea', planFor(bo.uin, [at(due)]))
    await hangUp(ana)
    await world.pass(MINUTE_MS - 1)
    expect(textsOf(bo)).toEqual([])
    await world.pass(1)
    expect(textsOf(bo)).toEqual(['tea'])
  })

  it('waits a little for a terminal that is connected', async () => {
    const due = world.host.clock.now() + MINUTE_MS
    await putBackup(ana, 'tea', planFor(bo.uin, [at(due)]))
    await world.pass(MINUTE_MS + 4 * SECOND_MS)
    expect(textsOf(bo)).toEqual([])
    await world.pass(2 * SECOND_MS)
    expect(textsOf(bo)).toEqual(['tea'])
  })

  it('sends when the friend comes online, and not before', async () => {
    await hangUp(bo)
    await world.pass(20 * SECOND_MS)
    await putBackup(ana, 'tea', planFor(bo.uin, [online(bo.uin)]))
    await hangUp(ana)
    await world.pass(MINUTE_MS)
    const busy = await world.open(bo, { person: false })
    await world.pass(MINUTE_MS)
    expect(textsOf(busy)).toEqual([])
    await busy.call('session.active', {})
    await world.pass(1)
    expect(textsOf(busy)).toEqual(['tea'])
  })

  it('counts only a sign-on after arming, and no return from a short absence', async () => {
    await putBackup(ana, 'tea', planFor(bo.uin, [signOn(bo.uin)]))
    await hangUp(ana)
    await world.pass(MINUTE_MS)
    await hangUp(bo)
    await world.pass(10 * SECOND_MS)
    const flapped = await world.open(bo)
    await world.pass(MINUTE_MS)
    expect(textsOf(flapped)).toEqual([])
    await hangUp(flapped)
    await world.pass(20 * SECOND_MS)
    const back = await world.open(bo, { cursor: { epoch: world.store.epoch, seq: 0 } })
    await world.pass(6 * SECOND_MS)
    expect(textsOf(back)).toEqual(['tea'])
  })

  it('sends to one friend when another writes', async () => {
    const cy = await world.register('Cy')
    await world.befriend(ana, cy)
    await putBackup(ana, 'tea', planFor(bo.uin, [messageFrom(cy.uin)]))
    await hangUp(ana)
    await world.pass(MINUTE_MS)
    await say(cy, ana.uin, 'now')
    await world.pass(SECOND_MS)
    expect(textsOf(bo)).toEqual(['tea'])
  })

  it('leaves words it cannot read to the terminals', async () => {
    await putBackup(ana, 'tea', planFor(bo.uin, [messageFrom(bo.uin, true)]))
    await hangUp(ana)
    await say(bo, ana.uin, 'now')
    await world.pass(MINUTE_MS)
    expect(textsOf(bo)).toEqual(['now'])
  })

  it('makes a reminder due, and sends nothing', async () => {
    const due = world.host.clock.now() + MINUTE_MS
    await putBackup(ana, 'tea', planFor(bo.uin, [at(due)], { action: { kind: 'remind' } }))
    await world.pass(MINUTE_MS + 6 * SECOND_MS)
    expect(await stateOf(ana, 'tea')).toMatchObject({ state: 'due', dueAt: due + 5 * SECOND_MS })
    expect(textsOf(bo)).toEqual([])
  })

  it('sends after a crash what came due while it was down, and reminds when that was too long ago', async () => {
    const now = world.host.clock.now()
    await putBackup(ana, 'tea', planFor(bo.uin, [at(now + MINUTE_MS)]))
    await putBackup(ana, 'cake', planFor(bo.uin, [at(now + 30 * MINUTE_MS)]))
    await hangUp(ana)
    world.host.clock.jump(5 * MINUTE_MS)
    await world.crash()
    await world.pass(SECOND_MS)
    const first = await world.open(bo, { cursor: { epoch: world.store.epoch, seq: 0 } })
    expect(textsOf(first)).toEqual(['tea'])
    world.host.clock.jump(60 * MINUTE_MS)
    await world.pass(31 * SECOND_MS)
    expect((await stateOf(await world.open(ana), 'cake')).state).toBe('due')
  })

  it('takes up after a crash a message that came just before it', async () => {
    await putBackup(ana, 'tea', planFor(bo.uin, [messageFrom(bo.uin)]))
    await say(bo, ana.uin, 'now')
    await world.crash()
    await world.pass(SECOND_MS)
    const back = await world.open(bo, { cursor: { epoch: world.store.epoch, seq: 0 } })
    expect(textsOf(back)).toEqual(['now', 'tea'])
  })
})

/** As many as one connection may have under way, twice over. */
const RACES = 30

describe('cancel and fire', () => {
  it('never both: a cancelled backup stays unsent, a sent one says so', async () => {
    const due = world.host.clock.now() + MINUTE_MS
    for (let i = 0; i < RACES; i++) await putBackup(ana, `race ${i}`, planFor(bo.uin, [at(due)]))
    await world.pass(MINUTE_MS)
    const outcomes = await Promise.all(
      Array.from({ length: RACES }, async (_, i) => {
        const id = idOf(`race ${i}`)
        const fire = () => ana.call('backup.fire', { id, rev: 1, occurrence: 1, seenSeq: 999, sightings: [] })
        const cancel = () =>
          ana.call('backup.step', { id, change: idOf(`c ${i}`), step: 'cancel' }).then(
            () => 'cancelled',
            (error: { code: string }) => error.code,
          )
        const firing = fire()
        for (let head = 0; head < i % 6; head++) await Promise.resolve()
        for (let head = 0; head < i % 4; head++) await turn()
        const cancelled = await cancel()
        await firing
        return { i, cancelled }
      }),
    )
    await world.settle()
    const sent = new Set(textsOf(bo))
    for (const { i, cancelled } of outcomes) {
      expect({ i, cancelled, sent: sent.has(`race ${i}`) }).toEqual({
        i,
        cancelled: sent.has(`race ${i}`) ? 'ALREADY_SENT' : 'cancelled',
        sent: cancelled !== 'cancelled',
      })
    }
    expect(sent.size).toBeGreaterThan(0)
    expect(sent.size).toBeLessThan(RACES)
  })
})
