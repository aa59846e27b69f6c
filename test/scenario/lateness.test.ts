/** What was due while nobody could act: each is sent, or becomes visible as missed, as its owner chose. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/domain/instant.ts'
import { type InProcess, type Terminal, twoFriends } from '../support/in-process.ts'

let world: InProcess
let desk: Terminal
let phone: Terminal

beforeEach(async () => {
  ;({ world, desk, phone } = await twoFriends())
})
afterEach(() => world.close())

const POLICIES = ['send', 'remind', 'drop'] as const

/** One for each policy, due in a minute; their ids. */
async function addAll(): Promise<string[]> {
  const ids: string[] = []
  for (const ifLate of POLICIES) {
    const { id } = await desk.call('backup.add', {
      to: 'Bo',
      text: ifLate,
      when: { in: '1m' },
      policy: { ifLate },
      action: 'send',
      dryRun: false,
    })
    ids.push(id ?? '')
  }
  return ids
}

/** An hour of it is lived through; the machines sleep through the rest. */
async function passes(ms: number): Promise<void> {
  await world.pass(Math.min(ms, HOUR_MS))
  if (ms > HOUR_MS) world.host.clock.jump(ms - HOUR_MS)
  await world.pass(31_000)
}

async function states(ids: readonly string[]): Promise<string[]> {
  const views = await Promise.all(ids.map((id) => desk.call('backup.show', { id })))
  return views.map(({ state }) => state)
}

const inbox = async () =>
  (await phone.call('message.inbox', { unread: false, markRead: false })).map(({ text }) => text).sort()

const OUTAGES = [
  ['5 minutes', 5 * MINUTE_MS],
  ['1 hour', HOUR_MS],
  ['2 days', 2 * DAY_MS],
] as const

describe.each(OUTAGES)('an outage of %s', (_length, ms) => {
  it('of all terminals of the owner is none: the relay sends in time', async () => {
    const ids = await addAll()
    await desk.offline()
    await passes(ms)
    expect(await inbox()).toEqual(['drop', 'remind', 'send'])
    await desk.online()
    expect(await states(ids)).toEqual(['sent', 'sent', 'sent'])
  })

  it('of the relay ends within the grace, or as the owner chose for what is late', async () => {
    const ids = await addAll()
    await desk.offline()
    await phone.offline()
    await world.relay.close()
    await passes(ms)
    await world.crash()
    await desk.online()
    await phone.online()
    await world.pass(MINUTE_MS)
    const late = ms > 11 * MINUTE_MS
    expect(await states(ids)).toEqual(late ? ['sent', 'due', 'missed'] : ['sent', 'sent', 'sent'])
    expect(await inbox()).toEqual(late ? ['send'] : ['drop', 'remind', 'send'])
    const told = desk.popups.map(({ title, body }) => `${title} ${body}`).join('\n')
    if (late) expect(told).toMatch(/remind/)
    if (late) expect(told).toMatch(/missed|Not sent/i)
  })
})

describe('a machine that slept for 72 hours', () => {
  it('finds what the relay has sent meanwhile, once, and shows one digest of its reminders', async () => {
    const [sent = ''] = await addAll()
    for (let n = 0; n < 30; n++) {
      const when = { in: `${n + 1}h` }
      await desk.call('backup.add', { to: 'me', text: `reminder ${n}`, when, action: 'remind', dryRun: false })
    }
    desk.deaf(true)
    await world.pass(2 * MINUTE_MS)
    world.host.clock.jump(72 * HOUR_MS)
    await world.pass(MINUTE_MS)
    desk.deaf(false)
    await world.pass(2 * MINUTE_MS)
    expect(await desk.call('backup.show', { id: sent })).toMatchObject({ state: 'sent', occurrence: 1 })
    expect(await inbox()).toEqual(['drop', 'remind', 'send'])
    expect(await desk.call('backup.list', { due: true, all: false })).toHaveLength(30)
    expect(desk.popups.filter(({ body }) => body.includes('reminder'))).toHaveLength(1)
  })
})

describe('clocks that are set', () => {
  it.each([-DAY_MS, DAY_MS])('by %i ms fire nothing twice and lose nothing', async (ms) => {
    const add = (text: string, when: { in: string }) =>
      desk.call('backup.add', { to: 'Bo', text, when, policy: { ifLate: 'send' }, action: 'send', dryRun: false })
    await add('before', { in: '1m' })
    await add('after', { in: '30m' })
    await world.pass(2 * MINUTE_MS)
    expect(await inbox()).toEqual(['before'])
    world.host.clock.jump(ms)
    await world.pass(MINUTE_MS)
    expect(await inbox()).toEqual(ms > 0 ? ['after', 'before'] : ['before'])
    world.host.clock.jump(-ms)
    await world.pass(40 * MINUTE_MS)
    expect(await inbox()).toEqual(['after', 'before'])
  })
})
