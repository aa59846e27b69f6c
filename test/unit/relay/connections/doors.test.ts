/** Who comes in: invites, what a connection may cost, and what the operator may do. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DAY_MS, MINUTE_MS } from '../../../../src/domain/instant.ts'
import { hashInvite, makeInviteSecret } from '../../../../src/protocol/invite-secret.ts'
import type { Peer } from '../../../../src/rpc/peer.ts'
import { loadLoginClient } from '../../../../src/sealing/login-client.ts'
import { type RelayDevice, type RelayWorld, refusal, relayWorld } from '../../../support/relay-world.ts'

let world: RelayWorld
afterEach(() => world.close())

async function friendInvite(of: RelayDevice, uses = 1, lastsMs = 7 * DAY_MS): Promise<string> {
  const secret = makeInviteSecret(world.host.random)
  await of.call('friend.invite', { hash: hashInvite(secret), uses, lastsMs })
  return `${of.uin}.${secret}`
}

/** The first half of registering. */
async function offer(peer: Peer, invite: string): Promise<void> {
  const login = await loadLoginClient({ memoryKib: 8, iterations: 1, parallelism: 1 })
  const [password, recovery] = ['one', 'two'].map((word) => login.startRegistration(word).request)
  await peer.call('register.start', { password, recovery, invite })
}

const stateOf = async (device: RelayDevice, uin: RelayDevice['uin']) => {
  await world.settle()
  return device.entries.findLast((entry) => entry.type === 'friend' && entry.friend.uin === uin)
}

describe("a friend's invite", () => {
  let ana: RelayDevice
  let bo: RelayDevice
  beforeEach(async () => {
    world = await relayWorld()
    ana = await world.register('Ana')
    bo = await world.register('Bo')
  })

  it('makes both friends at once, each with the keys and presence of the other', async () => {
    const { friend } = await bo.call('friend.join', { invite: await friendInvite(ana) })
    expect(friend).toMatchObject({ uin: ana.uin, state: 'friend', nick: 'Ana', keys: { kem: expect.any(String) } })
    expect(await stateOf(ana, bo.uin)).toMatchObject({ friend: { state: 'friend', nick: 'Bo' } })
    expect([ana.sees(bo.uin)?.status, bo.sees(ana.uin)?.status]).toEqual(['online', 'online'])
  })

  it('is single: the second who comes with it is refused, and the first may come again', async () => {
    const invite = await friendInvite(ana)
    await bo.call('friend.join', { invite })
    const cy = await world.register('Cy')
    expect(await refusal(cy.call('friend.join', { invite }))).toBe('LIMIT')
    expect((await bo.call('friend.join', { invite })).friend.state).toBe('friend')
  })

  it('that one of two who come at once has used is used up for the other', async () => {
    const invite = await friendInvite(ana)
    const cy = await world.register('Cy')
    const outcomes = await Promise.all([bo, cy].map((device) => refusal(device.call('friend.join', { invite }))))
    expect(outcomes.sort()).toEqual(['LIMIT', 'not refused'])
  })

  it('ends with its time', async () => {
    const invite = await friendInvite(ana, 5, DAY_MS)
    world.host.clock.jump(DAY_MS)
    expect(await refusal(bo.call('friend.join', { invite }))).toBe('LIMIT')
  })

  it('tells whoever guesses nothing, and lets nobody guess for long', async () => {
    const [, secret] = (await friendInvite(ana)).split('.')
    const unknown = world.host.random
    const wrong = [`${bo.uin}.${secret}`, `${ana.uin}.${makeInviteSecret(unknown)}`]
    const cy = await world.register('Cy')
    for (const invite of wrong) expect(await refusal(cy.call('friend.join', { invite }))).toBe('LIMIT')
    for (let i = 0; i < 8; i++) await refusal(cy.call('friend.join', { invite: wrong[0] ?? '' }))
    expect(await refusal(cy.call('friend.join', { invite: wrong[0] ?? '' }))).toBe('RATE_LIMITED')
    expect(await refusal(bo.call('friend.join', { invite: `${ana.uin}.${secret}` }))).toBe('not refused')
  })

  it('does not lift a block: to the one blocked it looks like an invite that has ended', async () => {
    const invite = await friendInvite(ana)
    await ana.call('friend.block', { uin: bo.uin })
    expect(await refusal(bo.call('friend.join', { invite }))).toBe('LIMIT')
    const mine = await friendInvite(bo)
    expect(await refusal(ana.call('friend.join', { invite: mine }))).toBe('BLOCKED_BY_ME')
  })

  it('of my own, or of nobody, is refused', async () => {
    expect(await refusal(ana.call('friend.join', { invite: await friendInvite(ana) }))).toBe('USAGE')
    expect(await refusal(ana.call('friend.join', { invite: makeInviteSecret(world.host.random) }))).toBe('USAGE')
    expect(await refusal(ana.call('friend.join', { invite: 'x' }))).toBe('USAGE')
  })

  it('is kept once, however often it is put, and there are twenty open ones at most', async () => {
    const secret = makeInviteSecret(world.host.random)
    const put = () => ana.call('friend.invite', { hash: hashInvite(secret), uses: 1, lastsMs: DAY_MS })
    expect(await put()).toEqual(await put())
    for (let i = 0; i < 19; i++) await friendInvite(ana)
    expect(await refusal(friendInvite(ana))).toBe('LIMIT')
    world.host.clock.jump(8 * DAY_MS)
    expect(await refusal(friendInvite(ana))).toBe('not refused')
  })

  it('survives a crash as it was', async () => {
    const invite = await friendInvite(ana)
    await bo.call('friend.join', { invite })
    await world.crash()
    const cy = await world.register('Cy')
    expect(await refusal(cy.call('friend.join', { invite }))).toBe('LIMIT')
  })
})

describe('a relay that wants invites', () => {
  beforeEach(async () => {
    world = await relayWorld({}, { inviteOnly: true })
  })
  const invited = async (uses = 1) => (await world.relay.operator.createInvite(uses, 7 * DAY_MS)).secret

  it('makes no account without one, nor with a wrong one', async () => {
    expect(await refusal(world.register('Ana'))).toBe('INPUT_NEEDED')
    expect(await refusal(world.register('Ana', makeInviteSecret(world.host.random)))).toBe('LIMIT')
    expect(await refusal(world.register('Ana', 'nonsense'))).toBe('USAGE')
  })

  it('makes as many as the invite has uses', async () => {
    const invite = await invited(2)
    await world.register('Ana', invite)
    await world.register('Bo', invite)
    expect(await refusal(world.register('Cy', invite))).toBe('LIMIT')
    expect(await world.relay.operator.invites()).toMatchObject([{ uses: 2, used: 2 }])
  })

  it('counts a use when the account is made: an offer that is left alone costs none', async () => {
    const invite = await invited()
    const { peer } = world.connect()
    await offer(peer, invite)
    await world.register('Ana', invite)
    const late = world.connect()
    expect(await refusal(offer(late.peer, invite))).toBe('LIMIT')
  })

  it("takes a friend's invite too, and they are friends with the account", async () => {
    const ana = await world.register('Ana', await invited())
    const bo = await world.register('Bo', await friendInvite(ana))
    expect(await stateOf(ana, bo.uin)).toMatchObject({ friend: { state: 'friend', nick: 'Bo' } })
    const { items } = await bo.call('log.state', { after: null })
    expect(items).toContainEqual(
      expect.objectContaining({ friend: expect.objectContaining({ uin: ana.uin, state: 'friend', nick: 'Ana' }) }),
    )
  })

  it("takes its operator's only where that is set", async () => {
    await world.close()
    world = await relayWorld({ friendsInvite: false }, { inviteOnly: true })
    const ana = await world.register('Ana', await invited())
    expect(await refusal(world.register('Bo', await friendInvite(ana)))).toBe('INPUT_NEEDED')
  })

  it('no longer takes one that was revoked', async () => {
    const invite = await invited()
    const [{ id = '' } = {}] = await world.relay.operator.invites()
    await world.relay.operator.revokeInvite(id.slice(0, 4))
    expect(await refusal(world.register('Ana', invite))).toBe('LIMIT')
    expect(await refusal(world.relay.operator.revokeInvite(id))).toBe('USAGE')
  })

  it('hears ten tries a minute from one address', async () => {
    const wrong = () => refusal(offer(world.connect().peer, makeInviteSecret(world.host.random)))
    for (let i = 0; i < 10; i++) expect(await wrong()).toBe('LIMIT')
    expect(await wrong()).toBe('RATE_LIMITED')
    await world.pass(MINUTE_MS)
    expect(await wrong()).toBe('LIMIT')
  })
})

describe('a connection', () => {
  beforeEach(async () => {
    world = await relayWorld()
  })

  it('is cut when it sends more than 64 KiB before it has proved a device', async () => {
    const { peer, channel } = world.connect()
    await peer.call('hello', { protocols: [1], client: '' })
    void peer.call('register.start', { password: 'x'.repeat(70 * 1024), recovery: '', invite: null }).catch(() => {})
    expect(await channel.closed).toMatchObject({ code: 1008 })
  })

  it('is cut when it asks 65 times before it has proved a device', async () => {
    const { peer, channel } = world.connect()
    for (let i = 0; i < 64; i++) await peer.call('hello', { protocols: [1], client: '' })
    void peer.call('hello', { protocols: [1], client: '' }).catch(() => {})
    expect(await channel.closed).toMatchObject({ code: 1008 })
  })

  it('may send more once it has', async () => {
    const ana = await world.register('Ana')
    for (let i = 0; i < 100; i++) await ana.call('session.active', {})
  })

  it('that reads without end is told to wait', async () => {
    const ana = await world.register('Ana')
    const outcomes = new Set<string>()
    for (let i = 0; i < 600; i++) outcomes.add(await refusal(ana.call('log.state', { after: null })))
    expect(outcomes).toEqual(new Set(['not refused', 'RATE_LIMITED']))
  })
})

describe('the operator', () => {
  let ana: RelayDevice
  beforeEach(async () => {
    world = await relayWorld()
    ana = await world.register('Ana')
  })
  const operator = () => world.relay.operator
  const open = (device: RelayDevice) => {
    const { peer } = world.connect()
    return refusal(peer.call('session.open', { uin: device.uin, token: device.token, person: true }))
  }

  it('sees who there is, and nothing of what they wrote', async () => {
    const bo = await world.register('Bo')
    bo.peer.close()
    await world.settle()
    await friendInvite(ana)
    await operator().createInvite(1, DAY_MS)
    const { users, next } = await operator().users(null)
    expect(next).toBeNull()
    expect(new Set(users.map(({ uin }) => uin))).toEqual(new Set([ana.uin, bo.uin]))
    expect(users.find(({ uin }) => uin === ana.uin)).toEqual({
      v: 1,
      uin: ana.uin,
      createdAt: expect.any(String),
      devices: 1,
      connected: true,
      lastSeenAt: expect.any(String),
      backups: 0,
      disabled: false,
    })
    expect(users.find(({ uin }) => uin === bo.uin)).toMatchObject({ connected: false, lastSeenAt: expect.any(String) })
  })

  it('disables an account: its sessions are cut, tokens and logins refused, until it is enabled', async () => {
    expect(await operator().disable(ana.uin)).toMatchObject({ disabled: true, connected: false })
    await world.settle()
    expect(ana.closings).toMatchObject([{ code: 'TOKEN_REFUSED', message: expect.stringContaining('operator') }])
    expect(await open(ana)).toBe('TOKEN_REFUSED')
    expect(await refusal(world.login(ana.uin))).toBe('TOKEN_REFUSED')
    expect(await refusal(world.login(ana.uin, 'a wrong password'))).toBe('WRONG_LOGIN')
    expect(world.relay.sessions).toBe(0)
    await world.crash()
    expect(await open(ana)).toBe('TOKEN_REFUSED')
    expect(await operator().enable(ana.uin)).toMatchObject({ disabled: false, devices: 1 })
    expect(await open(ana)).toBe('not refused')
  })

  it('deletes an account as its owner would: friends see it gone, its UIN is not given again', async () => {
    const bo = await world.register('Bo')
    await world.befriend(ana, bo)
    await operator().delete(ana.uin)
    await world.settle()
    expect(await stateOf(bo, ana.uin)).toMatchObject({ friend: { state: 'removed' } })
    expect(await open(ana)).toBe('TOKEN_REFUSED')
    expect((await operator().users(null)).users.map(({ uin }) => uin)).toEqual([bo.uin])
    expect(await refusal(operator().delete(ana.uin))).toBe('USAGE')
  })

  it('is told when there is no such account', async () => {
    const { uin } = await world.register('Bo')
    await operator().delete(uin)
    for (const act of [operator().disable(uin), operator().enable(uin)]) expect(await refusal(act)).toBe('USAGE')
  })
})
