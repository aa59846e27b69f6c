/** What a relay, or whoever sits in its place, may put into the log instead of what was written. */
import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Uin } from '../../src/domain/uin.ts'
import { sealContent } from '../../src/sealing/content.ts'
import type { SealedEnvelope } from '../../src/sealing/envelope.ts'
import { type AccountKeys, importAccountKeys, makeAccountKeys } from '../../src/sealing/keys.ts'
import { type InProcess, type Terminal, twoFriends } from '../support/in-process.ts'

let world: InProcess
let desk: Terminal
let phone: Terminal
let ana: Uin
let bo: Uin

beforeEach(async () => {
  ;({ world, desk, phone, ana, bo } = await twoFriends())
})

afterEach(() => world.close())

const random = (length: number) => randomBytes(length)
const say = (text: string) => desk.call('message.send', { to: 'Bo', text })
const inbox = (terminal: Terminal) => terminal.call('message.inbox', { unread: false, markRead: false })

async function keysOf(terminal: Terminal): Promise<AccountKeys> {
  return importAccountKeys((JSON.parse((await terminal.secrets.get()) ?? '{}') as { keys: string }).keys)
}

type Content = SealedEnvelope | Record<string, unknown>

/** Bo's terminal hears the contents of new messages and backups as `change` makes them. */
function exchange(terminal: Terminal, change: (content: SealedEnvelope) => Content): void {
  terminal.rewrite((frame) => {
    const said = JSON.parse(frame) as { method?: string; params?: { entries?: Record<string, unknown>[] } }
    if (said.method !== 'log.entries') return frame
    for (const entry of said.params?.entries ?? []) {
      const holder = (entry.message ?? entry.backup) as { content: Content } | undefined
      if (holder !== undefined) holder.content = change(holder.content as SealedEnvelope)
    }
    return JSON.stringify(said)
  })
}

const other = (text: string) => `${text.slice(0, 9)}${text[9] === 'A' ? 'B' : 'A'}${text.slice(10)}`

describe('a message that is not as it was written', () => {
  const forms: [string, string, (content: SealedEnvelope) => Content][] = [
    ['in clear', 'NOT_SEALED', () => ({ kind: 'plain', text: 'words of the relay' })],
    ['of a kind of the future', 'UNKNOWN_KIND', () => ({ kind: 'quantum', cat: ['alive', 'dead'] })],
    ['with another body', 'BAD_SEAL', (content) => ({ ...content, body: other(content.body) })],
    ['with another signature', 'BAD_SEAL', (content) => ({ ...content, sig: other(content.sig) })],
    ['with another key', 'BAD_SEAL', (content) => ({ ...content, wraps: { ...content.wraps, to: 'AAAA' } })],
    ['with another origin', 'BAD_SEAL', (content) => ({ ...content, origin: other(content.origin) })],
    ['as a repetition', 'BAD_SEAL', (content) => ({ ...content, repeats: true })],
    ['without its key', 'BAD_SEAL', (content) => ({ ...content, wraps: { self: null, to: null } })],
    ['for somebody else', 'WRONG_RECIPIENT', (content) => ({ ...content, sealedTo: other(content.sealedTo ?? '') })],
  ]

  it.each(forms)('%s is kept and marked, and what follows is read', async (_name, code, change) => {
    exchange(phone, change)
    await say('first')
    await world.pass(1_000)
    phone.rewrite(null)
    await say('second')
    await world.pass(1_000)
    const [first, second] = await inbox(phone)
    expect(first).toMatchObject({ text: null, unreadable: true, error: { code }, from: ana })
    expect(second).toMatchObject({ text: 'second', unreadable: false, error: null })
    const [mine] = await desk.call('message.history', { who: 'Bo', limit: 10 })
    expect(mine).toMatchObject({ text: 'first', unreadable: false })
    await phone.restart()
    expect((await inbox(phone)).map(({ text }) => text)).toEqual([null, 'second'])
  })

  it('one that the relay wrote itself, with all that it knows, is not believed', async () => {
    const place = { sender: ana, recipient: bo, origin: 'x'.repeat(22), contentRev: 1, repeats: false }
    const forged = await sealContent('pay me', place, makeAccountKeys(random), (await keysOf(phone)).publicKeys, random)
    exchange(phone, () => forged)
    await say('hello')
    await world.pass(1_000)
    expect((await inbox(phone))[0]).toMatchObject({ text: null, error: { code: 'BAD_SEAL' } })
  })

  it('one that was for somebody else is not read by the one it is given to', async () => {
    const cy = await world.terminal('cy')
    const cyUin = (await cy.register('Cy')).uin as Uin
    await desk.call('friend.add', { who: cyUin })
    await cy.call('friend.accept', { who: ana })
    await world.pass(1_000)
    let taken: SealedEnvelope | null = null
    exchange(cy, (content) => {
      taken ??= content
      return content
    })
    await desk.call('message.send', { to: 'Cy', text: 'for Cy' })
    await world.pass(1_000)
    exchange(phone, (content) => taken ?? content)
    await say('for Bo')
    await world.pass(1_000)
    expect((await inbox(phone))[0]).toMatchObject({ text: null, error: { code: 'WRONG_RECIPIENT' } })
  })

  it('one that comes again as another is shown once, also by a terminal that reads them in another order', async () => {
    await say('pay me 10')
    await world.pass(1_000)
    let first: SealedEnvelope | null = null
    const replay = (terminal: Terminal) =>
      terminal.rewrite((frame) => {
        const said = JSON.parse(frame)
        const holders = [...(said.params?.entries ?? []), ...(said.result?.items ?? [])]
        for (const { type, message } of holders) {
          if (type !== 'message') continue
          first ??= message.content
          message.content = first
        }
        return JSON.stringify(said)
      })
    const tablet = await world.terminal('tablet')
    replay(tablet)
    await tablet.login(bo)
    replay(phone)
    await say('pay me 20')
    await world.pass(1_000)
    for (const terminal of [phone, tablet]) {
      const [one, two] = await inbox(terminal)
      expect(one).toMatchObject({ text: 'pay me 10', unreadable: false })
      expect(two).toMatchObject({ text: null, unreadable: true, error: { code: 'REPLAYED' } })
    }
  })

  it('fires nothing that waits for words', async () => {
    const { id } = await phone.call('backup.add', {
      to: 'me',
      text: 'answer',
      when: { whenMessageFrom: [ana], matching: 'now' },
      action: 'remind',
      dryRun: false,
    })
    exchange(phone, () => ({ kind: 'plain', text: 'now' }))
    await say('not yet')
    await world.pass(10_000)
    expect(await phone.call('backup.show', { id: id ?? '' })).toMatchObject({ state: 'armed' })
    phone.rewrite(null)
    await say('now')
    await world.pass(10_000)
    expect(await phone.call('backup.show', { id: id ?? '' })).toMatchObject({ state: 'due' })
  })
})

describe('a backup that is not as it was written', () => {
  const add = (text: string) =>
    desk.call('backup.add', {
      to: 'Bo',
      text,
      when: { in: '2h' },
      action: 'send',
      note: `note of ${text}`,
      dryRun: false,
    })

  it('is kept and marked, cannot be edited blindly, and can be written anew', async () => {
    const train = await world.terminal('train')
    await train.login(ana)
    exchange(train, (content) => ({ ...content, body: other(content.body) }))
    const { id } = await add('hello')
    await world.pass(1_000)
    train.rewrite(null)
    expect(await train.call('backup.show', { id: id ?? '' })).toMatchObject({ text: null, unreadable: true })
    const edited = await train.call('backup.edit', { id: id ?? '', text: 'hello again' })
    expect(edited).toMatchObject({ text: 'hello again', unreadable: false, note: 'note of hello' })
    await world.pass(1_000)
    expect(await desk.call('backup.show', { id: id ?? '' })).toMatchObject({ text: 'hello again' })
  })

  it('does not take the text of another draft to the same friend', async () => {
    let first: SealedEnvelope | null = null
    const train = await world.terminal('train')
    await train.login(ana)
    exchange(train, (content) => {
      first ??= content
      return first
    })
    await add('yes')
    const { id } = await add('no')
    await world.pass(1_000)
    expect(await train.call('backup.show', { id: id ?? '' })).toMatchObject({ text: null, unreadable: true })
  })
})

describe('a terminal whose disk is full', () => {
  it('reads what came with its login all the same', async () => {
    await say('hello')
    const tablet = await world.terminal('tablet')
    await tablet.login(bo)
    tablet.fillDisk(true)
    expect(await inbox(tablet)).toMatchObject([{ text: 'hello', unreadable: false }])
  })
})

describe('a terminal whose keychain is locked', () => {
  it('shows no texts, seals none, and has them all again once it is open', async () => {
    await phone.call('message.send', { to: ana, text: 'hello' })
    await world.pass(1_000)
    desk.lockKeychain(true)
    await desk.restart()
    expect((await inbox(desk))[0]).toMatchObject({ text: null, unreadable: true, error: { code: 'KEYCHAIN_LOCKED' } })
    expect((await desk.fails('message.send', { to: bo, text: 'x' })).code).toBe('KEYCHAIN_LOCKED')
    desk.lockKeychain(false)
    await world.pass(31_000)
    expect((await inbox(desk))[0]).toMatchObject({ text: 'hello', unreadable: false })
  })
})
