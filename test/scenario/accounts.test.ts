import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Uin } from '../../src/domain/uin.ts'
import type { ExportRow } from '../../src/protocol/views.ts'
import { keys, type StoredLogin } from '../../src/relay/accounts/account-state.ts'
import { type InProcess, inProcess, type Terminal } from '../support/in-process.ts'

const PASSWORD = 'correct horse battery staple'
const NEXT = 'a better one'

let world: InProcess
let laptop: Terminal
let uin: string
let code: string

beforeEach(async () => {
  world = await inProcess()
  laptop = await world.terminal('laptop')
  const account = await laptop.register('Ana')
  uin = account.uin ?? ''
  code = account.recoveryCode ?? ''
})
afterEach(() => world.close())

const devices = async () => (await laptop.call('account.devices', {})).length

describe('a new password', () => {
  it('is asked for by the next login, while every device goes on', async () => {
    const phone = await world.terminal('phone')
    await phone.login(uin)
    await laptop.call('account.password', { password: PASSWORD, next: NEXT })
    await phone.restart()
    await phone.call('message.send', { to: 'me', text: 'still here' })
    expect(await laptop.call('message.inbox', { unread: false, markRead: false })).toMatchObject([
      { text: 'still here' },
    ])
    const tablet = await world.terminal('tablet')
    expect((await tablet.fails('account.login', { uin, password: PASSWORD })).code).toBe('WRONG_LOGIN')
    expect(await tablet.call('account.login', { uin, password: NEXT })).toMatchObject({ uin })
    expect(await tablet.call('message.history', { who: 'me', limit: 10 })).toMatchObject([{ text: 'still here' }])
  })

  it('wants the old one', async () => {
    const refused = await laptop.fails('account.password', { password: 'guess', next: NEXT })
    expect(refused).toMatchObject({ code: 'WRONG_LOGIN', message: expect.stringContaining('nothing was changed') })
    expect(refused.hint).toContain('--recover')
    expect((await laptop.fails('account.recovery', { password: 'guess' })).code).toBe('WRONG_LOGIN')
    const phone = await world.terminal('phone')
    expect(await phone.login(uin)).toMatchObject({ uin })
  })

  it('needs the relay', async () => {
    await laptop.offline()
    expect((await laptop.fails('account.password', { password: PASSWORD, next: NEXT })).code).toBe('RELAY_UNREACHABLE')
  })
})

describe('the recovery code', () => {
  it('logs in and sets a new password in one go', async () => {
    await laptop.call('message.send', { to: 'me', text: 'before' })
    const phone = await world.terminal('phone')
    expect(await phone.call('account.recover', { uin, code, password: NEXT })).toMatchObject({ uin, connected: true })
    expect(await phone.call('message.history', { who: 'me', limit: 10 })).toMatchObject([{ text: 'before' }])
    const tablet = await world.terminal('tablet')
    expect((await tablet.fails('account.login', { uin, password: PASSWORD })).code).toBe('WRONG_LOGIN')
    expect(await tablet.call('account.login', { uin, password: NEXT })).toMatchObject({ uin })
    expect(await devices()).toBe(3)
  })

  it('is read as people type it', async () => {
    const phone = await world.terminal('phone')
    const typed = code.toLowerCase().replaceAll('-', ' ')
    expect(await phone.call('account.recover', { uin, code: typed, password: NEXT })).toMatchObject({ uin })
  })

  it('mistyped is told before anything goes to the relay', async () => {
    const phone = await world.terminal('phone')
    await phone.offline()
    const swapped = code.startsWith('0') ? `1${code.slice(1)}` : `0${code.slice(1)}`
    const failed = await phone.fails('account.recover', { uin, code: swapped, password: NEXT })
    expect(failed).toMatchObject({ code: 'USAGE', message: expect.stringContaining('mistyped') })
    expect((await phone.fails('account.recover', { uin, code: 'no code', password: NEXT })).code).toBe('USAGE')
  })

  it('of somebody else is a wrong login, and changes nothing', async () => {
    const other = await (await world.terminal('other')).register('Bo')
    const phone = await world.terminal('phone')
    const params = { uin, code: other.recoveryCode ?? '', password: NEXT }
    expect((await phone.fails('account.recover', params)).code).toBe('WRONG_LOGIN')
    expect(await phone.login(uin)).toMatchObject({ uin })
  })

  it('can be had anew; the old one stops working', async () => {
    const { recoveryCode } = await laptop.call('account.recovery', { password: PASSWORD })
    expect(recoveryCode).not.toBe(code)
    const phone = await world.terminal('phone')
    expect((await phone.fails('account.recover', { uin, code, password: NEXT })).code).toBe('WRONG_LOGIN')
    expect(await phone.call('account.recover', { uin, code: recoveryCode ?? '', password: NEXT })).toMatchObject({
      uin,
    })
    expect((await laptop.call('account.whoami', {})).recoveryCode).toBeNull()
  })
})

describe('keys that were tampered with on the relay', () => {
  async function alter(change: (login: StoredLogin) => StoredLogin): Promise<void> {
    await world.store.transact([uin], async ([reader]) => {
      const login = (await reader?.get(keys.login)) as StoredLogin
      return { writes: [[{ op: 'replace', key: keys.login, value: change(login) }]], result: null }
    })
  }

  it.each([
    ['the wrap', (l: StoredLogin) => ({ ...l, bundle: { ...l.bundle, wrap: flipped(l.bundle.wrap) } })],
    ['the private keys', (l: StoredLogin) => ({ ...l, bundle: { ...l.bundle, privateKeys: 'AAAA' } })],
    ['the public keys', (l: StoredLogin) => ({ ...l, bundle: { ...l.bundle, keys: { kem: 'x', sign: 'y' } } })],
  ])('are not used: %s', async (_what, change) => {
    await alter(change)
    const phone = await world.terminal('phone')
    expect((await phone.fails('account.login', { uin, password: PASSWORD })).code).toBe('STORE_DAMAGED')
    expect(await phone.call('account.whoami', {})).toMatchObject({ uin: null })
    expect(await devices()).toBe(1)
  })

  const flipped = (text: string) => (text.startsWith('A') ? `B${text.slice(1)}` : `A${text.slice(1)}`)
})

describe('a nick', () => {
  it('is seen by friends beside the name they know, who stay friends by it', async () => {
    const bo = await world.terminal('bo')
    const { uin: bos } = await bo.register('Bo')
    await laptop.call('friend.add', { who: bos ?? '' })
    await bo.call('friend.accept', { who: uin })
    expect(await laptop.call('account.nick', { nick: 'Anna' })).toMatchObject({ nick: 'Anna' })
    await world.settle()
    expect(await bo.call('friend.list', {})).toMatchObject([{ uin, nick: 'Anna' }])
    expect(await bo.call('message.send', { to: 'Ana', text: 'by the old name' })).toMatchObject({ to: uin })
  })

  it('needs the relay', async () => {
    await laptop.offline()
    expect((await laptop.fails('account.nick', { nick: 'Anna' })).code).toBe('RELAY_UNREACHABLE')
  })
})

async function exported(terminal: Terminal): Promise<ExportRow[]> {
  const all: ExportRow[] = []
  let after: string | null = null
  do {
    const page: { rows: ExportRow[]; next: string | null } = await terminal.call('account.export', { after })
    all.push(...page.rows)
    after = page.next
  } while (after !== null)
  return all
}

function messagesIn(rows: readonly ExportRow[]): (string | null)[] {
  return rows.flatMap((row) => (row.type === 'message' ? [row.message.text] : []))
}

describe('an export', () => {
  it('has everything, also the messages this device never got, or says that it cannot', async () => {
    const bo = await world.terminal('bo')
    const { uin: bos } = await bo.register('Bo')
    await laptop.call('friend.add', { who: bos ?? '' })
    await bo.call('friend.accept', { who: uin })
    const texts = Array.from({ length: 330 }, (_, i) => `m${i}`)
    for (const [i, text] of texts.entries()) {
      await laptop.call('message.send', { to: 'Bo', text })
      if (i % 100 === 99) await world.pass(10_000)
    }
    // What was read is what a fresh device leaves with the relay.
    await bo.call('message.send', { to: 'Ana', text: 'enough' })
    await laptop.call('message.inbox', { unread: true, markRead: true })
    await laptop.call('message.send', { to: 'me', text: 'a note' })
    await laptop.call('backup.add', {
      to: 'Bo',
      text: 'later',
      when: { whenOnline: true },
      action: 'remind',
      dryRun: false,
    })
    const phone = await world.terminal('phone')
    await phone.login(uin)
    await phone.offline()
    await expect(exported(phone)).rejects.toMatchObject({ code: 'RELAY_UNREACHABLE' })
    await phone.online()
    const rows = await exported(phone)
    expect(rows[0]).toMatchObject({ type: 'account', account: { uin, nick: 'Ana', recoveryCode: null } })
    expect(rows.filter(({ type }) => type === 'friend')).toMatchObject([{ friend: { uin: bos } }])
    expect(rows.filter(({ type }) => type === 'backup')).toMatchObject([{ backup: { text: 'later' } }])
    const messages = messagesIn(rows)
    expect(messages).toHaveLength(332)
    expect(messages.filter((text) => text !== 'a note')).toEqual([...texts, 'enough'])
    expect(messages).toContain('a note')
    expect(messagesIn(await exported(laptop)).sort()).toEqual([...messages].sort())
  })
})

describe('deleting the account', () => {
  it('wants its number and its password', async () => {
    const wrong = await laptop.fails('account.delete', { confirm: '1000000008', password: PASSWORD })
    expect(wrong.code).toBe('USAGE')
    expect((await laptop.fails('account.delete', { confirm: uin, password: 'guess' })).code).toBe('WRONG_LOGIN')
    expect(await laptop.call('account.whoami', {})).toMatchObject({ uin, connected: true })
  })

  it('leaves nothing here, cuts the other devices off, and friends see it gone', async () => {
    const bo = await world.terminal('bo')
    const { uin: bos } = await bo.register('Bo')
    await laptop.call('friend.add', { who: bos ?? '' })
    await bo.call('friend.accept', { who: uin })
    const phone = await world.terminal('phone')
    await phone.login(uin)
    expect(await laptop.call('account.delete', { confirm: uin, password: PASSWORD })).toMatchObject({ uin })
    await world.pass(1_000)
    expect(await laptop.call('account.whoami', {})).toMatchObject({ uin: null, backups: 0 })
    expect((await laptop.fails('message.inbox', { unread: false, markRead: false })).code).toBe('NOT_LOGGED_IN')
    const told = await phone.fails('message.send', { to: 'me', text: 'anybody?' })
    expect(told.code).toBe('TOKEN_REFUSED')
    expect(await bo.call('friend.list', {})).toEqual([])
    expect((await laptop.fails('account.login', { uin, password: PASSWORD })).code).toBe('WRONG_LOGIN')
    expect(await world.store.read(uin as Uin, async (reader) => (await reader.range({})).length)).toBe(1)
    expect((await laptop.register('Ana again')).uin).not.toBe(uin)
  })
})

describe('a clock that is far off', () => {
  it('is told with every answer and in the status, and nothing goes wrong', async () => {
    const late = await world.terminal('late', { clockOffMs: -20 * 60_000 })
    const account = await late.login(uin)
    expect(account.warnings).toMatchObject([
      { code: 'CLOCK_OFF', message: expect.stringContaining('20 minutes behind') },
    ])
    expect(await late.call('daemon.status', {})).toMatchObject({
      clockSkewMs: 20 * 60_000,
      warnings: [{ code: 'CLOCK_OFF' }],
    })
    const added = await late.call('backup.add', {
      to: 'me',
      text: 'x',
      when: { in: '1m' },
      action: 'send',
      dryRun: false,
    })
    expect(added.nextAt).toBe(new Date(world.host.clock.now() + 60_000).toISOString())
    await world.pass(59_000)
    expect(await late.call('backup.show', { id: added.id ?? '' })).toMatchObject({ state: 'armed' })
    await world.pass(2_000)
    expect(await late.call('backup.list', { due: false, all: true })).toMatchObject([
      { state: 'sent', warnings: [{ code: 'CLOCK_OFF' }] },
    ])
  })

  it("by a little is nobody's business", async () => {
    const early = await world.terminal('early', { clockOffMs: 4 * 60_000 })
    expect((await early.login(uin)).warnings).toBeUndefined()
  })
})
