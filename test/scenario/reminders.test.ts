/** What becomes of a reminder on a person's screens: buttons, the same account's other devices, quiet, absence. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { LocalParams } from '../../src/protocol/local-api.ts'
import { type InProcess, type Terminal, twoFriends } from '../support/in-process.ts'

const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const DUE = 'Reminder: Bo'

let world: InProcess
let desk: Terminal
let train: Terminal
let bo: Terminal
let ana: string
let boUin: string

beforeEach(async () => {
  ;({ world, desk, phone: bo, ana, bo: boUin } = await twoFriends())
  train = await world.terminal('train')
  await train.login(ana)
  // What comes so soon after a terminal has come back is gathered.
  await world.pass(3 * SECOND_MS)
})
afterEach(() => world.close())

type Add = LocalParams<'backup.add'>

/** A reminder to write to Bo, due in a minute, and shown. */
async function due(given: Partial<Add> = {}): Promise<string> {
  const add: Add = {
    to: 'Bo',
    text: 'tea at five\nor six?',
    when: { in: '1m' },
    action: 'remind',
    dryRun: false,
    ...given,
  }
  const { id } = await desk.call('backup.add', add)
  await world.pass(MINUTE_MS + SECOND_MS)
  return id ?? ''
}

const state = async (id: string) => (await desk.call('backup.show', { id })).state
const received = async () =>
  (await bo.call('message.inbox', { unread: false, markRead: false })).map(({ text }) => text)

describe('a button of a reminder', () => {
  it('Send now: the friend has it exactly once, and it goes from the other screen', async () => {
    const id = await due()
    expect([desk.screen.standing(), train.screen.standing()]).toEqual([[DUE], [DUE]])
    desk.screen.press(DUE, 'send')
    await world.pass(SECOND_MS)
    expect(await received()).toEqual(['tea at five\nor six?'])
    expect(await state(id)).toBe('sent')
    expect(train.screen.standing()).toEqual([])
    expect(desk.screen.standing()).toEqual(['Sent'])
  })

  it('pressed on both screens in one moment: still once', async () => {
    await due()
    desk.screen.press(DUE, 'send')
    train.screen.press(DUE, 'send')
    await world.pass(SECOND_MS)
    expect(await received()).toEqual(['tea at five\nor six?'])
  })

  it('Snooze: armed again, gone from the other screen, and back when its time is over', async () => {
    const id = await due()
    train.screen.press(DUE, 'snooze')
    await world.pass(SECOND_MS)
    expect(await state(id)).toBe('armed')
    expect(desk.screen.standing()).toEqual([])
    expect(train.popups.at(-1)).toMatchObject({ title: 'Snoozed', body: 'It comes again in 10m.' })
    await world.pass(9 * MINUTE_MS)
    expect(desk.screen.standing()).toEqual([])
    await world.pass(MINUTE_MS)
    expect(desk.screen.standing()).toEqual([DUE])
  })

  it('Dismiss, of a reminder to oneself: it is over everywhere', async () => {
    const id = await due({ to: 'me' })
    desk.screen.press('Reminder', 'dismiss')
    await world.pass(SECOND_MS)
    expect([await state(id), desk.screen.standing(), train.screen.standing()]).toEqual(['dismissed', [], []])
  })

  it('Open: the conversation window used last is told; without one a terminal is started', async () => {
    const id = await due()
    await desk.call('chat.attach', {})
    desk.screen.press(DUE, 'open')
    await world.settle()
    expect(desk.focused).toEqual([{ uin: boUin, backupId: id }])
    expect(desk.screen.terminals).toEqual([])
    train.screen.press(DUE, 'open')
    await world.settle()
    expect(train.screen.terminals).toEqual([['chat', boUin, '--backup', id]])
    expect(await state(id)).toBe('due')
  })

  it('Open says what to type where no terminal can be started', async () => {
    const id = await due()
    desk.screen.hasTerminal = false
    desk.screen.press(DUE, 'open')
    await world.settle()
    expect(desk.popups.at(-1)).toMatchObject({ body: `im chat ${boUin} --backup ${id}` })
  })

  it('that comes too late does nothing: it was moved meanwhile', async () => {
    const id = await due()
    const late = desk.screen.hold(DUE)
    await train.call('backup.edit', { id, when: { in: '1h' } })
    await world.settle()
    late('send')
    await world.pass(SECOND_MS)
    expect(await received()).toEqual([])
    expect(desk.popups.at(-1)).toMatchObject({ title: 'Nothing done' })
  })

  it('Send now tells why nothing went, and the reminder is still there', async () => {
    const id = await due()
    await bo.call('friend.remove', { who: 'Ana' })
    await world.settle()
    expect(await state(id)).toBe('due')
    desk.screen.press(DUE, 'send')
    await world.pass(SECOND_MS)
    expect(desk.popups.at(-1)).toMatchObject({ title: 'Not sent', body: expect.stringContaining('im friend add') })
    expect([await state(id), await received()]).toEqual(['due', []])
  })

  it('while the relay is away Send now is kept, and goes when it is back', async () => {
    await desk.call('backup.add', { to: 'Bo', text: 'tea', when: { in: '2m' }, action: 'remind', dryRun: false })
    await desk.offline()
    await world.pass(3 * MINUTE_MS)
    desk.screen.press(DUE, 'send')
    await world.pass(3 * SECOND_MS)
    expect(desk.popups.at(-1)).toMatchObject({ title: 'On its way' })
    await desk.online()
    await world.pass(SECOND_MS)
    expect(await received()).toEqual(['tea'])
  })
})

describe('a reminder that was dealt with elsewhere', () => {
  it.each<[string, (id: string) => Promise<unknown>]>([
    ['sent', (id) => train.call('backup.send', { id })],
    ['dismissed', (id) => train.call('backup.dismiss', { id })],
    ['snoozed', (id) => train.call('backup.snooze', { id, until: '1h' })],
    ['cancelled', (id) => train.call('backup.cancel', { ids: [id] })],
    ['moved', (id) => train.call('backup.edit', { id, when: { in: '1h' } })],
  ])('%s: it goes from the screen', async (_how, act) => {
    const id = await due()
    expect(desk.screen.standing()).toEqual([DUE])
    await act(id)
    await world.settle()
    expect(desk.screen.standing()).toEqual([])
  })

  it('stays while only its text was changed', async () => {
    const id = await due()
    await train.call('backup.edit', { id, text: 'coffee' })
    await world.settle()
    expect(await state(id)).toBe('due')
    expect(desk.screen.standing()).toEqual([DUE])
  })
})

describe('messages', () => {
  const say = (text: string) => bo.call('message.send', { to: 'Ana', text })

  it('of one friend are one popup in ten minutes, then those that are still unread', async () => {
    for (const text of ['one', 'two', 'three']) await say(text)
    await world.pass(MINUTE_MS)
    expect(desk.popups.map(({ title }) => title)).toEqual(['Bo'])
    await world.pass(10 * MINUTE_MS)
    expect(desk.popups.map(({ title, body }) => [title, body])).toEqual([
      ['Bo', 'one'],
      ['2 new messages from Bo', 'three'],
    ])
  })

  it('read on another device go from the screen, and are not told later', async () => {
    for (const text of ['one', 'two']) await say(text)
    await train.call('message.inbox', { unread: true, markRead: true })
    await world.pass(2 * SECOND_MS)
    expect(desk.screen.standing()).toEqual([])
    await world.pass(11 * MINUTE_MS)
    expect(desk.popups).toHaveLength(1)
  })

  it('in the conversation before my eyes pop up nothing, on this device', async () => {
    await desk.call('chat.attach', {})
    await desk.call('chat.active', { who: 'Bo' })
    await say('hello')
    await world.pass(3 * SECOND_MS)
    expect([desk.popups.length, train.popups.length]).toEqual([0, 1])
    await world.pass(MINUTE_MS)
    await say('are you there')
    await world.pass(3 * SECOND_MS)
    expect(desk.popups).toHaveLength(1)
  })

  it('to myself from a server pop up on my other devices, each one, and not on the server', async () => {
    for (const text of ['built', 'deployed']) {
      await train.call('message.send', { to: 'me', text })
      await world.pass(3 * SECOND_MS)
    }
    expect(desk.popups.map(({ title, body }) => [title, body])).toEqual([
      ['Note to myself', 'built'],
      ['Note to myself', 'deployed'],
    ])
    expect(train.popups).toEqual([])
  })
})

describe('a friend who comes online', () => {
  const online = () => desk.popups.filter(({ kind }) => kind === 'presence')
  const flap = async (pauseMs: number) => {
    await bo.call('status.set', { status: 'invisible' })
    await world.pass(pauseMs)
    await bo.call('status.set', { status: 'online' })
    await world.pass(pauseMs)
  }

  it('twenty times in fifteen seconds is one popup; a restart of the daemon is none', async () => {
    for (let n = 0; n < 20; n++) await flap(375)
    expect(online().map(({ title }) => title)).toEqual(['Bo is online'])
    await desk.restart()
    await world.pass(31 * SECOND_MS)
    expect(online()).toHaveLength(1)
  })

  it('is told as the owner wants it: off, or once', async () => {
    await desk.call('friend.notify', { who: 'Bo', notify: 'off' })
    await flap(SECOND_MS)
    expect(online()).toEqual([])
    await desk.call('friend.notify', { who: 'Bo', notify: 'once' })
    for (let n = 0; n < 2; n++) {
      await flap(SECOND_MS)
      await world.pass(11 * MINUTE_MS)
    }
    expect(online()).toHaveLength(1)
    expect(await desk.call('friend.show', { who: 'Bo' })).toMatchObject({ notify: 'off' })
  })
})

describe('where nobody can be reached', () => {
  it('it is told as soon as there is a place, together', async () => {
    desk.screen.works = false
    const id = await due()
    await bo.call('message.send', { to: 'Ana', text: 'hello' })
    await world.pass(3 * SECOND_MS)
    expect(desk.popups).toEqual([])
    desk.screen.works = true
    await desk.call('backup.show', { id })
    expect(desk.popups).toEqual([])
    await desk.from({ DISPLAY: ':7' })
    await world.settle()
    expect(desk.screen.standing().sort()).toEqual(['Bo', DUE])
  })

  it('it is told with the next popup that somebody sees, if it has still a meaning', async () => {
    desk.screen.works = false
    const id = await due()
    await due({ text: 'second' })
    await train.call('backup.dismiss', { id })
    desk.screen.works = true
    await bo.call('message.send', { to: 'Ana', text: 'hello' })
    await world.pass(3 * SECOND_MS)
    expect(desk.popups.map(({ body }) => body)).toEqual(['hello', 'second'])
  })
})

describe('after an absence', () => {
  it('one digest counts and names what came; a due reminder keeps its buttons', async () => {
    const cy = await world.terminal('cys')
    const { uin } = await cy.register('Cy')
    await desk.call('friend.add', { who: uin ?? '' })
    await cy.call('friend.accept', { who: ana })
    await desk.call('backup.add', { to: 'Bo', text: 'tea', when: { in: '1m' }, action: 'remind', dryRun: false })
    await desk.offline()
    for (const text of ['one', 'two', 'three']) await bo.call('message.send', { to: 'Ana', text })
    await cy.call('message.send', { to: 'Ana', text: 'four' })
    await world.pass(2 * MINUTE_MS)
    desk.popups.length = 0
    await desk.online()
    await world.pass(3 * SECOND_MS)
    expect(desk.popups.map(({ title, body, buttons }) => [title, body, buttons.length])).toEqual([
      ['While you were away', '4 messages from 2 people: Bo, Cy', 0],
    ])
    // It came due while the relay was away, and was shown then.
    expect(desk.screen.standing()).toContain(DUE)
  })
})
