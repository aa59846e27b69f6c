import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/domain/instant.ts'
import type { LocalParams } from '../../src/protocol/local-api.ts'
import { type InProcess, type Terminal, twoFriends } from '../support/in-process.ts'

let world: InProcess
let desk: Terminal
let phone: Terminal
let cys: Terminal
let me: string
let cy: string

beforeEach(async () => {
  ;({ world, desk, phone, ana: me } = await twoFriends())
  cys = await world.terminal('tablet')
  cy = (await cys.register('Cy')).uin ?? ''
  await desk.call('friend.add', { who: cy })
  await cys.call('friend.accept', { who: me })
  await world.settle()
})
afterEach(() => world.close())

type Add = LocalParams<'backup.add'>

const given = (when: Add['when'], rest: Partial<Add> = {}): Add => ({
  to: 'Bo',
  text: 'hi',
  when,
  action: 'send',
  dryRun: false,
  ...rest,
})

async function add(when: Add['when'], rest: Partial<Add> = {}) {
  const view = await desk.call('backup.add', given(when, rest))
  return { ...view, id: view.id ?? '' }
}

const show = (id: string) => desk.call('backup.show', { id })
const say = (from: Terminal, to: string, text: string) => from.call('message.send', { to, text })
const inbox = async () =>
  (await phone.call('message.inbox', { unread: false, markRead: false }))
    .filter((m) => m.from === me)
    .map((m) => m.text)

describe('a trigger', () => {
  it('of another friend being online sends to this one', async () => {
    await cys.offline()
    await world.pass(MINUTE_MS)
    const { id } = await add({ whenOnlineOf: ['Cy'] })
    await world.pass(MINUTE_MS)
    expect(await show(id)).toMatchObject({ state: 'armed', trigger: { conditions: [{ who: cy, holds: false }] } })
    await cys.online()
    expect(await inbox()).toEqual(['hi'])
  })

  it('of their going is a reminder when they have gone', async () => {
    const { id } = await add({ nextSignoff: true }, { action: 'remind' })
    await phone.offline()
    await world.pass(MINUTE_MS)
    expect(await show(id)).toMatchObject({ state: 'due' })
  })

  it('of their going away, and of their being back, fires at that change alone', async () => {
    const away = await add({ nextAway: true }, { action: 'remind' })
    const back = await add({ nextBack: true }, { action: 'remind' })
    await world.pass(SECOND_MS)
    await phone.call('status.set', { status: 'away' })
    await world.pass(10 * SECOND_MS)
    expect((await show(away.id)).state).toBe('due')
    expect((await show(back.id)).state).toBe('armed')
    await phone.call('status.set', { status: 'online' })
    await world.pass(10 * SECOND_MS)
    expect((await show(back.id)).state).toBe('due')
  })

  it('of my own next send to a friend fires once, and not by what a backup sends', async () => {
    const { id } = await add({ onSendTo: ['Cy'] })
    await add({ in: '1m' }, { to: 'Cy', text: 'by itself' })
    await world.pass(2 * MINUTE_MS)
    expect((await show(id)).state).toBe('armed')
    await say(desk, 'Cy', 'by hand')
    await world.pass(10 * SECOND_MS)
    expect(await inbox()).toEqual(['hi'])
    await say(desk, 'Cy', 'again')
    await world.pass(10 * SECOND_MS)
    expect(await inbox()).toEqual(['hi'])
  })

  it('of their having read fires when they have', async () => {
    expect((await desk.fails('backup.add', given({ whenRead: true }))).code).toBe('NEVER_FIRES')
    await say(desk, 'Bo', 'look')
    const { id } = await add({ whenRead: true }, { action: 'remind' })
    await world.pass(10 * SECOND_MS)
    expect((await show(id)).state).toBe('armed')
    await phone.call('message.inbox', { unread: false, markRead: true })
    await world.pass(10 * SECOND_MS)
    expect((await show(id)).state).toBe('due')
  })

  it('of a pattern fires on the message that matches, and needs a terminal', async () => {
    const { id, standIn } = await add({ whenMessageFrom: ['Bo'], matchingRe: 'deploy(ed|ment) [0-9]+' }, { to: 'Cy' })
    expect(standIn).toBe(false)
    await say(phone, 'Ana', 'deploying soon')
    await world.pass(10 * SECOND_MS)
    expect((await show(id)).state).toBe('armed')
    await say(phone, 'Ana', 'deployed 42')
    await world.pass(10 * SECOND_MS)
    expect((await show(id)).state).toBe('sent')
  })
})

describe('a window', () => {
  it('lets nothing through while it is closed, but --else-at does', async () => {
    const now = new Date(world.host.clock.now())
    const hour = (n: number) => `${String((now.getUTCHours() + n) % 24).padStart(2, '0')}:00`
    const policy = { between: `${hour(3)}-${hour(5)}` }
    const plain = await add({ whenOnline: true, tz: 'UTC' }, { policy })
    const forced = await add({ whenOnline: true, tz: 'UTC' }, { policy: { ...policy, elseAt: '1h' }, text: 'else' })
    await world.pass(MINUTE_MS)
    expect(await show(plain.id)).toMatchObject({ state: 'armed', why: { code: 'WINDOW_CLOSED' } })
    await world.pass(HOUR_MS)
    expect((await show(forced.id)).state).toBe('sent')
    expect((await show(plain.id)).state).toBe('armed')
  })

  it('ends what has expired, also what is held or due', async () => {
    const held = await add({ in: '3h' }, { policy: { expires: '4h' } })
    await desk.call('backup.pause', { id: held.id })
    const due = await add({ in: '1m' }, { action: 'remind', policy: { expires: '2h' } })
    await world.pass(MINUTE_MS)
    expect((await show(due.id)).state).toBe('due')
    await world.pass(5 * HOUR_MS)
    expect((await show(due.id)).state).toBe('expired')
    expect((await show(held.id)).state).toBe('expired')
  })
})

describe('a reply before its time', () => {
  it.each([
    ['cancel', 'cancelled'],
    ['hold', 'held'],
    ['remind', 'due'],
  ] as const)('does what --unless-reply %s says: %s', async (unlessReply, state) => {
    const { id } = await add({ in: '10m' }, { policy: { unlessReply } })
    await say(phone, 'Ana', 'me first')
    await world.pass(11 * MINUTE_MS)
    expect((await show(id)).state).toBe(state)
    expect(await inbox()).toEqual([])
  })
})

it('one that is only for while I am offline says so, and what I am', async () => {
  const { id } = await add({ in: '1m' }, { policy: { onlyIfIAm: 'offline' } })
  await world.pass(2 * MINUTE_MS)
  expect((await show(id)).why.text).toMatch(/^armed; waits until you are offline; you are (online|away)$/)
})

describe('a countdown', () => {
  it('is shown on the terminals, and then it is sent', async () => {
    const { id } = await add({ in: '1m' }, { countdown: '30s' })
    await desk.call('watch.start', { types: ['backup'] })
    await world.pass(MINUTE_MS + SECOND_MS)
    expect(desk.popups.map(({ title }) => title)).toEqual(['Going to Bo in 30 s'])
    expect(desk.events.map(({ change }) => change)).toContain('countdown')
    expect(await show(id)).toMatchObject({
      state: 'armed',
      why: { code: 'COUNTDOWN', text: 'armed; goes in 29 s unless you cancel it' },
    })
    const { nextAt, why } = await show(id)
    expect(why.lookAt).toBe(nextAt)
    await world.pass(29 * SECOND_MS)
    expect(await inbox()).toEqual(['hi'])
  })

  it('that is cancelled is not sent', async () => {
    const { id } = await add({ in: '1m' }, { countdown: '30s' })
    await world.pass(MINUTE_MS + 20 * SECOND_MS)
    await desk.call('backup.cancel', { ids: [id] })
    await world.pass(10 * MINUTE_MS)
    expect(await inbox()).toEqual([])
  })

  it('with no terminal up becomes a reminder', async () => {
    const { id } = await add({ in: '5m' }, { countdown: '30s' })
    await desk.offline()
    await world.pass(10 * MINUTE_MS)
    expect(await inbox()).toEqual([])
    await desk.online()
    expect((await show(id)).state).toBe('due')
  })
})

describe('quiet hours', () => {
  const all = { span: '00:00-23:59', tz: 'UTC' }

  it('hold what is sent by itself, and not a time that was chosen', async () => {
    await desk.call('quiet.set', all)
    const event = await add({ whenOnline: true })
    const timed = await add({ in: '5m' }, { text: 'timed' })
    expect(timed.warnings).toMatchObject([{ code: 'QUIET_HOURS' }])
    await world.pass(6 * MINUTE_MS)
    expect(await show(event.id)).toMatchObject({ state: 'armed', why: { code: 'QUIET_HOURS' } })
    expect((await show(timed.id)).state).toBe('sent')
    await desk.call('quiet.set', { span: null })
    await world.pass(MINUTE_MS)
    expect((await show(event.id)).state).toBe('sent')
  })

  it('are shown as they are set, in the zone they were set for', async () => {
    const hours = { from: '22:00', to: '07:00', zone: 'Asia/Tokyo' }
    const given = { span: '10pm-7am', tz: 'Asia/Tokyo' }
    expect(await desk.call('account.whoami', {})).toMatchObject({ quiet: null })
    expect(await desk.call('quiet.set', given)).toMatchObject({ quiet: hours })
    expect(await desk.call('friend.quiet', { who: 'Bo', ...given })).toMatchObject({ quiet: hours })
    expect(await desk.call('account.whoami', {})).toMatchObject({ quiet: hours })
    expect(await desk.call('friend.show', { who: 'Bo' })).toMatchObject({ quiet: hours })
    await desk.offline()
    const later = { from: '00:00', to: '24:00', zone: 'UTC' }
    await desk.call('quiet.set', { span: '00:00-24:00', tz: 'UTC' })
    await desk.call('friend.quiet', { who: 'Bo', span: null })
    expect(await desk.call('account.whoami', {})).toMatchObject({ quiet: later })
    expect(await desk.call('friend.show', { who: 'Bo' })).toMatchObject({ quiet: null })
  })

  it("of a friend, by the friend's clock, hold what goes to that friend alone", async () => {
    await desk.call('friend.quiet', { who: 'Bo', ...all })
    const quiet = await add({ whenOnline: true })
    const other = await add({ whenOnline: true }, { to: 'Cy' })
    await world.pass(MINUTE_MS)
    expect((await show(quiet.id)).state).toBe('armed')
    expect((await show(other.id)).state).toBe('sent')
  })

  it('hold popups until they are over, then show them together', async () => {
    await desk.call('quiet.set', all)
    for (const text of ['one', 'two', 'three', 'four']) await say(phone, 'Ana', text)
    await world.pass(MINUTE_MS)
    expect(desk.popups).toEqual([])
    await desk.call('quiet.set', { span: null })
    await world.pass(MINUTE_MS)
    expect(desk.popups).toMatchObject([{ title: '4 new messages from Bo', body: 'four' }])
  })
})

describe('what can no longer come', () => {
  it('is held and told when the friend it waits for has gone', async () => {
    const { id } = await add({ whenMessageFrom: ['Cy'] })
    await cys.call('friend.remove', { who: me })
    await world.pass(10 * SECOND_MS)
    expect(await show(id)).toMatchObject({ state: 'held', why: { code: 'NOT_FRIENDS' } })
    expect(desk.popups.map(({ title }) => title)).toContain('Not sent: Bo')
    // Armed again it would wait for ever.
    expect(await desk.fails('backup.resume', { id: id ?? '' })).toMatchObject({ code: 'NOT_FRIENDS' })
  })

  it.each(['friend.block', 'friend.remove'] as const)(
    'is said by %s, of what waits for them and what goes to them',
    async (method) => {
      expect((await desk.call(method, { who: 'Cy' })).warnings).toBeUndefined()
      await add({ whenMessageFrom: ['Bo'] }, { to: 'me' })
      await add({ in: '2h' })
      await add({ in: '2h' }, { action: 'remind', text: 'only a reminder' })
      const ended = await desk.call(method, { who: 'Bo' })
      expect(ended.warnings).toMatchObject([
        { message: expect.stringMatching(/^2 backups need them: .*im backup list$/) },
      ])
    },
  )
})

describe('after a silence', () => {
  it('thirty reminders that came due meanwhile are one popup', async () => {
    for (let n = 0; n < 30; n++) await add({ in: `${n + 1}m` }, { action: 'remind', text: `reminder ${n}` })
    await desk.restart(HOUR_MS)
    await world.pass(MINUTE_MS)
    expect(desk.popups).toHaveLength(1)
    expect(desk.popups[0]?.body).toContain('30 reminders')
  })
})

describe('what is refused when it is added', () => {
  it.each<[string, Add['when'], Partial<Add>, string]>([
    ['online and away at once', { whenOnline: true, nextAway: true }, {}, 'BAD_TRIGGER'],
    ['gone and back at once', { nextSignoff: true, nextBack: true }, {}, 'BAD_TRIGGER'],
    ['--any of one', { whenOnline: true, any: true }, {}, 'BAD_TRIGGER'],
    ['an empty window', { whenOnline: true }, { policy: { between: '08:00-08:00' } }, 'BAD_TRIGGER'],
    ['a window of no hours', { whenOnline: true }, { policy: { between: 'morning' } }, 'BAD_TIME'],
    ['days that are none', { whenOnline: true }, { policy: { days: 'someday' } }, 'BAD_TIME'],
    ['a zone that does not exist', { at: '9am', tz: 'Europe/Atlantis' }, {}, 'BAD_ZONE'],
    ['a window in no zone', { whenOnline: true, tz: 'Mars' }, { policy: { between: '08:00-09:00' } }, 'BAD_ZONE'],
    ['an interval of zero', { every: '0 days 9am' }, {}, 'BAD_TIME'],
    ['a series that ends before it begins', { every: 'day 9am', until: '1m' }, {}, 'NEVER_FIRES'],
    ['a day that never comes', { every: 'year 30 feb 9am' }, {}, 'BAD_TIME'],
    ['an end before the start', { in: '2h' }, { policy: { expires: '1h' } }, 'NEVER_FIRES'],
    ['an end before --else-at', { whenOnline: true }, { policy: { expires: '1h', elseAt: '2h' } }, 'BAD_TRIGGER'],
    ['an end that has passed', { whenOnline: true }, { policy: { expires: '2020-01-01' } }, 'PAST_TIME'],
    ['--until without repeating', { whenOnline: true, until: '2h' }, {}, 'BAD_TRIGGER'],
    ['a state that repeats', { whenOnline: true, repeat: true }, {}, 'BAD_TRIGGER'],
    ['--every with --repeat', { every: 'day 9am', repeat: true }, {}, 'BAD_TRIGGER'],
    ['--every with --else-at', { every: 'day 9am' }, { policy: { elseAt: '2h' } }, 'BAD_TRIGGER'],
    ['an invalid pattern', { whenMessageFrom: ['Bo'], matchingRe: '(' }, {}, 'BAD_PATTERN'],
    ['a look-ahead', { whenMessageFrom: ['Bo'], matchingRe: '(?=x)' }, {}, 'BAD_PATTERN'],
    ['a pattern too long', { whenMessageFrom: ['Bo'], matchingRe: 'a'.repeat(513) }, {}, 'BAD_PATTERN'],
    ['a pattern too large', { whenMessageFrom: ['Bo'], matchingRe: '((a{30}){30}){2}' }, {}, 'BAD_PATTERN'],
    ['words and a pattern', { whenMessageFrom: ['Bo'], matching: 'a', matchingRe: 'a' }, {}, 'BAD_TRIGGER'],
    ['a pattern of nobody', { matchingRe: 'a' }, {}, 'BAD_TRIGGER'],
    ['an unknown friend', { whenMessageFrom: ['Dee'] }, {}, 'NO_SUCH_FRIEND'],
    ['somebody who is no friend', { whenOnlineOf: ['4835022718'] }, {}, 'NOT_FRIENDS'],
    ['me as a condition', { whenOnlineOf: ['me'] }, {}, 'NEVER_FIRES'],
    ['a message from me', { whenMessageFrom: ['me'] }, {}, 'NEVER_FIRES'],
    ['my own coming online', { whenOnline: true }, { to: 'me' }, 'NEVER_FIRES'],
    ['my own reading', { whenRead: true }, { to: 'me' }, 'NEVER_FIRES'],
    ['a reply from me', { in: '1h' }, { to: 'me', policy: { unlessReply: 'cancel' } }, 'BAD_TRIGGER'],
    ['late sending of a reminder', { in: '1h' }, { action: 'remind', policy: { ifLate: 'send' } }, 'BAD_TRIGGER'],
    ['a countdown to a reminder', { in: '1h' }, { action: 'remind', countdown: '10s' }, 'BAD_TRIGGER'],
    ['a countdown of nothing', { in: '1h' }, { countdown: '0s' }, 'BAD_DURATION'],
    ['a command where none may run', { in: '1h' }, { action: 'run', command: ['true'] }, 'USAGE'],
  ])('%s', async (_what, when, rest, code) => {
    const error = await desk.fails('backup.add', given(when, rest))
    expect([error.code, error.exit === 2 || error.exit === 7 || error.code === 'NO_SUCH_FRIEND']).toEqual([code, true])
    expect(await desk.call('backup.list', { due: false, all: true })).toEqual([])
  })
})
