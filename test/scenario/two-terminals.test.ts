import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type InProcess, type Terminal, twoFriends } from '../support/in-process.ts'

let world: InProcess
let desk: Terminal
let bo: Terminal
let ana: string

beforeEach(async () => {
  ;({ world, desk, phone: bo, ana } = await twoFriends())
})

afterEach(() => world.close())

describe('two terminals of one account', () => {
  it('a message reaches the friend, and the sender sees it delivered and read', async () => {
    const sent = await desk.call('message.send', { to: 'Bo', text: 'hello' })
    expect(['sent', 'delivered']).toContain(sent.state)
    await world.settle()
    const [there] = await desk.call('message.history', { who: 'Bo', limit: 10 })
    expect(there).toMatchObject({ state: 'delivered', read: false })
    const inbox = await bo.call('message.inbox', { unread: true, markRead: true })
    expect(inbox.map((message) => [message.from, message.text])).toEqual([[ana, 'hello']])
    await world.pass(2_000)
    const [mine] = await desk.call('message.history', { who: 'Bo', limit: 10 })
    expect(mine).toMatchObject({ text: 'hello', state: 'read', read: true })
    expect(await bo.call('message.inbox', { unread: true, markRead: false })).toEqual([])
  })

  it('a second terminal logs in and has the friends, the backups and the messages', async () => {
    await desk.call('backup.add', {
      to: 'Bo',
      text: 'happy new year',
      when: { in: '2h' },
      action: 'send',
      dryRun: false,
    })
    await bo.call('message.send', { to: ana, text: 'are you there' })
    const train = await world.terminal('train')
    const account = await train.login(ana)
    expect(account.backups).toBe(1)
    expect((await train.call('friend.list', {})).map((friend) => friend.nick)).toEqual(['Bo'])
    const [backup] = await train.call('backup.list', { due: false, all: false })
    expect(backup).toMatchObject({ text: 'happy new year', stored: 'relay', createdBy: 'desk' })
    expect((await train.call('message.inbox', { unread: false, markRead: false })).map((m) => m.text)).toEqual([
      'are you there',
    ])
  })

  it('one is offline to a friend from whom one hides, and both terminals show it', async () => {
    const train = await world.terminal('train')
    await train.login(ana)
    const seen = async () => (await bo.call('presence.of', { who: [ana] }))[0]?.presence
    const before = await seen()
    expect(['online', 'away']).toContain(before)
    expect(await desk.call('friend.hide', { who: 'Bo', hide: true })).toMatchObject({ hide: true })
    await world.settle()
    expect(await seen()).toBe('offline')
    expect(await train.call('friend.show', { who: 'Bo' })).toMatchObject({ hide: true })
    await train.offline()
    expect(await train.call('friend.hide', { who: 'Bo', hide: false })).toMatchObject({ hide: false })
    await train.online()
    await world.settle()
    expect(await seen()).toBe(before)
  })

  it('what one terminal adds the other shows, and either can cancel it', async () => {
    const train = await world.terminal('train')
    await train.login(ana)
    const added = await desk.call('backup.add', {
      to: 'Bo',
      text: 'later',
      when: { in: '2h' },
      action: 'send',
      dryRun: false,
    })
    expect(added).toMatchObject({ stored: 'relay', pending: null, state: 'armed' })
    await world.settle()
    await train.call('watch.start', { types: ['backup'] })
    const [cancelled] = await train.call('backup.cancel', { ids: [(added.id ?? '').slice(0, 8)] })
    expect(cancelled).toMatchObject({ id: added.id, state: 'cancelled', pending: null })
    await world.settle()
    expect(await desk.call('backup.show', { id: added.id ?? '' })).toMatchObject({ state: 'cancelled' })
    expect(await desk.call('backup.undo', {})).toMatchObject({ id: added.id, state: 'armed' })
    await world.settle()
    expect(train.events.map((event) => event.change)).toEqual(['cancelled', 'armed'])
  })

  it('a backup for when the friend is online goes out when the friend comes, once', async () => {
    await bo.offline()
    await world.pass(20_000)
    const train = await world.terminal('train')
    await train.login(ana)
    const added = await desk.call('backup.add', {
      to: 'Bo',
      text: 'you are back',
      when: { whenOnline: true },
      action: 'send',
      dryRun: false,
    })
    expect(added.why.text).toContain('waits for Bo to be online; offline since')
    await bo.online()
    await world.pass(10_000)
    const inbox = await bo.call('message.inbox', { unread: false, markRead: false })
    expect(inbox.map((message) => message.text)).toEqual(['you are back'])
    for (const terminal of [desk, train]) {
      expect(await terminal.call('backup.show', { id: added.id ?? '' })).toMatchObject({ state: 'sent' })
    }
  })

  it('a message with the words fires a reminder, though the relay cannot read them', async () => {
    const added = await desk.call('backup.add', {
      to: 'me',
      text: 'bring the book',
      when: { whenMessageFrom: ['Bo'], matching: 'Book tonight' },
      action: 'remind',
      dryRun: false,
    })
    await bo.call('message.send', { to: ana, text: 'no books here' })
    await world.pass(1_000)
    expect(await desk.call('backup.show', { id: added.id ?? '' })).toMatchObject({ state: 'armed' })
    await bo.call('message.send', { to: ana, text: 'Tonight? the BOOK!' })
    // What comes so soon after a popup is gathered.
    await world.pass(3_000)
    expect(await desk.call('backup.show', { id: added.id ?? '' })).toMatchObject({ state: 'due' })
    expect(desk.popups.map((popup) => popup.title)).toContain('Reminder')
  })

  it('a backup is sent by hand, on its own terms or with another text', async () => {
    const { id } = await desk.call('backup.add', { to: 'Bo', text: 'draft', when: {}, action: 'remind', dryRun: false })
    const sent = await desk.call('backup.send', { id: id ?? '', text: 'final' })
    expect(sent).toMatchObject({ state: 'sent', text: 'final', pending: null })
    await world.settle()
    const [message] = await bo.call('message.inbox', { unread: true, markRead: false })
    expect(message).toMatchObject({ id: sent.sent?.messageId, text: 'final', backupId: null })
    expect((await desk.fails('backup.cancel', { ids: [id ?? ''] })).code).toBe('ALREADY_SENT')
  })

  it('a terminal that logs in later still finds the words in a message that came before it', async () => {
    await desk.call('backup.add', {
      to: 'me',
      text: 'bring the book',
      when: { whenMessageFrom: ['Bo'], matching: 'book' },
      action: 'remind',
      dryRun: false,
    })
    await world.settle()
    await desk.offline()
    await bo.call('message.send', { to: ana, text: 'my book, please' })
    const train = await world.terminal('train')
    await train.login(ana)
    await world.pass(5_000)
    expect((await train.call('backup.list', { due: true, all: false })).map((b) => b.text)).toEqual(['bring the book'])
  })

  it('a watcher is told in order, and catches up from a cursor', async () => {
    const { cursor } = await desk.call('watch.start', { types: ['message'] })
    for (const text of ['one', 'two', 'three']) await bo.call('message.send', { to: ana, text })
    await world.settle()
    expect(desk.events.map((event) => event.message?.text)).toEqual(['one', 'two', 'three'])
    desk.events.length = 0
    await desk.call('watch.start', { types: ['message'], after: cursor ?? '' })
    await world.settle()
    expect(desk.events.map((event) => event.message?.text)).toEqual(['one', 'two', 'three'])
  })
})
