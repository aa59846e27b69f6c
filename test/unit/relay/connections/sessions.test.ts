import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { MINUTE_MS, SECOND_MS } from '../../../../src/domain/instant.ts'
import type { LogEntryBody } from '../../../../src/protocol/records.ts'
import type { RelayResults } from '../../../../src/protocol/relay-api.ts'
import { MAX_FRAME_BYTES } from '../../../../src/protocol/relay-api.ts'
import { pageOf } from '../../../../src/relay/connections/session.ts'
import { dummyText } from '../../../support/dummy-seal.ts'
import {
  idOf,
  newBackup,
  planFor,
  putBackup,
  type RelayDevice,
  type RelayWorld,
  refusal,
  relayWorld,
  say,
  sealed,
  textsOf,
} from '../../../support/relay-world.ts'

let world: RelayWorld
let ana: RelayDevice

beforeEach(async () => {
  world = await relayWorld()
  ana = await world.register('Ana')
})
afterEach(() => world.close())

describe('a session', () => {
  it('needs the token of a device that stands', async () => {
    const open = (token: string) => {
      const { peer } = world.connect()
      return refusal(peer.call('session.open', { uin: ana.uin, token, person: true }))
    }
    expect(await open('nonsense')).toBe('TOKEN_REFUSED')
    expect(await open(`${ana.token.slice(0, -2)}xx`)).toBe('TOKEN_REFUSED')
    const other = await world.login(ana.uin)
    await ana.call('device.revoke', { id: other.deviceId })
    expect(await open(other.token)).toBe('TOKEN_REFUSED')
  })

  it('is the only one of its device: a newer one replaces it', async () => {
    const again = await world.open(ana)
    await world.settle()
    expect(ana.closings).toMatchObject([{ code: 'TOKEN_REFUSED' }])
    expect(world.relay.sessions).toBe(1)
    await say(again, ana.uin, 'still here')
    await world.settle()
    expect(textsOf(again)).toEqual(['still here'])
  })

  it('opens once on a connection, however many ask at once, and leaves none behind', async () => {
    const other = await world.login(ana.uin)
    const { peer } = world.connect()
    const open = ({ token }: { token: string }) =>
      refusal(peer.call('session.open', { uin: ana.uin, token, person: true }))
    ana.peer.close()
    await world.settle()
    const outcomes = await Promise.all([open(other), open(ana)])
    expect(outcomes).toEqual(['not refused', 'USAGE'])
    peer.close()
    await world.settle()
    expect(world.relay.sessions).toBe(0)
  })

  it('does not begin for a caller who has gone meanwhile', async () => {
    ana.peer.close()
    await world.settle()
    const { peer } = world.connect()
    const opening = peer.call('session.open', { uin: ana.uin, token: ana.token, person: true }).catch(() => {})
    peer.close()
    await opening
    await world.settle()
    expect(world.relay.sessions).toBe(0)
  })

  it('is cut at once when its device is revoked', async () => {
    const other = await world.open(await world.login(ana.uin))
    await ana.call('device.revoke', { id: other.deviceId })
    await world.settle()
    expect(other.closings).toMatchObject([{ code: 'TOKEN_REFUSED' }])
    expect(world.relay.sessions).toBe(1)
    const { devices } = await ana.call('device.list', {})
    expect(devices.map(({ id, connected }) => ({ id, connected }))).toEqual([{ id: ana.deviceId, connected: true }])
  })

  it('is over with its logout, even if the client does not hang up', async () => {
    await ana.call('session.logout', { all: false })
    expect(await refusal(ana.call('device.list', {}))).toBe('TOKEN_REFUSED')
    await world.pass(2 * SECOND_MS)
    expect(world.relay.connections).toBe(0)
  })

  it('ends on all devices with a logout of all', async () => {
    const other = await world.open(await world.login(ana.uin))
    await ana.call('session.logout', { all: true })
    await world.pass(2 * SECOND_MS)
    expect(other.closings).toMatchObject([{ code: 'TOKEN_REFUSED' }])
    expect(world.relay.sessions).toBe(0)
  })

  it('must be opened within ten seconds', async () => {
    const { peer } = world.connect()
    await world.pass(10 * SECOND_MS)
    expect((await peer.closed).code).toBe(4001)
  })

  it('each that has not logged in has its own time, and whoever has is left alone', async () => {
    const closed: string[] = []
    const connect = (name: string) => {
      const { peer } = world.connect()
      peer.closed.then(({ code }) => closed.push(`${name} ${code}`))
    }
    connect('first')
    await world.pass(6_000)
    connect('second')
    const cy = await world.register('Cy')
    cy.peer.closed.then(() => closed.push('Cy'))
    await world.pass(4_000)
    expect(closed).toEqual(['first 4001'])
    await world.pass(5_999)
    expect(closed).toEqual(['first 4001'])
    await world.pass(1)
    expect(closed).toEqual(['first 4001', 'second 4001'])
    connect('third')
    await world.pass(10_000)
    expect(closed).toEqual(['first 4001', 'second 4001', 'third 4001'])
  })

  it('is needed for everything that is not open to all', async () => {
    const { peer } = world.connect()
    expect(await refusal(peer.call('device.list', {}))).toBe('NOT_LOGGED_IN')
    expect(await refusal(peer.call('toString', {}))).toBe('USAGE')
    expect(await refusal(peer.call('hello', { protocols: [99], client: '' }))).toBe('RELAY_PROTOCOL')
  })
})

describe('logging in', () => {
  it('is refused alike for a wrong password and an unknown UIN', async () => {
    expect(await refusal(world.login(ana.uin, 'wrong'))).toBe('WRONG_LOGIN')
    expect(await refusal(world.login('1000000008' as typeof ana.uin))).toBe('WRONG_LOGIN')
  })

  it('makes at most sixteen devices that stand', async () => {
    const others = []
    for (let i = 0; i < 15; i++) others.push(await world.login(ana.uin))
    expect(await refusal(world.login(ana.uin))).toBe('LIMIT')
    await ana.call('device.revoke', { id: others[0]?.deviceId ?? '' })
    expect(await refusal(world.login(ana.uin))).toBe('not refused')
  })

  it('too often is slowed down, which does not lock out a device that holds a token', async () => {
    ana.peer.close()
    const attempts = await Promise.all(Array.from({ length: 70 }, () => refusal(world.login(ana.uin, 'wrong'))))
    expect(attempts).toContain('RATE_LIMITED')
    const back = await world.open(ana)
    expect(back.entries.length).toBe(0)
    await world.pass(5 * SECOND_MS)
    expect(await refusal(world.login(ana.uin))).toBe('not refused')
  })
})

describe('registering', () => {
  it('finishes once, and only for the UIN that was offered', async () => {
    const { peer } = world.connect()
    const finish = { uin: ana.uin, passwordRecord: 'x', recoveryRecord: 'x', nick: null, deviceName: 'd' }
    const keys = { kem: '', sign: '' }
    const bundle = { version: 1, keys, privateKeys: '', wrap: '', recoveryWrap: '' }
    expect(await refusal(peer.call('register.finish', { ...finish, bundle }))).toBe('USAGE')
  })
})

async function wholeState(device: RelayDevice): Promise<{ items: LogEntryBody[]; pages: number; largest: number }> {
  const items: LogEntryBody[] = []
  let after: string | null = null
  let pages = 0
  let largest = 0
  do {
    const page: RelayResults['log.state'] = await device.call('log.state', { after })
    largest = Math.max(largest, Buffer.byteLength(JSON.stringify(page)))
    items.push(...page.items)
    after = page.next
    pages++
  } while (after !== null && pages < 1_000)
  return { items, pages, largest }
}

describe('roaming', () => {
  it('a fresh device gets everything there is, in pages that fit a frame', async () => {
    const bo = await world.register('Bo')
    await world.befriend(ana, bo)
    const text = '语'.repeat(100)
    const backups = Array.from({ length: 300 }, (_, i) => newBackup(ana, `b${i}`, planFor(bo.uin), `${i} ${text}`))
    await ana.call('backup.put', { backups: backups.slice(0, 150) })
    await ana.call('backup.put', { backups: backups.slice(150) })
    for (let i = 0; i < 90; i++) await say(i % 2 === 0 ? ana : bo, i % 2 === 0 ? bo.uin : ana.uin, `m${i}`)
    await ana.call('mark.put', { marks: [{ friend: bo.uin, delivered: 90, read: 20 }] })
    await ana.call('setting.put', { status: 'busy' })
    const device = await world.open(await world.login(ana.uin))
    const { items, pages, largest } = await wholeState(device)
    const count = (type: LogEntryBody['type']) => items.filter((item) => item.type === type).length
    expect({ friend: count('friend'), mark: count('mark'), backup: count('backup') }).toEqual({
      friend: 1,
      mark: 1,
      backup: 300,
    })
    expect(items.find((item) => item.type === 'setting')).toMatchObject({ setting: { status: 'busy' } })
    const texts = items.flatMap((item) => (item.type === 'message' ? [dummyText(item.message.content)] : []))
    expect(texts).toEqual(Array.from({ length: 70 }, (_, i) => `m${i + 20}`))
    expect(pages).toBeGreaterThan(1)
    expect(largest).toBeLessThan(MAX_FRAME_BYTES)
  })

  it('goes on behind a record that is no longer there', async () => {
    for (const name of ['a', 'b', 'c']) await putBackup(ana, name, planFor(ana.uin))
    const ids = ['a', 'b', 'c'].map(idOf).sort()
    const { items } = await ana.call('log.state', { after: `backup/${(ids[0] ?? '').slice(0, -1)}~` })
    expect(items.map((item) => (item.type === 'backup' ? item.backup.id : item.type))).toEqual(ids.slice(1))
  })

  it('a device that was away reads on from its cursor', async () => {
    await say(ana, ana.uin, 'before')
    await world.settle()
    const seq = ana.entries.at(-1)?.seq ?? 0
    const other = await world.login(ana.uin)
    for (let i = 0; i < 300; i++) {
      await say(ana, ana.uin, `m${i}`)
      if (i % 100 === 0) await world.pass(10 * SECOND_MS)
    }
    const device = await world.open(other, { cursor: { epoch: world.store.epoch, seq } })
    await world.pass(SECOND_MS)
    expect(textsOf(device)).toEqual(Array.from({ length: 300 }, (_, i) => `m${i}`))
    const seqs = device.entries.map((entry) => entry.seq)
    expect(seqs).toEqual(Array.from({ length: seqs.length }, (_, i) => seq + 1 + i))
  })

  it('a slow reader is waited for, and misses nothing', async () => {
    ana.peer.close()
    await world.settle()
    const { peer, channel, on } = world.connect()
    const got: number[] = []
    on.set('log.entries', (params: { entries: { seq: number }[] }) => got.push(...params.entries.map((e) => e.seq)))
    await peer.call('session.open', { uin: ana.uin, token: ana.token, person: true })
    const other = await world.open(await world.login(ana.uin))
    for (let i = 0; i < 40; i++) {
      const id = idOf(`x${i}`)
      await other.call('message.send', { id, to: ana.uin, content: sealed(other, ana.uin, id, 'x'.repeat(14_000)) })
    }
    await peer.call('log.follow', { cursor: { epoch: world.store.epoch, seq: 0 } })
    channel.pause()
    await world.pass(MINUTE_MS)
    channel.resume()
    await world.pass(MINUTE_MS)
    expect(got).toEqual(Array.from({ length: got.length }, (_, i) => i + 1))
    expect(got.length).toBeGreaterThan(40)
  })

  it('resyncs with a cursor of another epoch, or none', async () => {
    const follow = async (cursor: { epoch: number; seq: number } | null) => {
      const { peer } = world.connect()
      await peer.call('session.open', { uin: ana.uin, token: ana.token, person: true })
      return (await peer.call('log.follow', { cursor })) as RelayResults['log.follow']
    }
    expect(await follow(null)).toMatchObject({ resync: true })
    expect(await follow({ epoch: world.store.epoch + 1, seq: 0 })).toMatchObject({ resync: true })
    expect(await follow({ epoch: world.store.epoch, seq: 0 })).toMatchObject({ resync: false })
  })

  it('takes a cursor beyond the head as proof of loss: a new epoch, once, that stands after a crash', async () => {
    const other = await world.login(ana.uin)
    const follow = async ({ token }: { token: string }, epoch: number) => {
      const { peer } = world.connect()
      await peer.call('session.open', { uin: ana.uin, token, person: true })
      return (await peer.call('log.follow', { cursor: { epoch, seq: 999 } })) as RelayResults['log.follow']
    }
    const old = world.store.epoch
    const [first, second] = await Promise.all([follow(ana, old), follow(other, old)])
    expect(first).toMatchObject({ resync: true })
    expect(first.epoch).toBeGreaterThan(old)
    expect(second.epoch).toBe(first.epoch)
    await world.crash()
    expect(await follow(ana, old)).toMatchObject({ resync: true, epoch: first.epoch })
  })
})

describe('a page', () => {
  it('is measured in bytes and holds at least one item', () => {
    const wide = { json: JSON.stringify('语'.repeat(20_000)) }
    expect(Buffer.byteLength(JSON.stringify(pageOf([wide, wide, wide, wide])))).toBeLessThan(MAX_FRAME_BYTES)
    expect(pageOf([{ json: 'x'.repeat(MAX_FRAME_BYTES) }]).length).toBe(1)
  })
})
