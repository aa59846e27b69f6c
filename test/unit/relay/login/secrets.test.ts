import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fakeHost } from '../../../../src/host/fake-host.ts'
import { newDevice } from '../../../../src/relay/login/new-device.ts'
import { proveTo, SECRETS } from '../../../support/proofs.ts'
import { type RelayDevice, type RelayWorld, refusal, relayWorld, say, textsOf } from '../../../support/relay-world.ts'

let world: RelayWorld
let ana: RelayDevice

beforeEach(async () => {
  world = await relayWorld({ loginsPerMinute: 6_000 })
  ana = await world.register('Ana')
})
afterEach(() => world.close())

describe('the id of a device', () => {
  it('is hex, so that no shell and no parser takes one for a flag', () => {
    // In base64url bytes like these begin with a dash.
    const host = { ...fakeHost(), random: (length: number) => new Uint8Array(length).fill(0xfb) }
    const { device, token } = newDevice(host, 'desk')
    expect(device.id).toBe('fb'.repeat(12))
    expect(token.startsWith(`${device.id}.`)).toBe(true)
  })
})

describe('a proof', () => {
  it('gives the keys, and makes no device', async () => {
    const link = await proveTo(world, ana.uin)
    expect(link.keys.dataKey).toHaveLength(32)
    expect((await ana.call('device.list', {})).devices).toHaveLength(1)
  })

  it('is needed for whatever only the owner may do', async () => {
    const { peer } = world.connect()
    const request = 'x'
    expect(await refusal(peer.call('login.finish', { deviceName: 'd' }))).toBe('USAGE')
    expect(await refusal(peer.call('record.start', { kind: 'password', request }))).toBe('USAGE')
    expect(await refusal(peer.call('record.finish', { kind: 'password', record: 'x', wrap: 'x' }))).toBe('USAGE')
    expect(await refusal(peer.call('account.delete', {}))).toBe('USAGE')
    expect(await refusal(ana.call('account.delete', {}))).toBe('USAGE')
  })

  it('is forgotten when another login begins on the connection', async () => {
    const link = await proveTo(world, ana.uin)
    const bo = await world.register('Bo')
    await link.call('login.start', { uin: bo.uin, with: 'password', request: await someRequest() }).catch(() => {})
    expect(await refusal(link.call('login.finish', { deviceName: 'd' }))).toBe('USAGE')
  })

  it('holds only while the record stands that it was given with', async () => {
    const [first, second] = [await proveTo(world, ana.uin), await proveTo(world, ana.uin)]
    await first.replace('password', 'new')
    expect(await refusal(second.replace('password', 'newer'))).toBe('WRONG_LOGIN')
    expect(await refusal(second.call('login.finish', { deviceName: 'd' }))).toBe('WRONG_LOGIN')
    expect(await refusal(second.call('account.delete', {}))).toBe('WRONG_LOGIN')
    expect(await refusal(proveTo(world, ana.uin, 'password', 'new'))).toBe('not refused')
  })
})

/** A login request that is one. */
async function someRequest(): Promise<string> {
  const { loadLoginClient } = await import('../../../../src/sealing/login-client.ts')
  return (await loadLoginClient()).startLogin('x').request
}

describe('a new password', () => {
  it('opens the same keys, the old one nothing, and every device goes on', async () => {
    const other = await world.open(await world.login(ana.uin))
    const link = await proveTo(world, ana.uin)
    await link.replace('password', 'new')
    expect(await refusal(proveTo(world, ana.uin))).toBe('WRONG_LOGIN')
    const again = await proveTo(world, ana.uin, 'password', 'new')
    expect(again.keys).toEqual(link.keys)
    await say(other, ana.uin, 'still here')
    await world.settle()
    expect(textsOf(ana)).toEqual(['still here'])
    ana.peer.close()
    expect(await refusal(world.open(ana))).toBe('not refused')
  })

  it('leaves the recovery code as it was', async () => {
    await (await proveTo(world, ana.uin)).replace('password', 'new')
    expect(await refusal(proveTo(world, ana.uin, 'recovery'))).toBe('not refused')
  })

  it('is set with the recovery code too, and makes a device on the same proof', async () => {
    const link = await proveTo(world, ana.uin, 'recovery')
    await link.replace('password', 'new')
    const { token, deviceId } = await link.call('login.finish', { deviceName: 'recovered' })
    expect(await refusal(world.open({ uin: ana.uin, token, deviceId }))).toBe('not refused')
    expect(await refusal(proveTo(world, ana.uin, 'password', SECRETS.password))).toBe('WRONG_LOGIN')
    expect((await proveTo(world, ana.uin, 'password', 'new')).keys).toEqual(link.keys)
  })

  it('changes with its wrap or not at all', async () => {
    const room = world.refuseWrites()
    const link = await proveTo(world, ana.uin)
    expect(await refusal(link.replace('password', 'new'))).toBe('DISK_FULL')
    room()
    await world.crash()
    expect(await refusal(proveTo(world, ana.uin, 'password', 'new'))).toBe('WRONG_LOGIN')
    await (await proveTo(world, ana.uin)).replace('password', 'new')
    await world.crash()
    expect(await refusal(proveTo(world, ana.uin, 'password', 'new'))).toBe('not refused')
  })

  it('must have the form of a record', async () => {
    const link = await proveTo(world, ana.uin)
    expect(await refusal(link.call('record.finish', { kind: 'password', record: 'x', wrap: 'x' }))).toBe('USAGE')
    expect(await refusal(proveTo(world, ana.uin))).toBe('not refused')
  })
})

describe('a new recovery code', () => {
  it('opens the same keys, and the old one is worth nothing', async () => {
    const link = await proveTo(world, ana.uin)
    await link.replace('recovery', 'another code')
    expect(await refusal(proveTo(world, ana.uin, 'recovery'))).toBe('WRONG_LOGIN')
    expect((await proveTo(world, ana.uin, 'recovery', 'another code')).keys).toEqual(link.keys)
    expect(await refusal(proveTo(world, ana.uin))).toBe('not refused')
  })
})
