import { describe, expect, it } from 'vitest'
import {
  ACTIVE_FOR_MS,
  type ChosenStatus,
  nextPresence,
  type Presence,
  type PresenceFact,
  statusOf,
} from '../../../src/domain/presence.ts'

const NOW = 1_000_000_000
const active = { activeAt: NOW }
const idle = { activeAt: NOW - ACTIVE_FOR_MS }
const never = { activeAt: null }

describe('the status friends see', () => {
  it.each<[ChosenStatus, Presence, Presence, Presence, Presence]>([
    ['auto', 'offline', 'away', 'online', 'online'],
    ['busy', 'offline', 'busy', 'busy', 'busy'],
    ['away', 'offline', 'away', 'away', 'away'],
    ['invisible', 'offline', 'offline', 'offline', 'offline'],
  ])('chosen %s: no device %s, idle %s, active %s, both %s', (chosen, ...expected) => {
    const devices = [[], [idle, never], [active], [idle, active]]
    expect(devices.map((these) => statusOf(chosen, these, NOW))).toEqual(expected)
  })

  it('is online until the last of 15 min, and away with it', () => {
    expect(statusOf('auto', [{ activeAt: NOW - ACTIVE_FOR_MS + 1 }], NOW)).toBe('online')
    expect(statusOf('auto', [idle], NOW)).toBe('away')
  })
})

describe('a change of presence', () => {
  const online: PresenceFact = { status: 'online', onlineSince: 1, statusSince: 5, statusText: null }

  it('that friends cannot see is none', () => {
    expect(nextPresence(online, 'online', null, NOW)).toBe(online)
  })

  it('keeps onlineSince while not offline', () => {
    expect(nextPresence(online, 'busy', 'x', NOW)).toEqual({
      status: 'busy',
      onlineSince: 1,
      statusSince: NOW,
      statusText: 'x',
    })
  })

  it('of the text alone keeps when the status began', () => {
    expect(nextPresence(online, 'online', 'x', NOW)).toMatchObject({ statusSince: 5, statusText: 'x' })
  })

  it('to offline drops the text, and from it begins anew', () => {
    const gone = nextPresence(online, 'offline', 'x', NOW)
    expect(gone).toEqual({ status: 'offline', onlineSince: null, statusSince: NOW, statusText: null })
    expect(nextPresence(gone, 'away', null, NOW + 1)).toMatchObject({ onlineSince: NOW + 1, statusSince: NOW + 1 })
  })
})
