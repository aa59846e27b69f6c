import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SECOND_MS } from '../../../../src/domain/instant.ts'
import type { Uin } from '../../../../src/domain/uin.ts'
import { DEFAULT_LIMITS } from '../../../../src/protocol/limits.ts'
import { type RelayDevice, type RelayWorld, refusal, relayWorld, say } from '../../../support/relay-world.ts'

let world: RelayWorld
let ana: RelayDevice
let bo: RelayDevice

beforeEach(async () => {
  world = await relayWorld()
  ana = await world.register('Ana')
  bo = await world.register('Bo')
})
afterEach(() => world.close())

const NOBODY = '1000000008' as Uin

type Step = 'request' | 'accept' | 'decline' | 'remove' | 'block' | 'unblock'

function take(device: RelayDevice, step: Step, uin: Uin) {
  switch (step) {
    case 'request':
      return device.call('friend.request', { uin, note: null })
    case 'accept':
    case 'decline':
      return device.call('friend.answer', { uin, accept: step === 'accept' })
    case 'remove':
      return device.call('friend.remove', { uin })
    case 'block':
      return device.call('friend.block', { uin })
    case 'unblock':
      return device.call('friend.unblock', { uin })
    default:
      return step satisfies never
  }
}

/** How each stands with the other, as the log of each has it. */
async function standing(): Promise<string> {
  await world.settle()
  const of = (device: RelayDevice) => {
    const entry = device.entries.findLast((candidate) => candidate.type === 'friend')
    return entry?.type === 'friend' ? entry.friend.state : '-'
  }
  return `${of(ana)} ${of(bo)}`
}

async function carryOut(steps: string): Promise<string> {
  let outcome = ''
  for (const step of steps.split(', ').filter((text) => text !== '')) {
    const [who, what] = step.split(' ') as [string, Step]
    const [device, other] = who === 'ana' ? [ana, bo] : [bo, ana]
    const code = await refusal(take(device, what, other.uin))
    outcome = code === 'not refused' ? '' : ` ${code}`
  }
  return (await standing()) + outcome
}

describe('the steps of a friendship, seen from both sides', () => {
  it.each([
    ['ana request', 'outgoing incoming'],
    ['ana request, ana request', 'outgoing incoming'],
    ['ana request, bo accept', 'friend friend'],
    ['ana request, bo request', 'friend friend'],
    ['ana request, bo accept, bo accept', 'friend friend'],
    ['ana request, bo accept, ana request', 'friend friend'],
    ['ana request, bo decline', 'outgoing removed'],
    ['ana request, bo decline, bo decline', 'outgoing removed'],
    ['ana request, bo decline, ana request', 'outgoing removed'],
    ['ana request, bo decline, bo request', 'friend friend'],
    ['ana request, ana remove', 'removed removed'],
    ['ana request, ana remove, bo accept', 'removed removed NO_SUCH_FRIEND'],
    ['ana request, bo accept, ana remove', 'removed removed'],
    ['ana request, bo accept, ana remove, ana remove', 'removed removed'],
    ['ana request, bo accept, ana remove, bo request', 'incoming outgoing'],
    ['ana request, bo accept, bo block', 'removed blocked'],
    ['ana request, bo accept, bo block, bo block', 'removed blocked'],
    ['ana request, bo accept, bo block, ana request', 'outgoing blocked'],
    ['ana request, bo accept, bo block, bo request', 'removed blocked BLOCKED_BY_ME'],
    ['ana request, bo accept, bo block, bo unblock', 'removed removed'],
    ['ana request, bo block', 'outgoing blocked'],
    ['bo block, ana request', 'outgoing blocked'],
    ['bo block, ana request, bo unblock, bo request', 'friend friend'],
    ['ana accept', '- - NO_SUCH_FRIEND'],
    ['ana remove', '- - NO_SUCH_FRIEND'],
    ['ana unblock', '- - NO_SUCH_FRIEND'],
  ])('%s: %s', async (steps, expected) => {
    expect(await carryOut(steps)).toBe(expected)
  })

  it('know each other by nick and keys from then on', async () => {
    await world.befriend(ana, bo)
    const entry = ana.entries.findLast((candidate) => candidate.type === 'friend')
    expect(entry).toMatchObject({ friend: { uin: bo.uin, name: 'Bo', nick: 'Bo', keys: { kem: expect.any(String) } } })
  })

  it('cannot begin with oneself', async () => {
    expect(await refusal(take(ana, 'request', ana.uin))).toBe('USAGE')
  })
})

describe('what somebody who is no friend can find out', () => {
  it('a request looks the same whether the account exists, has blocked the asker, or neither', async () => {
    await bo.call('friend.block', { uin: ana.uin })
    const cy = await world.register('Cy')
    const shown = async (uin: Uin) => {
      const { friend } = await ana.call('friend.request', { uin, note: 'hi' })
      return { ...friend, uin: '' }
    }
    const unknown = await shown(NOBODY)
    expect(await shown(bo.uin)).toEqual(unknown)
    expect(await shown(cy.uin)).toEqual(unknown)
  })

  it('a message is refused alike to a stranger and to an unknown UIN', async () => {
    expect(await refusal(say(ana, bo.uin, 'hi'))).toBe('NOT_FRIENDS')
    expect(await refusal(say(ana, NOBODY, 'hi'))).toBe('NOT_FRIENDS')
  })

  it('neither a decline nor a block of a stranger is told', async () => {
    await bo.call('friend.block', { uin: ana.uin })
    await bo.call('friend.unblock', { uin: ana.uin })
    await ana.call('friend.request', { uin: bo.uin, note: null })
    await world.settle()
    const entries = ana.entries.length
    await bo.call('friend.answer', { uin: ana.uin, accept: false })
    await bo.call('friend.block', { uin: ana.uin })
    await world.settle()
    expect(ana.presences.filter(({ uin }) => uin !== ana.uin)).toEqual([])
    expect(ana.entries.length).toBe(entries)
  })

  it('presence is not shown to a stranger, nor to an asker', async () => {
    await ana.call('friend.request', { uin: bo.uin, note: null })
    await bo.call('setting.put', { status: 'busy' })
    await world.pass(SECOND_MS)
    expect(ana.sees(bo.uin)).toBeUndefined()
  })

  it('presence ends at once with the friendship', async () => {
    await world.befriend(ana, bo)
    expect(ana.sees(bo.uin)?.status).toBe('online')
    await bo.call('friend.block', { uin: ana.uin })
    await world.settle()
    expect(ana.sees(bo.uin)).toBeNull()
    await bo.call('setting.put', { status: 'away' })
    await world.settle()
    expect(ana.sees(bo.uin)).toBeNull()
  })

  it('nor is what a former friend has read', async () => {
    await world.befriend(ana, bo)
    await say(ana, bo.uin, 'secret')
    await bo.call('friend.block', { uin: ana.uin })
    await world.settle()
    const before = ana.entries.length
    await bo.call('mark.put', { marks: [{ friend: ana.uin, delivered: 1, read: 1 }] })
    await world.settle()
    expect(ana.entries.length).toBe(before)
  })
})

describe('limits of friendship', () => {
  it('asks at most twenty new UINs a day, known or unknown, a repeated one counted once', async () => {
    const uins = Array.from({ length: DEFAULT_LIMITS.newUinsPerDay }, (_, i) => validUin(i))
    for (const uin of uins) await take(ana, 'request', uin)
    await take(ana, 'request', uins[0] as Uin)
    const late = await ana.call('friend.request', { uin: bo.uin, note: null }).catch((error: unknown) => error)
    expect(late).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: expect.any(Number) })
  })

  it('taking a request back and asking again counts as asking', async () => {
    for (let i = 0; i < DEFAULT_LIMITS.newUinsPerDay; i++) {
      await take(ana, 'request', bo.uin)
      await take(ana, 'remove', bo.uin)
    }
    expect(await refusal(take(ana, 'request', bo.uin))).toBe('RATE_LIMITED')
  })

  it('neither side may have more friends than the limit', async () => {
    const small = await relayWorld({ limits: { ...DEFAULT_LIMITS, friends: 1 } })
    const [a, b, c] = [await small.register('A'), await small.register('B'), await small.register('C')]
    await small.befriend(a, b)
    expect(await refusal(take(a, 'request', c.uin))).toBe('LIMIT')
    await take(c, 'request', b.uin)
    expect(await refusal(take(b, 'accept', c.uin))).toBe('LIMIT')
    await small.close()
  })
})

/** UINs nobody has: ten digits, the last a Luhn digit. */
function validUin(i: number): Uin {
  const body = `2000000${i.toString().padStart(2, '0')}`
  const sum = [...body].reverse().reduce((total, digit, place) => {
    const value = Number(digit) * (place % 2 === 0 ? 2 : 1)
    return total + (value > 9 ? value - 9 : value)
  }, 0)
  return `${body}${(10 - (sum % 10)) % 10}` as Uin
}
