/** Who reads what, when everything is sealed. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type InProcess, type Terminal, twoFriends } from '../support/in-process.ts'

let world: InProcess
let desk: Terminal
let phone: Terminal
let ana: string
let bo: string

beforeEach(async () => {
  ;({ world, desk, phone, ana, bo } = await twoFriends())
})

afterEach(() => world.close())

const texts = async (terminal: Terminal) =>
  (await terminal.call('message.inbox', { unread: false, markRead: false })).map(({ text }) => text)

describe('sealed', () => {
  it('nothing of it is needed on a new terminal but UIN and password', async () => {
    await desk.call('friend.alias', { who: bo, alias: 'bobo' })
    await desk.call('message.send', { to: 'bobo', text: 'from me' })
    await phone.call('message.send', { to: ana, text: 'to me' })
    const { id } = await desk.call('backup.add', {
      to: 'bobo',
      text: 'a draft',
      when: { whenMessageFrom: [bo], matching: 'tea' },
      action: 'send',
      note: 'a note',
      key: 'a key',
      dryRun: false,
    })
    await world.pass(1_000)
    const train = await world.terminal('train')
    await train.login(ana)
    await world.pass(1_000)
    const history = await train.call('message.history', { who: 'bobo', limit: 10 })
    expect(history.map(({ from, text, unreadable }) => [from, text, unreadable])).toEqual([
      [ana, 'from me', false],
      [bo, 'to me', false],
    ])
    const shown = await train.call('backup.show', { id: id ?? '' })
    expect(shown).toMatchObject({ text: 'a draft', note: 'a note', key: 'a key', unreadable: false })
    expect(shown.trigger.conditions).toMatchObject([{ kind: 'message', words: 'tea' }])
    // And it is written from there as well.
    await train.call('backup.edit', { id: id ?? '', text: 'a better draft' })
    await phone.call('message.send', { to: ana, text: 'Tea?' })
    await world.pass(10_000)
    expect(await texts(phone)).toEqual(['from me', 'a better draft'])
  })

  it('the other terminals of the sender read what was sent', async () => {
    const train = await world.terminal('train')
    await train.login(ana)
    await desk.call('message.send', { to: 'Bo', text: 'by hand' })
    await desk.call('message.send', { to: 'me', text: 'to myself' })
    await world.pass(1_000)
    expect((await train.call('message.history', { who: 'Bo', limit: 1 }))[0]).toMatchObject({ text: 'by hand' })
    expect(await texts(train)).toEqual(['to myself'])
  })

  it('the relay sends alone what was sealed when it was saved', async () => {
    await desk.call('backup.add', { to: 'Bo', text: 'sealed early', when: { in: '1h' }, action: 'send', dryRun: false })
    await desk.offline()
    await world.pass(3_700_000)
    expect(await texts(phone)).toEqual(['sealed early'])
    await desk.online()
    expect((await desk.call('message.history', { who: 'Bo', limit: 1 }))[0]).toMatchObject({ text: 'sealed early' })
  })

  it('a series gives its text again and again, and each time it is read', async () => {
    await desk.call('backup.add', {
      to: 'Bo',
      text: 'good morning',
      when: { every: 'day 9am', count: 3 },
      action: 'send',
      dryRun: false,
    })
    for (let day = 0; day < 4; day++) {
      await phone.call('presence.who', {})
      await world.pass(24 * 3_600_000)
    }
    expect(await texts(phone)).toEqual(['good morning', 'good morning', 'good morning'])
  })

  it('a reminder that becomes a message is sealed for the friend then', async () => {
    const { id } = await desk.call('backup.add', {
      to: 'Bo',
      text: 'first for me',
      when: { in: '1h' },
      action: 'remind',
      dryRun: false,
    })
    await desk.call('backup.edit', { id: id ?? '', action: 'send' })
    await desk.offline()
    await world.pass(3_700_000)
    expect(await texts(phone)).toEqual(['first for me'])
  })

  it('a text that lost to another is sent by hand from the backup that kept it', async () => {
    const train = await world.terminal('train')
    await train.login(ana)
    const { id } = await desk.call('backup.add', { to: 'Bo', text: 'one', when: {}, action: 'send', dryRun: false })
    await world.pass(1_000)
    await train.offline()
    await train.call('backup.edit', { id: id ?? '', text: 'mine' })
    await desk.call('backup.edit', { id: id ?? '', text: 'theirs' })
    await train.online()
    await world.pass(1_000)
    const kept = (await desk.call('backup.list', { due: false, all: false })).find(
      ({ conflictOf }) => conflictOf === id,
    )
    expect(kept).toMatchObject({ text: 'mine', state: 'held', unreadable: false })
    await desk.call('backup.send', { id: kept?.id ?? '' })
    await world.pass(1_000)
    expect(await texts(phone)).toEqual(['mine'])
  })
})
