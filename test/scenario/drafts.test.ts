import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type InProcess, type Terminal, twoFriends } from '../support/in-process.ts'

let world: InProcess
let desk: Terminal
let bo: Terminal

beforeEach(async () => {
  ;({ world, desk, phone: bo } = await twoFriends())
})
afterEach(() => world.close())

const nothing = { v: 1, text: null, backupId: null }

describe('a draft', () => {
  it('is there again after a crash, newlines included, and is nobody else’s', async () => {
    const text = 'line one\n\n  線 two\n'
    await desk.call('draft.put', { who: 'Bo', text, backupId: null })
    await desk.restart()
    expect(await desk.call('draft.get', { who: 'Bo' })).toEqual({ v: 1, text, backupId: null })
    expect(await desk.call('draft.get', { who: 'me' })).toEqual(nothing)
    expect(await bo.call('draft.get', { who: 'Ana' })).toEqual(nothing)
  })

  it('remembers the due backup it began as, and empty it is none', async () => {
    await desk.call('draft.put', { who: 'Bo', text: 'changed', backupId: 'abcd' })
    expect((await desk.call('draft.get', { who: 'Bo' })).backupId).toBe('abcd')
    expect((await desk.call('chat.people', {})).people[0]?.draft).toBe(true)
    await desk.call('draft.put', { who: 'Bo', text: '', backupId: null })
    expect(await desk.call('draft.get', { who: 'Bo' })).toEqual(nothing)
    expect((await desk.call('chat.people', {})).people[0]?.draft).toBe(false)
  })

  it('goes with the message, the backup or the sending it became, and not when that is refused', async () => {
    const put = (text: string) => desk.call('draft.put', { who: 'Bo', text, backupId: null })
    await put('hello')
    await desk.fails('message.send', { to: 'Bo', text: ' ', draft: true })
    expect((await desk.call('draft.get', { who: 'Bo' })).text).toBe('hello')
    await desk.call('message.send', { to: 'Bo', text: 'other' })
    expect((await desk.call('draft.get', { who: 'Bo' })).text).toBe('hello')
    await desk.call('message.send', { to: 'Bo', text: 'hello', draft: true })
    expect(await desk.call('draft.get', { who: 'Bo' })).toEqual(nothing)
    await put('later')
    const added = { to: 'Bo', text: 'later', when: {}, action: 'remind', draft: true } as const
    await desk.call('backup.add', { ...added, dryRun: true })
    expect((await desk.call('draft.get', { who: 'Bo' })).text).toBe('later')
    const { id } = await desk.call('backup.add', { ...added, dryRun: false })
    expect(await desk.call('draft.get', { who: 'Bo' })).toEqual(nothing)
    await put('later, edited')
    await desk.call('backup.send', { id: id ?? '', text: 'later, edited', draft: true })
    expect(await desk.call('draft.get', { who: 'Bo' })).toEqual(nothing)
  })

  it('is kept as one backup, when the daemon died before it had said so and is asked again', async () => {
    const add = { to: 'Bo', text: 'later', when: { in: '2h' }, action: 'remind' as const, dryRun: false }
    const first = await desk.call('backup.add', { ...add, once: 'window-1' })
    await desk.restart()
    const again = await desk.call('backup.add', { ...add, once: 'window-1' })
    expect(again).toMatchObject({ id: first.id, key: null })
    await desk.call('backup.add', { ...add, once: 'window-2' })
    expect(await desk.call('backup.list', { due: false, all: true })).toHaveLength(2)
  })

  it('is gone after logout', async () => {
    const ana = (await desk.call('account.whoami', {})).uin ?? ''
    await desk.call('draft.put', { who: 'Bo', text: 'secret', backupId: null })
    await desk.call('account.logout', { all: false, force: false })
    await desk.login(ana)
    expect(await desk.call('draft.get', { who: 'Bo' })).toEqual(nothing)
  })
})

describe('a conversation window at a daemon', () => {
  it('counts what is unread, kept and due for each friend', async () => {
    for (const text of ['one', 'two', 'three']) await bo.call('message.send', { to: 'Ana', text })
    await desk.call('backup.add', { to: 'Bo', text: 'x', when: {}, action: 'remind', dryRun: false })
    await desk.call('backup.add', { to: 'Bo', text: 'y', when: { in: '1m' }, action: 'remind', dryRun: false })
    expect((await desk.call('chat.people', {})).people[0]).toMatchObject({ unread: 3, backups: 2, due: 0 })
    await world.pass(61_000)
    expect((await desk.call('chat.people', {})).people[0]).toMatchObject({ unread: 3, backups: 2, due: 1 })
  })

  it('is told of a change once, until it asks again', async () => {
    await desk.call('chat.people', {})
    for (const text of ['one', 'two', 'three']) await bo.call('message.send', { to: 'Ana', text })
    expect(desk.changes).toEqual(['chat.changed'])
    await desk.call('chat.people', {})
    await bo.call('message.send', { to: 'Ana', text: 'four' })
    expect(desk.changes).toHaveLength(2)
  })

  it('marks as read up to the message it showed, and no further', async () => {
    for (const text of ['one', 'two', 'three']) await bo.call('message.send', { to: 'Ana', text })
    const shown = await desk.call('message.history', { who: 'Bo', limit: 10 })
    await desk.call('message.read', { id: shown[1]?.id ?? '' })
    expect((await desk.call('chat.people', {})).people[0]?.unread).toBe(1)
    await world.pass(2_000)
    const theirs = await bo.call('message.history', { who: 'Ana', limit: 10 })
    expect(theirs.map(({ state }) => state)).toEqual(['read', 'read', 'delivered'])
    await desk.call('message.read', { id: shown[0]?.id ?? '' })
    expect((await desk.call('chat.people', {})).people[0]?.unread).toBe(1)
    expect((await desk.fails('message.read', { id: 'none' })).code).toBe('NO_SUCH_MESSAGE')
  })
})
