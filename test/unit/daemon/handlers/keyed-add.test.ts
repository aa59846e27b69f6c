import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type InProcess, inProcess, type Terminal } from '../../../support/in-process.ts'

let world: InProcess
let desk: Terminal

beforeAll(async () => {
  world = await inProcess()
  desk = await world.terminal('desk')
  await desk.register('Ana')
})

afterAll(() => world.close())

const add = (key: string, text: string, more: object = {}) => ({
  to: 'me',
  text,
  when: { in: '2h' },
  action: 'send' as const,
  dryRun: false,
  key,
  ...more,
})

describe('backup add --key', () => {
  it('the same command again is the same backup, though its words mean another moment by now', async () => {
    const first = await desk.call('backup.add', add('k1', 'hello'))
    await world.pass(60_000)
    const again = await desk.call('backup.add', add('k1', 'hello'))
    expect(again).toMatchObject({ id: first.id, rev: 1, trigger: first.trigger, key: 'k1' })
  })

  it('other arguments edit a live one, and the edited command is then the same', async () => {
    const first = await desk.call('backup.add', add('k2', 'hello'))
    const edited = await desk.call('backup.add', add('k2', 'good evening'))
    expect(edited).toMatchObject({ id: first.id, rev: 2, text: 'good evening' })
    await world.pass(60_000)
    expect(await desk.call('backup.add', add('k2', 'good evening'))).toMatchObject({ rev: 2 })
  })

  it('a sent one is ALREADY_SENT, unless the command is the same', async () => {
    const soon = { when: { in: '1m' } }
    await desk.call('backup.add', add('k3', 'hello', soon))
    await world.pass(70_000)
    expect(await desk.call('backup.add', add('k3', 'hello', soon))).toMatchObject({ state: 'sent' })
    expect((await desk.fails('backup.add', add('k3', 'other', soon))).code).toBe('ALREADY_SENT')
  })

  it('an ended one never comes back', async () => {
    const first = await desk.call('backup.add', add('k4', 'hello'))
    await desk.call('backup.cancel', { ids: [first.id ?? ''] })
    expect((await desk.fails('backup.add', add('k4', 'other'))).code).toBe('ALREADY_FINISHED')
  })

  it('a key that belongs to a message is taken, and the other way round', async () => {
    await desk.call('message.send', { to: 'me', text: 'hello', key: 'k5' })
    expect((await desk.fails('backup.add', add('k5', 'hello'))).code).toBe('KEY_TAKEN')
    await desk.call('backup.add', add('k6', 'hello'))
    expect((await desk.fails('message.send', { to: 'me', text: 'hello', key: 'k6' })).code).toBe('KEY_TAKEN')
  })

  it('a message of the same key and text is the one that was sent; of another text KEY_TAKEN', async () => {
    const send = (text: string) => ({ to: 'me', text, key: 'k7' })
    const first = await desk.call('message.send', send('hello'))
    expect(await desk.call('message.send', send('hello'))).toMatchObject({ id: first.id, key: 'k7' })
    expect((await desk.fails('message.send', send('other'))).code).toBe('KEY_TAKEN')
  })

  it.each([
    ['no text', add('x', ' '), 'EMPTY_TEXT'],
    ['NUL', add('x', 'a\0b'), 'USAGE'],
    ['too long', add('x', 'a'.repeat(16 * 1024 + 1)), 'TOO_LONG'],
    ['a long note', add('x', 'a', { note: 'n'.repeat(1025) }), 'TOO_LONG'],
    ['nobody of that name', add('x', 'a', { to: 'nobody' }), 'NO_SUCH_FRIEND'],
    ['no friend', add('x', 'a', { to: '9000000001' }), 'NOT_FRIENDS'],
    ['a wrong number', add('x', 'a', { to: '9000000002' }), 'BAD_UIN'],
    ['a time that has passed', add('x', 'a', { when: { at: '2001-01-01 09:00' } }), 'PAST_TIME'],
    ['no time', add('x', 'a', { when: { at: 'soon' } }), 'BAD_TIME'],
    ['no zone', add('x', 'a', { when: { at: '9am', tz: 'Mars/Olympus' } }), 'BAD_ZONE'],
    ['a word that reads as a time', add('x', '9am', { textIsWord: true, when: { at: 'tomorrow' } }), 'USAGE'],
    ['waiting for oneself', add('x', 'a', { when: { whenOnline: true } }), 'NEVER_FIRES'],
    ['words without a sender', add('x', 'a', { when: { matching: 'book' } }), 'BAD_TRIGGER'],
    ['any of one', add('x', 'a', { when: { in: '2h', any: true } }), 'BAD_TRIGGER'],
  ])('%s', async (_what, params, code) => {
    expect((await desk.fails('backup.add', params)).code).toBe(code)
  })

  it.each([
    [{ at: 'tomorrow' }, '9am', '--at "tomorrow 9am"; if it is the text, use -m'],
    [{ in: '2h' }, '30m', '--in "2h 30m"; if it is the text, use -m'],
    [{ every: 'day' }, '9am', '--every "day 9am"; if it is the text, use -m'],
    [{ at: 'tomorrow 9am' }, 'tomorrow 9am', 'if it is the text: -m "tomorrow 9am"'],
    [{ every: 'day 9am' }, '10am', 'if it is the text: -m "10am"'],
  ])('beside %j the word "%s" is part of a time, if both make one', async (when, word, hint) => {
    const error = await desk.fails('backup.add', add('k9', word, { textIsWord: true, when }))
    expect(error).toMatchObject({ code: 'USAGE', hint: expect.stringContaining(hint) })
  })

  it('a text that was given as one may read as a time', async () => {
    expect(await desk.call('backup.add', add('k10', '9am', { when: { at: 'tomorrow 9am' } }))).toMatchObject({
      text: '9am',
    })
  })

  it('a dry run makes nothing and says when', async () => {
    const before = (await desk.call('backup.list', { due: false, all: true })).length
    const view = await desk.call('backup.add', add('k8', 'hello', { dryRun: true }))
    expect(view).toMatchObject({
      id: null,
      text: 'hello',
      next: [new Date(world.host.clock.now() + 7_200_000).toISOString()],
    })
    expect(await desk.call('backup.list', { due: false, all: true })).toHaveLength(before)
  })
})
