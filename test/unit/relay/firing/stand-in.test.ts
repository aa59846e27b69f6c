import { describe, expect, it } from 'vitest'
import type { BackupPlan, Condition } from '../../../../src/domain/backup.ts'
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../../../src/domain/instant.ts'
import { AccountCache } from '../../../../src/relay/accounts/account-cache.ts'
import { Accounts } from '../../../../src/relay/accounts/accounts.ts'
import { DEFAULT_CONFIG } from '../../../../src/relay/config.ts'
import { Budgets } from '../../../../src/relay/connections/budgets.ts'
import { PresenceBoard } from '../../../../src/relay/connections/presence-board.ts'
import type { Reader, Store } from '../../../../src/store/store.ts'
import { at, idOf, newBackup, planFor, putBackup, refusal, say, textsOf } from '../../../support/relay-world.ts'
import { twoFriends } from '../../../support/two-friends.ts'

const { world, ana, bo, hangUp } = twoFriends()

const window = { between: null, days: null, zone: 'UTC', onlyIfIAm: null, elseAt: null, expiresAt: null }
const now = () => world.host.clock.now()

describe('nothing is forgotten', () => {
  const daytime: BackupPlan['window'] = { ...window, between: { fromMinute: 8 * 60, toMinute: 22 * 60 } }

  it('what waited for its window goes when the window opens', async () => {
    const tonight = now() + 14 * HOUR_MS
    await putBackup(ana, 'tea', planFor(bo.uin, [at(tonight)], { window: daytime }))
    await hangUp(ana)
    await world.pass(22 * HOUR_MS)
    expect(textsOf(bo)).toEqual([])
    await world.pass(HOUR_MS + SECOND_MS)
    expect(textsOf(bo)).toEqual(['tea'])
  })

  it('nor when the relay crashes and something else changes meanwhile', async () => {
    const night: BackupPlan['window'] = { ...window, between: { fromMinute: 20 * 60, toMinute: 22 * 60 } }
    const online: Condition = { kind: 'presence', who: bo.uin, is: 'online', turns: null }
    await putBackup(ana, 'tea', planFor(bo.uin, [online], { window: night }))
    await putBackup(ana, 'cake', planFor(bo.uin))
    await world.pass(10 * SECOND_MS)
    await world.crash()
    const back = await world.open(bo)
    const mine = await world.open(ana)
    await mine.call('backup.send', { id: idOf('cake'), change: idOf('c') })
    await hangUp(mine)
    for (let hour = 0; hour < 11; hour++) {
      await back.call('session.active', {})
      await world.pass(HOUR_MS - 50 * MINUTE_MS)
      await back.call('session.active', {})
      for (let i = 0; i < 5; i++) {
        await world.pass(10 * MINUTE_MS)
        await back.call('session.active', {})
      }
    }
    await world.pass(MINUTE_MS)
    expect(textsOf(back)).toEqual(['cake', 'tea'])
  })

  it('what waits to be read goes when it is read', async () => {
    const { n } = await say(ana, bo.uin, 'question')
    await putBackup(ana, 'nudge', planFor(bo.uin, [{ kind: 'read', who: bo.uin, n }]))
    await hangUp(ana)
    await world.pass(MINUTE_MS)
    await bo.call('mark.put', { marks: [{ friend: ana.uin, delivered: n, read: n }] })
    await world.pass(1)
    expect(textsOf(bo)).toEqual(['question', 'nudge'])
  })
})

describe('a look', () => {
  it('leaves the wake-up as it is when more was asked for meanwhile', async () => {
    const told = { onHead: () => {}, onWake: () => {} }
    const accounts = new Accounts(world.store, world.host.clock, { most: 10, forMs: 1 }, told)
    const asked = () => accounts.read(ana.uin, (view) => view.asked)
    const wake = () => world.store.read(ana.uin, (reader) => reader.wake)
    const begun = await asked()
    await accounts.one(ana.uin, (account) => {
      account.putSetting({ ...account.setting, statusText: 'here' })
      account.lookSoon()
    })
    await accounts.one(ana.uin, (account) => account.looked(begun, null))
    expect(await wake()).toBe(now())
    const again = await asked()
    await accounts.one(ana.uin, (account) => account.looked(again, null))
    expect(await wake()).toBeNull()
    // Still in memory: a moved wake-up alone is no reason to read the account again.
    expect(await asked()).toBe(again)
  })
})

describe('nothing spins', () => {
  it('an account at rest asks for no wake-up, and time alone costs no transactions', async () => {
    await putBackup(ana, 'tea', planFor(bo.uin, [at(now() + MINUTE_MS)]))
    await putBackup(ana, 'manual', planFor(bo.uin))
    await hangUp(ana)
    await world.pass(2 * MINUTE_MS)
    expect(await world.store.nextWake()).toBeNull()
    const before = await world.store.read(ana.uin, (reader) => reader.version)
    await world.pass(HOUR_MS)
    expect(await world.store.read(ana.uin, (reader) => reader.version)).toBe(before)
  })

  it('however many accounts come due in a while, the index is read now and then until they do', async () => {
    const soon = now() + 2 * MINUTE_MS
    for (let n = 0; n < 1_000; n++) {
      await world.store.transact([`one of many ${n}`], () => ({ writes: [[]], wake: [soon], result: null }))
    }
    const wakes = world.store.wakes.bind(world.store)
    let reads = 0
    world.store.wakes = async (until, limit) => (reads++ < 100 ? await wakes(until, limit) : [])
    await world.pass(MINUTE_MS + 59 * SECOND_MS)
    expect(reads).toBeLessThan(10)
  })

  it('while the index is being read, whatever comes due meanwhile is one more reading of it', async () => {
    await world.pass(MINUTE_MS)
    const wakes = world.store.wakes.bind(world.store)
    let reads = 0
    let go = () => {}
    const gate = new Promise<void>((resolve) => {
      go = resolve
    })
    world.store.wakes = async (until, limit) => {
      reads++
      await gate
      return wakes(until, limit)
    }
    for (let i = 0; i < 20; i++) {
      await putBackup(ana, `due ${i}`, planFor(bo.uin, [at(now() + HOUR_MS)]))
      await world.pass(1)
    }
    expect(reads).toBe(1)
    go()
    await world.pass(SECOND_MS)
    expect(reads).toBeLessThan(5)
  })

  it('a full disk is tried again, and what was due goes when there is room', async () => {
    await putBackup(ana, 'tea', planFor(bo.uin, [at(now() + MINUTE_MS)]))
    await hangUp(ana)
    await world.pass(20 * SECOND_MS)
    const room = world.refuseWrites()
    await world.pass(2 * MINUTE_MS)
    expect(textsOf(bo)).toEqual([])
    room()
    await world.pass(10 * SECOND_MS)
    expect(textsOf(bo)).toEqual(['tea'])
  })

  it('a full disk costs one try every five seconds, however many accounts are due', async () => {
    const devices = [ana, bo]
    for (let n = 0; n < 8; n++) devices.push(await world.register(`one of many ${n}`))
    for (const device of devices) await putBackup(device, 'due', planFor(device.uin, [at(now() + MINUTE_MS)]))
    for (const device of devices) await hangUp(device)
    await world.pass(20 * SECOND_MS)
    const room = world.refuseWrites()
    await world.pass(MINUTE_MS)
    const failures = () => world.host.log.lines.filter(({ event }) => event === 'look at an account failed').length
    const before = failures()
    await world.pass(MINUTE_MS)
    expect(failures() - before).toBe(12)
    room()
    await world.pass(6 * SECOND_MS)
    for (const device of devices) {
      const back = await world.open(device)
      expect((await back.call('backup.get', { id: idOf('due') })).record.state).toBe('sent')
    }
  })

  it('a transaction a full disk refused leaves nothing behind in memory', async () => {
    await world.pass(SECOND_MS)
    const room = world.refuseWrites()
    expect(await refusal(say(ana, bo.uin, 'lost'))).toBe('DISK_FULL')
    room()
    await world.pass(2 * SECOND_MS)
    expect(await say(ana, bo.uin, 'kept')).toMatchObject({ n: 1 })
    await world.settle()
    expect(textsOf(bo)).toEqual(['kept'])
    expect(textsOf(ana)).toEqual(['kept'])
  })
})

describe('many at once', () => {
  it('go in the order they came due, each friend apart', async () => {
    const cy = await world.register('Cy')
    await world.befriend(ana, cy)
    const due = now() + MINUTE_MS
    const backups = Array.from({ length: 200 }, (_, i) =>
      newBackup(ana, `due ${i}`, planFor(i % 2 === 0 ? bo.uin : cy.uin, [at(due + 200 - i)]), `${i}`),
    )
    for (const from of [0, 100]) await ana.call('backup.put', { backups: backups.slice(from, from + 100) })
    await hangUp(ana)
    world.host.clock.jump(2 * MINUTE_MS)
    await world.pass(31 * SECOND_MS)
    const evens = Array.from({ length: 100 }, (_, i) => `${198 - 2 * i}`)
    expect(textsOf(bo)).toEqual(evens)
    expect(textsOf(cy)).toEqual(evens.map((text) => `${Number(text) + 1}`))
  })

  it('in thousands of accounts while the relay was down, all are looked at after it has started', async () => {
    const accounts = Array.from({ length: 2_500 }, (_, n) => `one of many ${n}`)
    for (const [n, account] of accounts.entries()) {
      await world.store.transact([account], () => ({ writes: [[]], wake: [now() + MINUTE_MS + n], result: null }))
    }
    await putBackup(ana, 'tea', planFor(bo.uin, [at(now() + 2 * MINUTE_MS)]))
    const crash = world.crash()
    world.host.clock.jump(5 * MINUTE_MS)
    await crash
    const back = await world.open(bo, { cursor: { epoch: world.store.epoch, seq: 0 } })
    await world.pass(SECOND_MS)
    expect(await world.store.nextWake()).toBeNull()
    expect(textsOf(back)).toEqual(['tea'])
  })

  it('only so many are under way at once, and all go', async () => {
    const due = now() + MINUTE_MS
    const backups = Array.from({ length: 100 }, (_, i) =>
      newBackup(ana, `due ${i}`, planFor(bo.uin, [at(due)]), `${i}`),
    )
    await ana.call('backup.put', { backups })
    await hangUp(ana)
    const transact = world.store.transact.bind(world.store)
    let underWay = 0
    let most = 0
    world.store.transact = async (accounts, fn) => {
      underWay += accounts.length - 1
      most = Math.max(most, underWay)
      try {
        return await transact(accounts, fn)
      } finally {
        underWay -= accounts.length - 1
      }
    }
    await world.pass(MINUTE_MS + SECOND_MS)
    expect(most).toBe(64)
    expect(textsOf(bo)).toHaveLength(100)
  })

  it('one that fails does not keep back the others', async () => {
    await putBackup(ana, 'tea', planFor(bo.uin, [at(now() + MINUTE_MS)]))
    await putBackup(ana, 'me', planFor(ana.uin, [at(now() + MINUTE_MS + 1)]))
    await hangUp(ana)
    await bo.call('friend.remove', { uin: ana.uin })
    await world.pass(MINUTE_MS + SECOND_MS)
    const back = await world.open(ana, { cursor: { epoch: world.store.epoch, seq: 0 } })
    expect(textsOf(back)).toEqual(['me'])
  })
})

describe('what only a terminal can do', () => {
  it('is not done in its place: a command stays armed', async () => {
    await putBackup(
      ana,
      'job',
      planFor(ana.uin, [at(now() + SECOND_MS)], { action: { kind: 'run', device: ana.deviceId } }),
    )
    await hangUp(ana)
    await world.pass(MINUTE_MS)
    const back = await world.open(ana)
    expect((await back.call('backup.get', { id: idOf('job') })).record.state).toBe('armed')
  })

  it('a countdown nobody could see ends as a reminder', async () => {
    const action = { kind: 'send' as const, countdownMs: 30_000 }
    await putBackup(ana, 'tea', planFor(bo.uin, [at(now() + SECOND_MS)], { action }))
    await hangUp(ana)
    await world.pass(2 * MINUTE_MS)
    const back = await world.open(ana)
    expect((await back.call('backup.get', { id: idOf('tea') })).record.state).toBe('due')
    expect(textsOf(bo)).toEqual([])
  })
})

describe('memory', () => {
  it('accounts leave it when there are too many, and come back as they were', async () => {
    const accounts = new Accounts(
      world.store,
      world.host.clock,
      { most: 10, forMs: 1 },
      { onHead: () => {}, onWake: () => {} },
      new AccountCache(() => true, 1),
    )
    await accounts.one(ana.uin, (account) => account.putSetting({ ...account.setting, statusText: 'here' }))
    await accounts.read(bo.uin, () => {})
    expect(await accounts.read(ana.uin, (view) => view.setting.statusText)).toBe('here')
    expect((await accounts.entries(ana.uin, 0, 99, 1)).map((entry) => entry.seq)).toEqual([1])
  })

  it('a transaction that is run again starts from what is on disk', async () => {
    const { transact } = world.store
    let first = true
    const twice: Store = Object.create(world.store, {
      transact: {
        value: (uins: string[], fn: Parameters<typeof transact>[1]) =>
          world.store.transact(uins, async (readers) => {
            if (!first) return fn(readers)
            first = false
            await fn(readers)
            // Another writer came between, with as many changes as the run that was not written.
            const later = (reader: Reader): Reader => ({
              version: reader.version + 1,
              rows: reader.rows,
              wake: reader.wake,
              get: (key) => reader.get(key),
              range: (query) => reader.range(query),
              texts: (query) => reader.texts(query),
            })
            return fn(readers.map(later))
          }),
      },
      read: { value: world.store.read.bind(world.store) },
      epoch: { value: world.store.epoch },
    })
    const told = { onHead: () => {}, onWake: () => {} }
    const accounts = new Accounts(twice, world.host.clock, { most: 10, forMs: 1 }, told)
    const head = await accounts.read(ana.uin, (view) => view.head)
    await accounts.one(ana.uin, (account) => account.putSetting({ ...account.setting, statusText: 'once' }))
    expect(await accounts.read(ana.uin, (view) => view.head)).toBe(head + 1)
  })

  it('presence lets go of whoever is offline and not asked for', async () => {
    const told = { onHead: () => {}, onWake: () => {} }
    const accounts = new Accounts(world.store, world.host.clock, { most: 10, forMs: 1 }, told)
    const board = new PresenceBoard(world.host, accounts, DEFAULT_CONFIG, { toViewer: () => {}, onFact: () => {} }, 3)
    const strangers = ['1000000008', '1000000016', '1000000024'] as (typeof ana.uin)[]
    await board.fetch(strangers)
    world.host.clock.advance(2 * MINUTE_MS)
    await board.connected(bo.uin, bo.deviceId, true)
    expect(board.size).toBe(1)
    expect(board.seenBy(bo.uin, bo.uin)).toMatchObject({ status: 'online' })
    await world.settle()
    board.close()
  })

  it('budgets forget full buckets and never ask for more than there can be', async () => {
    const budgets = new Budgets(world.host.clock, 1, 3)
    budgets.take('a', 5)
    expect(() => budgets.take('a', 1)).toThrow(expect.objectContaining({ code: 'RATE_LIMITED', retryAfterMs: 1_000 }))
    world.host.clock.advance(1_000)
    budgets.take('a', 1)
  })
})
