import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type InProcess, inProcess, type Terminal } from '../support/in-process.ts'

let world: InProcess
let desk: Terminal
let ana: string

beforeEach(async () => {
  world = await inProcess()
  desk = await world.terminal('desk')
  ana = (await desk.register('Ana')).uin ?? ''
})

afterEach(() => world.close())

const add = (text: string, more: object = {}) => ({
  to: 'me',
  text,
  when: { in: '2h' },
  action: 'remind' as const,
  dryRun: false,
  ...more,
})

describe('a terminal without its relay', () => {
  it('keeps twenty backups over a restart, and the relay gets each once', async () => {
    await desk.offline()
    for (let n = 1; n <= 20; n++) {
      const added = await desk.call('backup.add', add(`number ${n}`))
      expect(added).toMatchObject({ stored: 'here', pending: 'add', state: 'armed' })
    }
    await desk.restart()
    expect(await desk.call('daemon.status', {})).toMatchObject({ outbox: 20, connected: false })
    await desk.online()
    expect(await desk.call('daemon.status', {})).toMatchObject({ outbox: 0, connected: true })
    const train = await world.terminal('train')
    expect((await train.login(ana)).backups).toBe(20)
    const texts = (await train.call('backup.list', { due: false, all: true })).map((backup) => backup.text)
    expect(new Set(texts).size).toBe(20)
    expect(texts).toHaveLength(20)
    expect((await desk.call('backup.list', { due: false, all: true })).every((b) => b.stored === 'relay')).toBe(true)
  })

  it('says of what has no state of its own that it is kept here, until the relay answers', async () => {
    const phone = await world.terminal('phone')
    const { uin } = await phone.register('Bo')
    await desk.call('friend.add', { who: uin ?? '' })
    await phone.call('friend.accept', { who: ana })
    const told = async () => [
      (await desk.call('status.set', { status: 'busy' })).warnings,
      (await desk.call('quiet.set', { span: '22:00-07:00' })).warnings,
      (await desk.call('friend.quiet', { who: 'Bo', span: null })).warnings,
      (await desk.call('friend.notify', { who: 'Bo', notify: 'on' })).warnings,
      (await desk.call('friend.alias', { who: 'Bo', alias: 'bobo' })).warnings,
    ]
    expect(await told()).toEqual([undefined, undefined, undefined, undefined, undefined])
    await desk.offline()
    expect((await told()).map((warnings) => warnings?.map(({ code }) => code))).toEqual(
      Array.from({ length: 5 }, () => ['KEPT_HERE']),
    )
    expect((await desk.call('status.set', {})).warnings).toBeUndefined()
  })

  it('says of its lists that they are as last heard, until it has heard all there is', async () => {
    const stale = async () => {
      const { rows } = await desk.call('backup.page', { due: false, all: false, after: null })
      const { stale } = await desk.call('daemon.status', {})
      expect(rows.map((row) => row.stale)).toEqual([stale])
      const said = await desk.call('message.history', { who: 'me', limit: 9 })
      expect(said.map((message) => message.stale)).toEqual([stale])
      return stale
    }
    await desk.call('backup.add', add('tea'))
    await desk.call('message.send', { to: 'me', text: 'a note' })
    expect(await stale()).toBe(false)
    await desk.offline()
    expect(await stale()).toBe(true)
    await desk.restart()
    expect(await stale()).toBe(true)
    await desk.online()
    expect(await stale()).toBe(false)
  })

  it('an edit made offline that lost keeps both texts', async () => {
    const train = await world.terminal('train')
    await train.login(ana)
    const { id } = await desk.call('backup.add', add('first'))
    await world.settle()
    await desk.offline()
    const edited = await desk.call('backup.edit', { id: id ?? '', text: 'from the desk' })
    expect(edited).toMatchObject({ text: 'from the desk', pending: 'edit', stored: 'here' })
    await train.call('backup.edit', { id: id ?? '', text: 'from the train' })
    await desk.online()
    const texts = (await desk.call('backup.list', { due: false, all: false })).map((b) => [
      b.text,
      b.conflictOf,
      b.state,
    ])
    expect(texts).toContainEqual(['from the train', null, 'armed'])
    expect(texts).toContainEqual(['from the desk', id, 'held'])
    await world.settle()
    expect(await train.call('backup.list', { due: false, all: false })).toHaveLength(2)
  })

  it('shows its own reminder when the moment comes, and knows the entry of the relay later', async () => {
    const { id } = await desk.call('backup.add', add('tea', { when: { in: '5m' } }))
    await world.settle()
    await desk.offline()
    await world.pass(6 * 60_000)
    expect(desk.popups.map((popup) => popup.body)).toEqual(['tea'])
    expect(await desk.call('backup.show', { id: id ?? '' })).toMatchObject({ state: 'due' })
    await desk.restart()
    await world.pass(60_000)
    expect(await desk.call('backup.show', { id: id ?? '' })).toMatchObject({ state: 'due' })
    await desk.online()
    await world.pass(5_000)
    expect(await desk.call('backup.show', { id: id ?? '' })).toMatchObject({ state: 'due', stored: 'relay' })
    expect(desk.popups.map((popup) => popup.body)).toEqual(['tea'])
  })

  it('shows at its start what came due while it was off, if the relay is not there to say so', async () => {
    const { id } = await desk.call('backup.add', add('tea', { when: { in: '5m' } }))
    await world.settle()
    await desk.offline()
    await desk.restart(8 * 60_000)
    expect(desk.popups.map((popup) => popup.body)).toEqual(['tea'])
    expect(await desk.call('backup.show', { id: id ?? '' })).toMatchObject({ state: 'due' })
  })

  it('a reminder made and come due offline can be dismissed before the relay is back', async () => {
    await desk.offline()
    const { id } = await desk.call('backup.add', add('tea', { when: { in: '5m' } }))
    await world.pass(6 * 60_000)
    expect(desk.popups).toHaveLength(1)
    expect(await desk.call('backup.dismiss', { id: id ?? '' })).toMatchObject({
      state: 'dismissed',
      pending: 'dismiss',
    })
    await desk.online()
    expect(await desk.call('backup.show', { id: id ?? '' })).toMatchObject({ state: 'dismissed', pending: null })
    expect(desk.popups).toHaveLength(1)
  })

  it('cancel is done at once when the add never left, and only asked for when it had', async () => {
    const { id: known } = await desk.call('backup.add', add('known to the relay'))
    await desk.offline()
    const { id: own } = await desk.call('backup.add', add('ours alone'))
    const [first, second] = await desk.call('backup.cancel', { ids: [own ?? '', known ?? ''] })
    expect(first).toMatchObject({ state: 'cancelled', pending: null })
    expect(second).toMatchObject({ state: 'armed', pending: 'cancel', stored: 'here' })
    await desk.online()
    expect(await desk.call('backup.show', { id: known ?? '' })).toMatchObject({ state: 'cancelled', pending: null })
    const train = await world.terminal('train')
    await train.login(ana)
    expect((await train.call('backup.list', { due: false, all: true })).map((b) => b.text)).toEqual([
      'known to the relay',
    ])
  })

  it('while the relay is silent, an add is kept here after two seconds and a cancel is only asked for', async () => {
    desk.deaf(true)
    const adding = desk.begin('backup.add', add('perhaps there'))
    await world.pass(2_000)
    const { id, ...added } = await adding
    expect(added).toMatchObject({ stored: 'here', pending: 'add' })
    const cancelling = desk.begin('backup.cancel', { ids: [id ?? ''] })
    await world.pass(2_000)
    expect((await cancelling)[0]).toMatchObject({ state: 'armed', pending: 'cancel' })
    desk.deaf(false)
    await world.pass(1_000)
    expect(await desk.call('backup.show', { id: id ?? '' })).toMatchObject({ state: 'cancelled', pending: null })
  })

  it('a silent relay is given up after a beat, and the answer lost with it changes nothing twice', async () => {
    desk.deaf(true)
    const sending = desk.begin('message.send', { to: 'me', text: 'once' })
    await world.pass(2_000)
    expect(await sending).toMatchObject({ state: 'queued' })
    await world.pass(60_000)
    expect(await desk.call('daemon.status', {})).toMatchObject({ connected: true, outbox: 0 })
    const train = await world.terminal('train')
    await train.login(ana)
    expect((await train.call('message.inbox', { unread: false, markRead: false })).map((m) => m.text)).toEqual(['once'])
  })

  it('what the relay refuses later is kept as failed, with its code', async () => {
    const bo = await world.terminal('phone')
    const boUin = (await bo.register('Bo')).uin ?? ''
    await desk.call('friend.add', { who: boUin })
    await bo.call('friend.accept', { who: ana })
    await world.settle()
    await desk.offline()
    const sent = await desk.call('message.send', { to: 'Bo', text: 'are you there' })
    expect(sent.state).toBe('queued')
    await desk.call('backup.add', { ...add('and later'), to: 'Bo', action: 'send' })
    await bo.call('friend.remove', { who: ana })
    await desk.online()
    const [failed] = await desk.call('message.history', { who: boUin, limit: 5 })
    expect(failed).toMatchObject({ state: 'failed', error: { code: 'NOT_FRIENDS' } })
    const [backup] = await desk.call('backup.list', { due: false, all: true })
    expect(backup).toMatchObject({ state: 'failed', error: { code: 'NOT_FRIENDS' } })
    // A second chance that comes to nothing takes nothing away.
    const id = backup?.id ?? ''
    expect(await desk.fails('backup.edit', { id, when: { in: '3h' } })).toMatchObject({ code: 'NOT_FRIENDS' })
    expect(await desk.call('backup.show', { id })).toMatchObject({
      state: 'failed',
      text: 'and later',
      error: { code: 'NOT_FRIENDS' },
    })
  })

  it('what the relay refuses later is told on every device, once, and not in circles', async () => {
    const bo = await world.terminal('phone')
    const boUin = (await bo.register('Bo')).uin ?? ''
    await desk.call('friend.add', { who: boUin })
    await bo.call('friend.accept', { who: ana })
    const train = await world.terminal('train')
    await train.login(ana)
    await desk.offline()
    for (const text of ['one', 'two']) await desk.call('message.send', { to: 'Bo', text })
    for (const text of ['three', 'four']) await desk.call('backup.add', { ...add(text), to: 'Bo', action: 'send' })
    await bo.call('friend.remove', { who: ana })
    await desk.online()
    await world.pass(5_000)
    const due = await train.call('backup.list', { due: true, all: false })
    const why = 'Not sent to Bo: You are not friends. [NOT_FRIENDS]'
    expect(due).toMatchObject([{ to: ana, state: 'due', createdBy: 'desk' }])
    expect(due[0]?.text?.split('\n\n').map((part) => part.split('\n').at(-1))).toEqual([
      'one',
      'two',
      'three',
      'And 1 more: im backup list --all, im history WHO',
    ])
    expect(due[0]?.text).toContain(why)
    for (const screen of [desk.screen, train.screen]) expect(screen.standing()).toContain('Reminder')
    await train.call('backup.dismiss', { id: due[0]?.id ?? '' })
    await world.pass(60_000)
    for (const one of [desk, train]) expect(await one.call('backup.list', { due: true, all: false })).toEqual([])
  })

  it('a change of a backup that the relay refuses later is told on every device with its code', async () => {
    const train = await world.terminal('train')
    await train.login(ana)
    const bo = await world.terminal('phone')
    await desk.call('friend.add', { who: (await bo.register('Bo')).uin ?? '' })
    await bo.call('friend.accept', { who: ana })
    const made = async (text: string) =>
      (await desk.call('backup.add', { ...add(text), to: 'Bo', action: 'send' })).id ?? ''
    const [paused, sent, edited] = [await made('one'), await made('two'), await made('three')]
    await world.settle()
    await desk.offline()
    await desk.call('backup.pause', { id: paused })
    await desk.call('backup.send', { id: sent })
    await desk.call('backup.edit', { id: edited, when: { in: '3h' } })
    await train.call('backup.cancel', { ids: [paused, sent, edited] })
    await desk.online()
    await world.pass(5_000)
    const [told, ...more] = await train.call('backup.list', { due: true, all: false })
    expect(more).toEqual([])
    const short = (id: string) => id.slice(0, 6)
    for (const part of [
      `Not done: im backup pause ${short(paused)}, to Bo: `,
      `Not done: im backup send ${short(sent)}, to Bo: `,
      `Not done: im backup edit ${short(edited)}, to Bo: `,
    ]) {
      expect(told?.text).toContain(part)
    }
    expect(told?.text?.match(/\[ALREADY_FINISHED\]\n(one|two|three)/g)).toHaveLength(3)
    for (const screen of [desk.screen, train.screen]) expect(screen.standing()).toContain('Reminder')
    await train.call('backup.dismiss', { id: told?.id ?? '' })
    await world.pass(60_000)
    expect(await desk.call('backup.list', { due: true, all: false })).toEqual([])
  })

  it('the text of an edit that was refused outlives the next edit', async () => {
    const bo = await world.terminal('phone')
    await desk.call('friend.add', { who: (await bo.register('Bo')).uin ?? '' })
    await bo.call('friend.accept', { who: ana })
    const id = (await desk.call('backup.add', add('before'))).id ?? ''
    await desk.offline()
    await desk.call('backup.edit', { id, text: 'after', when: { whenOnlineOf: ['Bo'] } })
    await bo.call('friend.remove', { who: ana })
    await desk.online()
    expect(await desk.call('backup.show', { id })).toMatchObject({ text: 'before', error: { code: 'NOT_FRIENDS' } })
    expect(await desk.call('backup.edit', { id, when: { in: '3h' } })).toMatchObject({ text: 'before', error: null })
    await world.pass(5_000)
    const [told] = await desk.call('backup.list', { due: true, all: false })
    expect(told?.text).toMatch(/^Not done: im backup edit .*\[NOT_FRIENDS\]\nafter$/)
  })

  it('logout with something unsent is refused, unless it is insisted on', async () => {
    await desk.offline()
    await desk.call('message.send', { to: 'me', text: 'note' })
    expect((await desk.fails('account.logout', { all: false, force: false })).code).toBe('UNSENT')
    await desk.call('account.logout', { all: false, force: true })
    expect(await desk.call('account.whoami', {})).toMatchObject({ uin: null })
    expect((await desk.fails('backup.list', { due: false, all: true })).code).toBe('NOT_LOGGED_IN')
  })

  it('a revoked terminal says why it is out', async () => {
    const train = await world.terminal('train')
    await train.login(ana)
    await desk.call('account.revoke', { device: 'train' })
    await world.pass(31_000)
    expect((await train.fails('message.send', { to: 'me', text: 'x' })).code).toBe('TOKEN_REFUSED')
    expect((await train.call('account.whoami', {})).warnings?.[0]?.code).toBe('TOKEN_REFUSED')
  })
})

describe('a terminal whose keychain is locked', () => {
  it('says so, and goes on by itself once it is open', async () => {
    desk.lockKeychain(true)
    await desk.restart()
    const { code } = await desk.fails('friend.add', { who: '9000000001' })
    expect(code).toBe('KEYCHAIN_LOCKED')
    desk.lockKeychain(false)
    await world.pass(31_000)
    expect(await desk.call('account.whoami', {})).toMatchObject({ uin: ana, connected: true })
  })
})
