import { describe, expect, it } from 'vitest'
import type { Condition } from '../../../../src/domain/backup.ts'
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../../../src/domain/instant.ts'
import { ACTIVE_FOR_MS } from '../../../../src/domain/presence.ts'
import { Accounts } from '../../../../src/relay/accounts/accounts.ts'
import { DEFAULT_CONFIG } from '../../../../src/relay/config.ts'
import { PresenceBoard } from '../../../../src/relay/connections/presence-board.ts'
import { planFor, putBackup, textsOf } from '../../../support/relay-world.ts'
import { twoFriends } from '../../../support/two-friends.ts'

const { world, ana, bo, hangUp } = twoFriends()

/** What Ana is told of Bo from now on. */
function told(from = ana.presences.length): (string | null)[] {
  return ana.presences.slice(from).flatMap(({ uin, presence }) => (uin === bo.uin ? [presence?.status ?? null] : []))
}

describe('what friends see', () => {
  it('is offline 15 s after the last device has gone, and not before', async () => {
    await hangUp(bo)
    await world.pass(15 * SECOND_MS - 1)
    expect(ana.sees(bo.uin)?.status).toBe('online')
    await world.pass(1)
    expect(ana.sees(bo.uin)).toMatchObject({
      status: 'offline',
      onlineSince: null,
      statusSince: world.host.clock.now(),
    })
  })

  it('is told once it is on disk, while whoever comes online reads on at once', async () => {
    await hangUp(bo)
    await world.pass(15 * SECOND_MS)
    const letGo = world.disk.holdSync()
    const back = await world.open(bo)
    expect((await back.call('log.state', { after: null })).items.length).toBeGreaterThan(1)
    expect((await back.call('device.list', {})).devices).toHaveLength(1)
    expect(ana.sees(bo.uin)?.status).toBe('offline')
    letGo()
    await world.settle()
    expect(ana.sees(bo.uin)?.status).toBe('online')
  })

  it('is offline at once after a logout', async () => {
    await bo.call('session.logout', { all: false })
    await world.settle()
    expect(ana.sees(bo.uin)?.status).toBe('offline')
  })

  it('does not flicker when one of two devices drops its link and comes back', async () => {
    await world.open(await world.login(bo.uin), { person: false })
    const before = ana.presences.length
    await hangUp(bo)
    await world.pass(5 * SECOND_MS)
    await world.open(bo, { person: false })
    await world.pass(MINUTE_MS)
    expect(told(before)).toEqual([])
  })

  it('is away when nobody acted for 15 min, and online again with the first act', async () => {
    const before = ana.presences.length
    await world.pass(ACTIVE_FOR_MS)
    await bo.call('session.active', {})
    await world.settle()
    expect(told(before)).toEqual(['away', 'online'])
  })

  it('is told to devices of one’s own as well', async () => {
    await world.pass(ACTIVE_FOR_MS)
    expect(ana.sees(ana.uin)?.status).toBe('away')
    await ana.call('session.active', {})
    await world.settle()
    expect(ana.sees(ana.uin)?.status).toBe('online')
  })

  it('is what was chosen, while a device is connected', async () => {
    const before = ana.presences.length
    await bo.call('setting.put', { status: 'busy', statusText: 'writing' })
    await world.settle()
    expect(ana.sees(bo.uin)).toMatchObject({ status: 'busy', statusText: 'writing' })
    await bo.call('setting.put', { status: 'away' })
    await bo.call('setting.put', { status: 'invisible' })
    await world.settle()
    expect(ana.sees(bo.uin)).toMatchObject({ status: 'offline', statusText: null, onlineSince: null })
    await hangUp(bo)
    await world.pass(MINUTE_MS)
    expect(told(before)).toEqual(['busy', 'away', 'offline'])
  })

  it('begins anew when somebody becomes visible again', async () => {
    await bo.call('setting.put', { status: 'invisible' })
    await world.pass(HOUR_MS)
    await bo.call('session.active', {})
    await bo.call('setting.put', { status: 'auto' })
    await world.settle()
    expect(ana.sees(bo.uin)).toMatchObject({ status: 'online', onlineSince: world.host.clock.now() })
  })
})

describe('hiding from one friend', () => {
  const hide = (on: boolean) => bo.call('friend.set', { uin: ana.uin, hide: on })

  it('looks like going offline, and is not told to others', async () => {
    const cy = await world.register('Cy')
    await world.befriend(cy, bo)
    await hide(true)
    await world.settle()
    const hidden = ana.sees(bo.uin)
    await hide(false)
    await bo.call('setting.put', { status: 'invisible' })
    await world.settle()
    expect(ana.sees(bo.uin)).toEqual(hidden)
    expect(cy.presences.slice(0, -1).every(({ presence }) => presence?.status !== 'offline')).toBe(true)
  })

  it('shows nothing of what happened meanwhile, then or later', async () => {
    const began = world.host.clock.now()
    await hide(true)
    await world.pass(MINUTE_MS)
    await hangUp(bo)
    await world.pass(MINUTE_MS)
    const back = await world.open(bo)
    await world.pass(MINUTE_MS)
    expect(ana.sees(bo.uin)).toMatchObject({ status: 'offline', statusSince: began })
    const again = await world.open(await world.login(ana.uin))
    expect(again.sees(bo.uin)).toMatchObject({ status: 'offline', statusSince: began })
    await back.call('friend.set', { uin: ana.uin, hide: false })
    await world.settle()
    const now = world.host.clock.now()
    expect(ana.sees(bo.uin)).toMatchObject({ status: 'online', onlineSince: now, statusSince: now })
  })

  it('lasts over a crash of the relay', async () => {
    await world.pass(SECOND_MS)
    const began = world.host.clock.now()
    await hide(true)
    await world.crash()
    await world.pass(MINUTE_MS)
    const again = await world.open(ana)
    expect(again.sees(bo.uin)).toMatchObject({ status: 'offline', statusSince: began })
  })
})

describe('after a relay start', () => {
  const signOff = (): Condition => ({ kind: 'presence', who: bo.uin, is: null, turns: 'offline' })

  it('whoever was online is unknown, and back in time without any edge', async () => {
    await world.pass(MINUTE_MS)
    const before = ana.sees(bo.uin)
    await putBackup(bo, 'back', planFor(bo.uin))
    await world.crash()
    const again = await world.open(ana)
    expect(again.sees(bo.uin)).toBeNull()
    await world.pass(MINUTE_MS)
    expect(again.sees(bo.uin)).toBeNull()
    await world.open(bo, { person: false })
    expect(again.sees(bo.uin)).toEqual(before)
  })

  it('is offline after two minutes if nobody came back', async () => {
    await putBackup(ana, 'bye', planFor(bo.uin, [signOff()]))
    await world.crash()
    const again = await world.open(ana)
    await world.pass(2 * MINUTE_MS - 1)
    expect(again.sees(bo.uin)).toBeNull()
    await world.pass(1)
    expect(again.sees(bo.uin)?.status).toBe('offline')
    await world.pass(6 * SECOND_MS)
    const mine = (await again.call('log.history', { friend: bo.uin, before: null, limit: 5 })).messages
    expect(mine.length).toBe(1)
  })

  it('a change of setting settles nothing while no device is back', async () => {
    const told = { onHead: () => {}, onWake: () => {} }
    await world.pass(SECOND_MS)
    const accounts = new Accounts(world.store, world.host.clock, { most: 10, forMs: 1 }, told)
    const board = new PresenceBoard(world.host, accounts, DEFAULT_CONFIG, { toViewer: () => {}, onFact: () => {} })
    await board.settingChanged(bo.uin, { nick: 'Bo', status: 'busy', statusText: null, quiet: null })
    expect(board.seenBy(ana.uin, bo.uin)).toBe('unknown')
    world.host.clock.advance(2 * MINUTE_MS)
    expect(board.seenBy(ana.uin, bo.uin)).toMatchObject({ status: 'offline' })
    await world.settle()
    board.close()
  })

  it('leaves no timer behind when the relay stops', async () => {
    await world.crash()
    await world.open(ana)
    await world.relay.close()
    await world.settle()
    expect(world.host.clock.pending).toBe(0)
  })
})

describe('a full disk', () => {
  it('holds back presence, and tells it when there is room again', async () => {
    const before = ana.presences.length
    const room = world.refuseWrites()
    await bo.call('setting.put', { status: 'busy' }).catch(() => {})
    await hangUp(bo)
    await world.pass(20 * SECOND_MS)
    expect(told(before)).toEqual([])
    room()
    await world.pass(10 * SECOND_MS)
    expect(told(before).at(-1)).toBe('offline')
    const back = await world.open(bo)
    await world.settle()
    expect(ana.sees(bo.uin)?.status).toBe('online')
    expect(textsOf(back)).toEqual([])
  })
})
