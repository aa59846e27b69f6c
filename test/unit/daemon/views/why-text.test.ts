import { expect, it } from 'vitest'
import { zoneClocks } from '../../../../src/daemon/views/why-text.ts'
import { DAY_MS, MINUTE_MS } from '../../../../src/domain/instant.ts'

it('shows the clock of the zone, with the date of what is not within a day, instant by instant', () => {
  const now = Date.UTC(2026, 9, 24, 22, 30, 30)
  const clock = zoneClocks()('Europe/Berlin', now)
  expect(clock(now)).toBe('00:30')
  expect(clock(now + MINUTE_MS)).toBe('00:31')
  // Summer time has ended in between.
  expect(clock(now + DAY_MS - 1)).toBe('23:30')
  expect(clock(now + DAY_MS)).toBe('2026-10-25 23:30')
  expect(clock(now + DAY_MS - 1)).toBe('23:30')
  expect(clock(now - 365 * DAY_MS)).toBe('2025-10-25 00:30')
})

it('shows the clock of whichever zone it is asked for', () => {
  const clockOf = zoneClocks()
  const now = Date.UTC(2026, 9, 24, 12)
  expect(['Europe/Berlin', 'Asia/Tokyo', 'Europe/Berlin'].map((zone) => clockOf(zone, now)(now))).toEqual([
    '14:00',
    '21:00',
    '14:00',
  ])
})
