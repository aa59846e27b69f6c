import { describe, expect, it } from 'vitest'
import { type BackupPlan, DEFAULT_LATE, type Window } from '../../../src/domain/backup.ts'
import { firstSlot, nextInstants } from '../../../src/domain/series.ts'
import type { Uin } from '../../../src/domain/uin.ts'

const NOW = Date.UTC(2026, 0, 5, 8)
const open: Window = { between: null, days: null, zone: 'UTC', onlyIfIAm: null, elseAt: null, expiresAt: null }

function plan(rule: string, window: Partial<Window> | null = null, count: number | null = null): BackupPlan {
  const every = firstSlot({ kind: 'every', rule, zone: 'UTC', until: null, count }, NOW)
  return {
    to: '1000000008' as Uin,
    trigger: { match: 'all', conditions: [every] },
    action: { kind: 'remind' },
    window: window && { ...open, ...window },
    unless: { reply: null },
    late: DEFAULT_LATE,
    repeat: null,
  }
}

const ahead = (of: BackupPlan, now = NOW) =>
  nextInstants(of, now, 3).map((at) => new Date(at).toISOString().slice(5, 16))
const between = { fromMinute: 10 * 60, toMinute: 11 * 60 }

describe('the instants to come of a series', () => {
  it('are its slots, counted on where it stands at one that has passed', () => {
    expect(ahead(plan('0 9 * * *'))).toEqual(['01-05T09:00', '01-06T09:00', '01-07T09:00'])
    expect(ahead(plan('0 9 * * *'), NOW + 30 * 3_600_000)).toEqual(['01-07T09:00', '01-08T09:00', '01-09T09:00'])
  })

  it('end with its count', () => {
    expect(ahead(plan('0 9 * * *', null, 2))).toEqual(['01-05T09:00', '01-06T09:00'])
  })

  it('are the openings of a window that is closed at the slot', () => {
    expect(ahead(plan('0 9 * * *', { between }))).toEqual(['01-05T10:00', '01-06T10:00', '01-07T10:00'])
  })

  it('leave out slots that the next one overtakes before the window opens', () => {
    expect(ahead(plan('0 * * * *', { between }))).toEqual(['01-05T10:00', '01-06T10:00', '01-07T10:00'])
    // That of Friday waits for Saturday to begin.
    expect(ahead(plan('0 9 * * *', { days: [6] }))).toEqual(['01-10T00:00', '01-10T09:00', '01-17T00:00'])
  })

  it('are none where the window never opens at a slot in sight', () => {
    expect(ahead(plan('0 9 * * *', { days: [] }))).toEqual([])
  })
})
