import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { DAY_MS, SECOND_MS } from '../../../../src/domain/instant.ts'
import type { Uin } from '../../../../src/domain/uin.ts'
import { Accounts } from '../../../../src/relay/accounts/accounts.ts'
import { isIdle } from '../../../../src/relay/operating/housekeeping.ts'
import type { Relay } from '../../../../src/relay/relay.ts'
import { proveTo } from '../../../support/proofs.ts'
import {
  idOf,
  planFor,
  putBackup,
  type RelayDevice,
  type RelayWorld,
  refusal,
  relayWorld,
  say,
} from '../../../support/relay-world.ts'

const NOBODY = '1000000008' as Uin

let world: RelayWorld
let ana: RelayDevice
let bo: RelayDevice

beforeEach(async () => {
  world = await relayWorld({ loginsPerMinute: 6_000 })
  ana = await world.register('Ana')
  bo = await world.register('Bo')
})
afterEach(() => world.close())

async function housekeep(): ReturnType<Relay['housekeep']> {
  const kept = world.relay.housekeep()
  await world.pass(SECOND_MS)
  return kept
}

function stateOf(device: RelayDevice, uin: Uin): string | undefined {
  const told = device.entries.flatMap((entry) => (entry.type === 'friend' ? [entry.friend] : []))
  return told.findLast((friend) => friend.uin === uin)?.state
}

describe('a request nobody answers', () => {
  it('lapses on both sides after 30 days, and not before', async () => {
    await ana.call('friend.request', { uin: bo.uin, note: null })
    world.host.clock.jump(30 * DAY_MS - 60 * SECOND_MS)
    expect(await housekeep()).toMatchObject({ accounts: 2, lapsed: 0 })
    world.host.clock.jump(60 * SECOND_MS)
    expect(await housekeep()).toMatchObject({ lapsed: 1 })
    expect([stateOf(ana, bo.uin), stateOf(bo, ana.uin)]).toEqual(['removed', 'removed'])
    expect(await refusal(bo.call('friend.answer', { uin: ana.uin, accept: true }))).toBe('NO_SUCH_FRIEND')
  })

  it('lapses alike when there is nobody, or somebody who has blocked', async () => {
    await bo.call('friend.block', { uin: ana.uin })
    await ana.call('friend.request', { uin: NOBODY, note: null })
    await ana.call('friend.request', { uin: bo.uin, note: null })
    world.host.clock.jump(31 * DAY_MS)
    expect(await housekeep()).toMatchObject({ lapsed: 2 })
    expect([stateOf(ana, NOBODY), stateOf(ana, bo.uin)]).toEqual(['removed', 'removed'])
    expect(stateOf(bo, ana.uin)).toBe('blocked')
  })

  it('once it was accepted stays what it became', async () => {
    await world.befriend(ana, bo)
    world.host.clock.jump(60 * DAY_MS)
    expect(await housekeep()).toMatchObject({ lapsed: 0 })
    expect(await refusal(say(ana, bo.uin, 'still friends'))).toBe('not refused')
  })
})

describe('a backup that is over', () => {
  it('goes after 90 days but for its id; one that still waits stays', async () => {
    await putBackup(ana, 'cancelled', planFor(ana.uin))
    await putBackup(ana, 'waiting', planFor(ana.uin))
    await ana.call('backup.step', { id: idOf('cancelled'), change: idOf('step'), step: 'cancel' })
    world.host.clock.jump(90 * DAY_MS - 60 * SECOND_MS)
    expect(await housekeep()).toMatchObject({ forgotten: 0 })
    world.host.clock.jump(60 * SECOND_MS)
    expect(await housekeep()).toMatchObject({ forgotten: 1 })
    expect(await refusal(ana.call('backup.get', { id: idOf('cancelled') }))).toBe('NO_SUCH_BACKUP')
    expect(await refusal(putBackup(ana, 'cancelled', planFor(ana.uin)))).toBe('ALREADY_FINISHED')
    expect(await refusal(ana.call('backup.get', { id: idOf('waiting') }))).toBe('not refused')
    expect(await housekeep()).toMatchObject({ forgotten: 0 })
  })
})

describe('housekeeping', () => {
  it('of which nothing comes is worth no line in the log, anything else is', () => {
    const nothing = { accounts: 1_000, lapsed: 0, forgotten: 0, trimmed: 0, buried: 0 }
    expect(isIdle(nothing)).toBe(true)
    for (const what of ['lapsed', 'forgotten', 'trimmed', 'buried']) {
      expect(isIdle({ ...nothing, [what]: 1 })).toBe(false)
    }
  })

  it('finishes a deletion that a crash has interrupted', async () => {
    await world.befriend(ana, bo)
    const rows = () => world.store.read(ana.uin, async (reader) => (await reader.range({})).map(([key]) => key))
    const { store } = world
    const transact = store.transact.bind(store)
    store.transact = (accounts, fn) =>
      accounts.length === 2 ? Promise.reject(new Error('the power is gone')) : transact(accounts, fn)
    const link = await proveTo(world, ana.uin)
    expect(await refusal(link.call('account.delete', {}))).toBe('INTERNAL')
    await world.crash()
    expect((await rows()).length).toBeGreaterThan(1)
    const again = await world.open(bo)
    expect(await refusal(world.open(ana))).toBe('TOKEN_REFUSED')
    expect(await housekeep()).toMatchObject({ buried: 1 })
    expect(await rows()).toEqual(['gone/account'])
    expect(await refusal(say(again, ana.uin, 'gone?'))).toBe('NOT_FRIENDS')
    expect(await housekeep()).toMatchObject({ buried: 0 })
  })

  it('finishes one of a long log that a crash has interrupted between its rows', async () => {
    const told = { onHead: () => {}, onWake: () => {} }
    const accounts = new Accounts(world.store, world.host.clock, { most: 10, forMs: 1 }, told)
    await world.befriend(ana, bo)
    await accounts.one(ana.uin, (account) => {
      for (let i = 0; i < 2_500; i++) account.putSetting({ ...account.setting, nick: `Ana ${i}` })
    })
    const { store } = world
    const transact = store.transact.bind(store)
    let wiped = 0
    store.transact = (accounts, fn) =>
      transact(accounts, async (readers) => {
        const decision = await fn(readers)
        if (decision.writes.flat().some(({ op, key }) => op === 'remove' && key.startsWith('log/'))) wiped++
        if (wiped > 1) throw new Error('the power is gone')
        return decision
      })
    const link = await proveTo(world, ana.uin)
    expect(await refusal(link.call('account.delete', {}))).toBe('INTERNAL')
    await world.crash()
    const rows = () => world.store.read(ana.uin, async (reader) => (await reader.range({})).map(([key]) => key))
    expect((await rows()).length).toBeGreaterThan(1_000)
    const again = await world.open(bo)
    expect(await refusal(say(again, ana.uin, 'gone?'))).toBe('NOT_FRIENDS')
    expect((await again.call('friend.request', { uin: ana.uin, note: null })).friend.state).toBe('outgoing')
    expect(await housekeep()).toMatchObject({ buried: 1 })
    expect(await rows()).toEqual(['gone/account'])
  })

  it('passes over an account that is damaged, and says so', async () => {
    for (const device of [ana, bo]) await device.call('friend.request', { uin: NOBODY, note: null })
    const lost = { op: 'remove', key: 'log/000000000001' } as const
    await world.store.transact([ana.uin], () => ({ writes: [[lost]], result: null }))
    world.host.clock.jump(31 * DAY_MS)
    expect(await housekeep()).toMatchObject({ accounts: 2, lapsed: 1 })
    const told = world.host.log.lines.filter(({ event }) => event === 'an account is not kept')
    expect(told).toHaveLength(1)
    expect(JSON.stringify(told)).not.toContain(ana.uin)
    expect(await refusal(say(ana, ana.uin, 'hello'))).toBe('STORE_DAMAGED')
    const failed = world.host.log.lines.filter(({ event }) => event === 'request failed')
    expect(failed).toMatchObject([{ fields: { code: 'STORE_DAMAGED' } }])
  })

  it('goes through all accounts with rests in between, and ends early when the relay stops', async () => {
    for (let i = 0; i < 150; i++) {
      const uin = `x${i.toString().padStart(4, '0')}`
      await world.store.transact([uin], () => ({ writes: [[{ op: 'insert', key: 'a/b', value: 1 }]], result: null }))
    }
    const listens = vi.spyOn(EventTarget.prototype, 'addEventListener')
    const lets = vi.spyOn(EventTarget.prototype, 'removeEventListener')
    const kept = world.relay.housekeep()
    await world.settle()
    const first = await Promise.race([kept, Promise.resolve('resting')])
    expect(first).toBe('resting')
    await world.pass(SECOND_MS)
    expect(await kept).toMatchObject({ accounts: 2 })
    // Each rest lets go of the signal: a million accounts are ten thousand rests.
    const aborts = (calls: readonly (readonly unknown[])[]) => calls.filter(([type]) => type === 'abort').length
    expect(aborts(listens.mock.calls)).toBeGreaterThan(0)
    expect(aborts(lets.mock.calls)).toBe(aborts(listens.mock.calls))
    vi.restoreAllMocks()
    const cut = world.relay.housekeep()
    await world.settle()
    await world.relay.close()
    await cut
  })
})
