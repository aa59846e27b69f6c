import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/domain/instant.ts'
import type { LocalParams } from '../../src/protocol/local-api.ts'
import { type InProcess, type Terminal, twoFriends } from '../support/in-process.ts'

let world: InProcess
let desk: Terminal
let phone: Terminal
let me: string
let bo: string

beforeEach(async () => {
  ;({ world, desk, phone, ana: me, bo } = await twoFriends())
})
afterEach(() => world.close())

type Add = Partial<LocalParams<'backup.add'>>

async function add(when: Add['when'] & object, rest: Add = {}) {
  const view = await desk.call('backup.add', { to: 'Bo', text: 'hi', when, action: 'send', dryRun: false, ...rest })
  return { ...view, id: view.id ?? '' }
}

const show = (id: string) => desk.call('backup.show', { id })
const inbox = async () => (await phone.call('message.inbox', { unread: false, markRead: false })).map((m) => m.text)
const everyHour = { every: '0 * * * *', tz: 'UTC' }

describe('a series', () => {
  it('is sent at each slot, stays armed between them and ends as sent after the last', async () => {
    const { id, standIn, nextAt } = await add({ ...everyHour, count: 3 })
    expect(standIn).toBe(true)
    expect(nextAt).not.toBeNull()
    await world.pass(HOUR_MS)
    expect(await show(id)).toMatchObject({ state: 'armed', occurrence: 2, trigger: { conditions: [{ done: 1 }] } })
    await world.pass(HOUR_MS)
    expect(await inbox()).toHaveLength(2)
    await world.pass(HOUR_MS)
    expect(await show(id)).toMatchObject({ state: 'sent', occurrences: [{ n: 1 }, { n: 2 }, { n: 3 }] })
    await world.pass(3 * HOUR_MS)
    expect(await inbox()).toHaveLength(3)
  })

  it('goes on with every terminal of the owner off', async () => {
    await add(everyHour)
    await desk.offline()
    await world.pass(3 * HOUR_MS)
    expect(await inbox()).toHaveLength(3)
  })

  it('has only the last of several slots that passed judged by its lateness; the others are missed', async () => {
    const { id } = await add({ ...everyHour, whenOnlineOf: [bo] })
    await phone.offline()
    await world.pass(4 * HOUR_MS)
    expect(await inbox()).toEqual([])
    const waiting = await show(id)
    expect(waiting.state).toBe('armed')
    expect(waiting.occurrences.map((one) => one.outcome)).toEqual(['missed', 'missed', 'missed'])
    await phone.online()
    await world.pass(MINUTE_MS)
    expect(await inbox()).toEqual(['hi'])
  })

  it('reminds at each slot, also while the reminder before is due', async () => {
    const { id } = await add(everyHour, { to: 'me', action: 'remind' })
    await world.pass(HOUR_MS)
    expect(await show(id)).toMatchObject({ state: 'due', occurrences: [{ n: 1, outcome: 'reminded' }] })
    await world.pass(HOUR_MS)
    expect(await show(id)).toMatchObject({ state: 'due', occurrences: [{ n: 1 }, { n: 2, outcome: 'reminded' }] })
    expect(desk.popups).toHaveLength(2)
    expect(await desk.call('backup.dismiss', { id })).toMatchObject({ state: 'armed' })
    await world.pass(HOUR_MS)
    expect(desk.popups).toHaveLength(3)
  })

  it('skips, pauses and resumes; what passes meanwhile is skipped', async () => {
    const { id } = await add(everyHour)
    await desk.call('backup.skip', { id, count: 2 })
    await world.pass(2 * HOUR_MS)
    expect(await inbox()).toEqual([])
    await world.pass(HOUR_MS)
    expect(await inbox()).toHaveLength(1)
    expect(await desk.call('backup.pause', { id })).toMatchObject({ state: 'held', why: { code: 'PAUSED' } })
    await world.pass(5 * HOUR_MS)
    expect(await desk.call('backup.resume', { id })).toMatchObject({ state: 'armed' })
    expect(await inbox()).toHaveLength(1)
    await world.pass(HOUR_MS)
    expect(await inbox()).toHaveLength(2)
  })

  it('shows the slots to come also while the relay is away, and moves none by it', async () => {
    const { id } = await add(everyHour)
    const { next = [], nextAt } = await show(id)
    expect(next).toHaveLength(5)
    expect(next[0]).toBe(nextAt)
    await desk.offline()
    await world.pass(90 * MINUTE_MS)
    const later = await show(id)
    expect(later).toMatchObject({ occurrence: 1, trigger: { conditions: [{ done: 0 }] }, nextAt: next[1] })
    expect(later.next?.slice(0, 3)).toEqual(next.slice(1, 4))
  })

  it('is paused also while a reminder of it is due', async () => {
    const { id } = await add(everyHour, { to: 'me', action: 'remind' })
    await world.pass(HOUR_MS)
    expect(await show(id)).toMatchObject({ state: 'due' })
    expect(await desk.call('backup.pause', { id })).toMatchObject({ state: 'held', why: { code: 'PAUSED' } })
    expect(await show(id)).toMatchObject({ state: 'held', stored: 'relay', pending: null })
    await world.pass(2 * HOUR_MS)
    expect(desk.popups).toHaveLength(1)
  })

  it('paused until a time goes on by itself', async () => {
    const { id } = await add(everyHour)
    const { why } = await desk.call('backup.pause', { id, until: '150m' })
    expect(why.lookAt).not.toBeNull()
    expect(why.text).toMatch(/^held: you paused it until \d\d:\d\d$/)
    await desk.offline()
    await world.pass(4 * HOUR_MS)
    expect((await inbox()).length).toBeGreaterThanOrEqual(1)
    expect((await inbox()).length).toBeLessThanOrEqual(2)
  })

  it('sends one extra by hand and goes on; cancelled, it is cancelled whole', async () => {
    const { id } = await add(everyHour)
    expect(await desk.call('backup.send', { id })).toMatchObject({ state: 'armed' })
    expect(await inbox()).toHaveLength(1)
    await world.pass(HOUR_MS)
    expect(await inbox()).toHaveLength(2)
    expect(await desk.call('backup.cancel', { ids: [id] })).toMatchObject([{ state: 'cancelled' }])
    await world.pass(2 * HOUR_MS)
    expect(await inbox()).toHaveLength(2)
  })

  it('one extra asked for while the relay is away is waited for until the relay has it, though the series goes on', async () => {
    const { id } = await add(everyHour)
    await desk.call('backup.send', { id })
    await desk.offline()
    const asked = await desk.call('backup.send', { id })
    expect(asked).toMatchObject({ pending: 'send', state: 'armed' })
    let confirmed: unknown = null
    const waiting = desk.call('wait.item', { id, confirmed: true, waitMs: null }).then((item) => (confirmed = item))
    await world.settle()
    expect(confirmed).toBeNull()
    await desk.online()
    await world.settle()
    expect(await waiting).toMatchObject({ pending: null, state: 'armed' })
    expect((confirmed as typeof asked).sent?.messageId).not.toBe(asked.sent?.messageId)
    expect(await inbox()).toHaveLength(2)
  })

  it('answers a dry run with the next five instants', async () => {
    const view = await add(everyHour, { dryRun: true })
    expect(view.next).toHaveLength(5)
  })
})

describe('a repeated event', () => {
  it('fires each time it happens, and ends after its count', async () => {
    const { id } = await add({ whenMessageFrom: [bo], repeat: true, count: 2 }, { text: 'got it' })
    for (const text of ['one', 'two', 'three']) {
      await phone.call('message.send', { to: 'Ana', text })
      await world.pass(10_000)
    }
    expect((await phone.call('message.history', { who: 'Ana', limit: 50 })).map((m) => m.text)).toEqual([
      'one',
      'got it',
      'two',
      'got it',
      'three',
    ])
    expect(await show(id)).toMatchObject({ state: 'sent' })
  })

  it('between two accounts that answer each other stops at the cap, and both are told', async () => {
    await add({ whenMessageFrom: [bo], repeat: true }, { text: 'ping' })
    await phone.call('backup.add', {
      to: 'Ana',
      text: 'pong',
      when: { whenMessageFrom: [me], repeat: true },
      action: 'send',
      dryRun: false,
    })
    await phone.call('message.send', { to: 'Ana', text: 'start' })
    for (let i = 0; i < 40; i++) await world.pass(5_000)
    const said = await phone.call('message.history', { who: 'Ana', limit: 500 })
    expect(said.filter(({ text }) => text === 'ping').length).toBeLessThanOrEqual(30)
    const held = [
      ...(await desk.call('backup.list', { due: false, all: false })),
      ...(await phone.call('backup.list', { due: false, all: false })),
    ].filter(({ why }) => why.code === 'LOOP_CAP')
    expect(held.length).toBeGreaterThan(0)
  })
})

describe('a due reminder', () => {
  it('that was snoozed is due again at that time', async () => {
    const { id } = await add({ in: '10m' }, { to: 'me', action: 'remind' })
    await world.pass(10 * MINUTE_MS)
    expect(await show(id)).toMatchObject({ state: 'due' })
    const snoozed = await desk.call('backup.snooze', { id, until: '1h' })
    expect(snoozed).toMatchObject({ state: 'armed', why: { code: 'SNOOZED' } })
    await world.pass(HOUR_MS)
    expect(await show(id)).toMatchObject({ state: 'due' })
    expect(desk.popups).toHaveLength(2)
    await desk.call('backup.dismiss', { id })
    await world.pass(DAY_MS)
    expect(await show(id)).toMatchObject({ state: 'dismissed' })
  })
})
