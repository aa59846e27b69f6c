import { describe, expect, it } from 'vitest'
import { DAY_MS, MINUTE_MS, SECOND_MS } from '../../../../src/domain/instant.ts'
import type { Uin } from '../../../../src/domain/uin.ts'
import { proveTo } from '../../../support/proofs.ts'
import { planFor, putBackup, type RelayDevice, refusal, say } from '../../../support/relay-world.ts'
import { twoFriends } from '../../../support/two-friends.ts'

const { world, ana, bo } = twoFriends({ loginsPerMinute: 6_000 })

async function rowsOf(uin: Uin): Promise<string[]> {
  return world.store.read(uin, async (reader) => (await reader.range({})).map(([key]) => key))
}

async function deleteAna(): Promise<void> {
  const link = await proveTo(world, ana.uin)
  await link.call('account.delete', {})
  await world.settle()
}

/** The newest state of a friend that a device was told. */
function stateOf(device: RelayDevice, uin: Uin): string | undefined {
  const told = device.entries.flatMap((entry) => (entry.type === 'friend' ? [entry.friend] : []))
  return told.findLast((friend) => friend.uin === uin)?.state
}

describe('a deleted account', () => {
  it('leaves nothing but its tombstone', async () => {
    await say(ana, bo.uin, 'hello')
    await putBackup(
      ana,
      'later',
      planFor(bo.uin, [{ kind: 'time', at: world.host.clock.now() + DAY_MS, local: '', zone: 'UTC' }]),
    )
    await deleteAna()
    await world.pass(MINUTE_MS)
    expect(await rowsOf(ana.uin)).toEqual(['gone/account'])
    expect(await world.store.wakes(Number.MAX_SAFE_INTEGER, 10)).toEqual([])
  })

  it('cuts its devices off at once, and takes their tokens no more', async () => {
    const other = await world.open(await world.login(ana.uin))
    await deleteAna()
    expect(ana.closings).toMatchObject([{ code: 'TOKEN_REFUSED' }])
    expect(other.closings).toMatchObject([{ code: 'TOKEN_REFUSED' }])
    expect(await refusal(world.open(ana))).toBe('TOKEN_REFUSED')
    await world.pass(MINUTE_MS)
    expect(await rowsOf(ana.uin)).toEqual(['gone/account'])
  })

  it('has no presence written after it, though that had failed and was to be tried again', async () => {
    const { store } = world
    const transact = store.transact.bind(store)
    let failed = false
    store.transact = (accounts, fn) =>
      transact(accounts, async (readers) => {
        const decision = await fn(readers)
        const presence = decision.writes.flat().some(({ op, key }) => op !== 'remove' && key === 'presence/me')
        if (!presence || failed) return decision
        failed = true
        throw new Error('not now')
      })
    await deleteAna()
    await world.pass(MINUTE_MS)
    expect(await rowsOf(ana.uin)).toEqual(['gone/account'])
  })

  it('is gone for its friends, who see no more of it and can send it nothing', async () => {
    expect(bo.sees(ana.uin)?.status).toBe('online')
    await deleteAna()
    expect(stateOf(bo, ana.uin)).toBe('removed')
    expect(bo.sees(ana.uin)).toBeNull()
    expect(await refusal(say(bo, ana.uin, 'are you there?'))).toBe('NOT_FRIENDS')
  })

  it('takes back what it asked for, and tells nobody who asked it', async () => {
    const [cy, di] = [await world.register('Cy'), await world.register('Di')]
    await ana.call('friend.request', { uin: cy.uin, note: null })
    await di.call('friend.request', { uin: ana.uin, note: null })
    await deleteAna()
    expect(stateOf(cy, ana.uin)).toBe('removed')
    expect(stateOf(di, ana.uin)).toBe('outgoing')
  })

  it('can be logged in to as little as one that never was, and asked for friendship as little', async () => {
    await deleteAna()
    const nobody = '1000000008' as Uin
    expect(await refusal(world.login(ana.uin))).toBe(await refusal(world.login(nobody)))
    const asked = await bo.call('friend.request', { uin: nobody, note: 'hi' })
    const again = await bo.call('friend.request', { uin: ana.uin, note: 'hi' })
    expect(again.friend.state).toBe(asked.friend.state)
    expect(await rowsOf(ana.uin)).toEqual(['gone/account'])
  })

  it('asks for the password: the recovery code does not do', async () => {
    const link = await proveTo(world, ana.uin, 'recovery')
    expect(await refusal(link.call('account.delete', {}))).toBe('USAGE')
    expect(await refusal(world.open(ana))).toBe('not refused')
  })

  it('gives its UIN to nobody, not even in the middle of a registration', async () => {
    await deleteAna()
    // The bytes that made Ana's UIN once more: the relay is to draw again.
    const random = world.host.random
    const bytes = bytesFor(ana.uin)
    let drawn = 0
    world.host.random = (length) => (length === 8 && drawn++ === 0 ? bytes : random(length))
    const cy = await world.register('Cy')
    expect(drawn).toBeGreaterThan(1)
    expect(cy.uin).not.toBe(ana.uin)
  })

  it('that a crash has caught half way stays dead', async () => {
    const link = await proveTo(world, ana.uin)
    const dying = link.call('account.delete', {}).catch(() => {})
    await world.settle()
    await world.crash()
    await dying
    expect(await refusal(world.login(ana.uin))).toBe('WRONG_LOGIN')
    await world.pass(SECOND_MS)
  })
})

/** Eight bytes that `randomUin` makes this UIN of. */
function bytesFor(uin: string): Uint8Array {
  let value = BigInt(uin.slice(1, 9)) * 9n + (BigInt(uin.slice(0, 1)) - 1n)
  const bytes = new Uint8Array(8)
  for (let i = 7; i >= 0; i--) {
    bytes[i] = Number(value & 255n)
    value >>= 8n
  }
  return bytes
}
