/** Bo's keys become others: by a relay that lies to Ana, or because Bo really has new ones. */
import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Uin } from '../../src/domain/uin.ts'
import type { PublicKeys } from '../../src/protocol/records.ts'
import { type AccountKeys, exportAccountKeys, importAccountKeys, makeAccountKeys } from '../../src/sealing/keys.ts'
import { type InProcess, type Terminal, twoFriends } from '../support/in-process.ts'
import { rotateKeys } from '../support/relay-world.ts'

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

async function keysOf(terminal: Terminal): Promise<AccountKeys> {
  const secret = JSON.parse((await terminal.secrets.get()) ?? '{}') as { keys: string }
  return importAccountKeys(secret.keys)
}

/** Every frame this terminal hears names other keys for Bo. */
async function lieTo(terminal: Terminal, keys: PublicKeys): Promise<void> {
  const { publicKeys } = await keysOf(phone)
  terminal.rewrite((frame) => frame.replaceAll(publicKeys.kem, keys.kem).replaceAll(publicKeys.sign, keys.sign))
}

/** Anything about the friend makes the relay tell the record again. */
const touch = (terminal: Terminal) => terminal.call('friend.notify', { who: bo, notify: 'off' })

/** Bo's account gets other keys for good, and Bo's terminal has them. */
async function rotate(): Promise<void> {
  const old = await keysOf(phone)
  const fresh = { ...makeAccountKeys(random), dataKey: old.dataKey }
  const secret = JSON.parse((await phone.secrets.get()) ?? '{}') as { token: string }
  await phone.secrets.set(JSON.stringify({ ...secret, keys: exportAccountKeys(fresh) }))
  await rotateKeys(world, bo, fresh.publicKeys)
  await phone.restart()
  await world.pass(31_000)
}

const boOf = async (terminal: Terminal) => (await terminal.call('friend.list', {}))[0]
const add = (text: string, action: 'send' | 'remind' = 'send') =>
  desk.call('backup.add', { to: 'Bo', text, when: { in: '2h' }, action, dryRun: false })
const show = async (terminal: Terminal, id: string | null) => terminal.call('backup.show', { id: id ?? '' })
const inbox = async (terminal: Terminal) =>
  (await terminal.call('message.inbox', { unread: false, markRead: false })).map(({ text }) => text)

describe('a relay that names other keys for a friend', () => {
  const eve = makeAccountKeys(random)

  it('is noticed: told, shown, and nothing is sent until the owner says yes', async () => {
    const { id } = await add('for Bo alone')
    const reminder = await add('ask Bo', 'remind')
    await desk.call('watch.start', { types: ['friend'] })
    await lieTo(desk, eve.publicKeys)
    await touch(desk)
    await world.pass(1_000)
    expect(desk.events.map(({ change }) => change)).toContain('key-changed')
    expect(desk.popups).toContainEqual(expect.objectContaining({ title: 'The key of Bo has changed' }))
    expect(await boOf(desk)).toMatchObject({ keyChanged: true, verified: false })
    expect(await show(desk, id)).toMatchObject({ state: 'held', why: { code: 'KEY_CHANGED' } })
    expect(await show(desk, reminder.id)).toMatchObject({ state: 'armed' })
    for (const attempt of [
      desk.fails('message.send', { to: 'Bo', text: 'psst' }),
      desk.fails('backup.send', { id: id ?? '' }),
      desk.fails('backup.edit', { id: id ?? '', text: 'psst' }),
      desk.fails('backup.add', { to: 'Bo', text: 'psst', when: {}, action: 'send', dryRun: false }),
    ]) {
      expect(await attempt).toMatchObject({ code: 'KEY_CHANGED', exit: 7 })
    }
    await world.pass(3 * 3_600_000)
    expect(await inbox(phone)).toEqual([])
  })

  it('gets nothing by any other verb either: what would send is refused or held, what only reminds goes on', async () => {
    const id = ({ id }: { id: string | null }) => id ?? ''
    const [held, cancelled, paused, series] = [
      await add('for Bo alone'),
      await add('taken back'),
      await add('put off'),
      await desk.call('backup.add', {
        to: 'Bo',
        text: 'every day',
        when: { every: 'day 15:00' },
        action: 'send',
        dryRun: false,
      }),
    ]
    const reminders = [await add('ask Bo', 'remind'), await add('ask Bo again', 'remind')]
    await phone.call('status.set', { status: 'busy' })
    const atOnce = await desk.call('backup.add', {
      to: 'Bo',
      text: 'you are there',
      when: { whenOnline: true },
      action: 'send',
      dryRun: false,
    })
    await desk.call('backup.cancel', { ids: [id(cancelled), id(atOnce)] })
    await desk.call('backup.pause', { id: id(paused) })
    await phone.call('status.set', { status: 'online' })
    await lieTo(desk, eve.publicKeys)
    await touch(desk)
    await world.pass(1_000)

    const [first, second] = reminders.map(id) as [string, string]
    for (const attempt of [
      desk.fails('backup.edit', { id: id(held), when: { in: '3h' } }),
      desk.fails('backup.edit', { id: first, action: 'send' }),
      desk.fails('backup.send', { id: second }),
      desk.fails('backup.send', { id: id(series) }),
      desk.fails('backup.resume', { id: id(paused) }),
      desk.fails('backup.resume', { id: id(held) }),
    ]) {
      expect(await attempt).toMatchObject({ code: 'KEY_CHANGED' })
    }
    await desk.call('backup.undo', { id: id(cancelled) })
    await desk.call('backup.undo', { id: id(atOnce) })
    await world.pass(1_000)
    for (const one of [held, cancelled, atOnce, series]) {
      expect(await show(desk, one.id)).toMatchObject({ state: 'held', why: { code: 'KEY_CHANGED' } })
    }
    await world.pass(30 * 3_600_000)
    expect(await inbox(phone)).toEqual([])
    for (const one of reminders) expect(await show(desk, one.id)).toMatchObject({ state: 'due' })
    await desk.call('backup.snooze', { id: first, until: 'in 1h' })
    await desk.call('backup.dismiss', { id: second })
  })

  it('is noticed by a terminal that logs in later: the first key roams', async () => {
    const train = await world.terminal('train')
    await lieTo(train, eve.publicKeys)
    await train.login(ana)
    await world.pass(1_000)
    expect(await boOf(train)).toMatchObject({ keyChanged: true })
    expect(train.popups).toContainEqual(expect.objectContaining({ title: 'The key of Bo has changed' }))
    expect(await boOf(desk)).toMatchObject({ keyChanged: false })
  })

  it('is noticed also when it forgets what the owner sealed about the friend', async () => {
    const { publicKeys } = await keysOf(phone)
    desk.rewrite((frame) =>
      frame
        .replaceAll(publicKeys.kem, eve.publicKeys.kem)
        .replaceAll(publicKeys.sign, eve.publicKeys.sign)
        .replace(/"private":\{[^}]*\{[^}]*\}[^}]*\}/g, (found) => (found.includes(bo) ? '"private":null' : found)),
    )
    await touch(desk)
    await world.pass(1_000)
    expect(await boOf(desk)).toMatchObject({ keyChanged: true })
  })

  it('shows two different numbers to the two of them', async () => {
    const seenByBo = await phone.call('friend.show', { who: ana })
    expect((await desk.call('friend.show', { who: 'Bo' })).safetyNumber).toBe(seenByBo.safetyNumber)
    expect(seenByBo.safetyNumber).toMatch(/^\d{5}( \d{5}){11}$/)
    await lieTo(desk, eve.publicKeys)
    await touch(desk)
    await world.pass(1_000)
    const shown = await desk.call('friend.show', { who: 'Bo' })
    expect(shown.safetyNumber).not.toBe(seenByBo.safetyNumber)
    const refused = await desk.fails('friend.verify', { who: 'Bo', safetyNumber: seenByBo.safetyNumber ?? '' })
    expect(refused.code).toBe('KEY_CHANGED')
  })

  it('that comes back to the truth is forgiven: what it held goes again', async () => {
    const { id } = await add('for Bo alone')
    await lieTo(desk, eve.publicKeys)
    await touch(desk)
    await world.pass(1_000)
    expect(await show(desk, id)).toMatchObject({ state: 'held' })
    desk.rewrite(null)
    await desk.call('friend.notify', { who: bo, notify: 'on' })
    await world.pass(1_000)
    expect(await boOf(desk)).toMatchObject({ keyChanged: false })
    expect(await show(desk, id)).toMatchObject({ state: 'armed' })
  })
})

describe('a friend who really has new keys', () => {
  it('gets nothing sealed for the old ones, and everything once the owner has said yes', async () => {
    const { id } = await add('still for you')
    await rotate()
    // The relay knows, and holds it at its moment; that is how Ana learns of it.
    await world.pass(2 * 3_600_000)
    expect(await inbox(phone)).toEqual([])
    expect(await show(desk, id)).toMatchObject({ state: 'held', why: { code: 'KEY_CHANGED' } })
    expect(await boOf(desk)).toMatchObject({ keyChanged: true })

    const { safetyNumber } = await desk.call('friend.show', { who: 'Bo' })
    expect((await phone.call('friend.show', { who: ana })).safetyNumber).toBe(safetyNumber)
    const verified = await desk.call('friend.verify', { who: 'Bo', safetyNumber: safetyNumber ?? '' })
    expect(verified).toMatchObject({ verified: true, keyChanged: false, safetyNumber })
    await world.pass(10_000)
    expect(await inbox(phone)).toEqual(['still for you'])
    expect(await show(desk, id)).toMatchObject({ state: 'sent' })
  })

  it('is not believed before that, and read after it', async () => {
    await rotate()
    expect((await desk.fails('message.send', { to: 'Bo', text: 'hello' })).code).toBe('KEY_CHANGED')
    await phone.call('message.send', { to: ana, text: 'it is me' })
    await world.pass(1_000)
    const [unread] = await desk.call('message.inbox', { unread: true, markRead: false })
    expect(unread).toMatchObject({ text: null, unreadable: true, error: { code: 'KEY_CHANGED' } })
    const { safetyNumber } = await desk.call('friend.show', { who: 'Bo' })
    await desk.call('friend.verify', { who: 'Bo', safetyNumber: safetyNumber ?? '' })
    expect(await inbox(desk)).toEqual(['it is me'])
  })

  it('is accepted on every terminal by a yes on one', async () => {
    const train = await world.terminal('train')
    await train.login(ana)
    await rotate()
    await desk.fails('message.send', { to: 'Bo', text: 'hello' })
    await world.pass(1_000)
    expect(await boOf(train)).toMatchObject({ keyChanged: true })
    const { safetyNumber } = await desk.call('friend.show', { who: 'Bo' })
    await desk.call('friend.verify', { who: 'Bo', safetyNumber: safetyNumber ?? '' })
    await world.pass(1_000)
    expect(await boOf(train)).toMatchObject({ keyChanged: false, verified: true })
    await train.call('message.send', { to: 'Bo', text: 'from the train' })
    await world.pass(1_000)
    expect(await inbox(phone)).toEqual(['from the train'])
  })
})
