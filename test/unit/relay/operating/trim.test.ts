import { describe, expect, it } from 'vitest'
import { DAY_MS, SECOND_MS } from '../../../../src/domain/instant.ts'
import { accountCheck } from '../../../../src/relay/durability/account-check.ts'
import { audit } from '../../../../src/store/audit.ts'
import { dummyText } from '../../../support/dummy-seal.ts'
import { inProcess } from '../../../support/in-process.ts'
import { idOf, planFor, putBackup, type RelayDevice, relayWorld, say } from '../../../support/relay-world.ts'
import { twoFriends } from '../../../support/two-friends.ts'

const { world, ana, bo } = twoFriends({ retention: { logForMs: 10 * DAY_MS, messagesForMs: 20 * DAY_MS } })

async function housekeep() {
  const kept = world.relay.housekeep()
  await world.pass(SECOND_MS)
  return kept
}

async function logOf(device: RelayDevice): Promise<number[]> {
  const rows = await world.store.read(device.uin, (reader) => reader.range({ gte: 'log/', lt: 'log0' }))
  return rows.map(([key]) => Number(key.slice(4)))
}

async function problems(): Promise<unknown[]> {
  return world.store.view(async (rows) => {
    const found: unknown[] = []
    for await (const problem of audit(rows, accountCheck)) found.push(problem)
    return found
  })
}

const mark = (device: RelayDevice, friend: RelayDevice, n: number) =>
  device.call('mark.put', { marks: [{ friend: friend.uin, delivered: n, read: n }] })

const texts = async (device: RelayDevice, friend: RelayDevice) =>
  (await device.call('log.history', { friend: friend.uin, before: null, limit: 100 })).messages.map(({ content }) =>
    dummyText(content),
  )

describe('a log', () => {
  it('keeps everything until it is told otherwise', async () => {
    const other = await relayWorld()
    const cy = await other.register('Cy')
    for (let n = 0; n < 5; n++) await cy.call('setting.put', { nick: `Cy ${n}` })
    other.host.clock.jump(1_000 * DAY_MS)
    const kept = other.relay.housekeep()
    await other.pass(SECOND_MS)
    expect(await kept).toMatchObject({ trimmed: 0 })
    expect((await other.open(cy, { cursor: { epoch: 1, seq: 0 } })).entries.map(({ seq }) => seq)).toEqual([
      1, 2, 3, 4, 5, 6, 7,
    ])
    await other.close()
  })

  it('loses what newer entries say, and messages that are old and read; the newest of each conversation stays', async () => {
    for (let n = 0; n < 20; n++) await ana.call('setting.put', { nick: `Ana ${n}` })
    for (let n = 1; n <= 8; n++) await say(bo, ana.uin, `number ${n}`)
    await mark(ana, bo, 6)
    world.host.clock.jump(12 * DAY_MS)
    const head = (await logOf(ana)).at(-1) ?? 0
    expect((await housekeep()).trimmed).toBeGreaterThan(20)
    expect(await texts(ana, bo)).toHaveLength(8)
    expect(await problems()).toEqual([])

    world.host.clock.jump(9 * DAY_MS)
    await housekeep()
    // Six were read. Two were not.
    expect(await texts(ana, bo)).toEqual(['number 8', 'number 7'])
    // Bo's own are in his log for as long: all but the newest are gone.
    expect(await texts(bo, ana)).toEqual(['number 8'])
    expect(await problems()).toEqual([])
    expect((await housekeep()).trimmed).toBe(0)

    // It goes on as if nothing had been.
    expect((await say(bo, ana.uin, 'number 9')).n).toBe(9)
    const later = await world.open(ana, { cursor: { epoch: 1, seq: head } })
    expect(later.entries.map(({ seq }) => seq)).toEqual([head + 1])
    const away = await world.open(ana, { cursor: { epoch: 1, seq: 3 } })
    expect(away.entries).toEqual([])
    await world.crash()
    expect(await problems()).toEqual([])
    expect((await world.open(ana, { cursor: { epoch: 1, seq: head } })).entries).toHaveLength(1)
  })

  it('is not cut above what a live backup counts from, and live backups and friends stay', async () => {
    await putBackup(ana, 'waits', planFor(bo.uin, [{ kind: 'message', from: bo.uin, sealed: true }]))
    const armed = (await logOf(ana)).at(-1) ?? 0
    for (let n = 0; n < 10; n++) await ana.call('setting.put', { nick: `Ana ${n}` })
    await say(bo, ana.uin, 'a word')
    world.host.clock.jump(100 * DAY_MS)
    await housekeep()
    const left = await logOf(ana)
    expect(left.slice(-12)).toEqual(Array.from({ length: 12 }, (_, i) => armed + i))
    const again = await world.open(ana, { cursor: { epoch: 1, seq: armed - 1 } })
    expect(again.entries.map(({ seq }) => seq)).toEqual(left.slice(-12))
    await again.call('backup.step', { id: idOf('waits'), change: idOf('x'), step: 'cancel' })
    await housekeep()
    expect((await logOf(ana)).length).toBeLessThan(left.length)
    const { items } = await again.call('log.state', { after: null })
    expect(items).toContainEqual(expect.objectContaining({ type: 'friend' }))
    expect(await problems()).toEqual([])
  })

  it('is cut a piece at a time, night after night, however long it is', async () => {
    for (let n = 0; n < 26; n++) {
      await world.pass(10 * SECOND_MS)
      for (let i = 0; i < 100; i++) await ana.call('setting.put', { nick: `Ana ${n} ${i}` })
    }
    world.host.clock.jump(11 * DAY_MS)
    const nights: number[] = []
    for (let night = 0; night < 4; night++) nights.push((await housekeep()).trimmed)
    expect(nights[0]).toBeGreaterThan(1_000)
    // Of both accounts: a friend's log has the nick too.
    expect(nights[0]).toBeLessThan(2 * 2_100)
    expect(nights.reduce((a, b) => a + b)).toBeGreaterThan(5_180)
    expect((await logOf(ana)).length).toBeLessThan(10)
    expect(await problems()).toEqual([])
  })
})

it('a terminal that was away for longer than the log goes back is as if it had been there', async () => {
  const whole = await inProcess({ retention: { logForMs: DAY_MS, messagesForMs: null } })
  const desk = await whole.terminal('desk')
  const other = await whole.terminal('other')
  const me = (await desk.register('Ana')).uin ?? ''
  const you = (await other.register('Bo')).uin ?? ''
  await desk.call('friend.add', { who: you })
  await other.call('friend.accept', { who: me })
  const laptop = await whole.terminal('laptop')
  await laptop.login(me)
  await laptop.offline()
  for (const text of ['one', 'two', 'three']) await other.call('message.send', { to: me, text })
  const add = { to: 'me', text: 'water', when: { in: '30d' }, action: 'remind' as const, dryRun: false }
  await desk.call('backup.add', add)
  await desk.call('friend.alias', { who: you, alias: 'bobo' })
  whole.host.clock.jump(3 * DAY_MS)
  const kept = whole.relay.housekeep()
  await whole.pass(SECOND_MS)
  expect((await kept).trimmed).toBeGreaterThan(0)
  await laptop.online()
  const history = await laptop.call('message.history', { who: you, limit: 10 })
  expect(history.map(({ text }) => text)).toEqual(['one', 'two', 'three'])
  expect(await laptop.call('backup.list', { due: false, all: false })).toMatchObject([
    { text: 'water', state: 'armed' },
  ])
  expect(await laptop.call('friend.list', {})).toMatchObject([{ uin: you, alias: 'bobo' }])
  expect(await laptop.call('daemon.status', {})).toMatchObject({ connected: true, outbox: 0 })
  await whole.close()
})
