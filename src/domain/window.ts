import type { QuietHours, Weekday, Window } from './backup.ts'
import { DAY_MS, type Instant, MINUTE_MS } from './instant.ts'

interface WallClock {
  minute: number
  weekday: Weekday
}

const WEEKDAYS: Readonly<Record<string, Weekday>> = { Mon: 1, Tue: 2, Wed: 3, Thu: 4, Fri: 5, Sat: 6, Sun: 7 }

/**
 * Dear to make: one serves all instants of a search. A zone that only another machine knows is taken for UTC: whoever
 * wrote it had it checked, and one such backup must not keep a list from being shown.
 */
function clockOf(zone: string): Intl.DateTimeFormat {
  const fields = { weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const
  try {
    return new Intl.DateTimeFormat('en-US', { ...fields, timeZone: zone })
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return new Intl.DateTimeFormat('en-US', { ...fields, timeZone: 'UTC' })
  }
}

/** Minutes since midnight and the weekday that the clocks of a zone show. */
function wallClock(at: Instant, zoneClock: Intl.DateTimeFormat): WallClock {
  const parts = zoneClock.formatToParts(at)
  const part = (type: string) => parts.find((candidate) => candidate.type === type)?.value ?? ''
  return {
    minute: Number(part('hour')) * 60 + Number(part('minute')),
    weekday: WEEKDAYS[part('weekday')] ?? 1,
  }
}

function dayBefore(day: Weekday): Weekday {
  return (day === 1 ? 7 : day - 1) as Weekday
}

/** Whether `--between` and `--days` allow firing at this instant. A span past midnight belongs to the day it opened. */
export function windowOpen(window: Window, at: Instant): boolean {
  if (window.between === null && window.days === null) return true
  return openAt(window, at, clockOf(window.zone))
}

function openAt(window: Window, at: Instant, zoneClock: Intl.DateTimeFormat): boolean {
  const clock = wallClock(at, zoneClock)
  const { fromMinute, toMinute } = window.between ?? { fromMinute: 0, toMinute: 24 * 60 }
  const pastMidnight = toMinute <= fromMinute
  const inEarlyPart = pastMidnight && clock.minute < toMinute
  const inside = pastMidnight
    ? clock.minute >= fromMinute || inEarlyPart
    : clock.minute >= fromMinute && clock.minute < toMinute
  const day = inEarlyPart ? dayBefore(clock.weekday) : clock.weekday
  return inside && (window.days === null || window.days.includes(day))
}

/**
 * The instant the window last opened (`direction` -1) or next changes (1), to the minute, looking at most nine days
 * far. Null when there is none so near: the window is always open, or never.
 */
export function windowEdge(window: Window, at: Instant, direction: 1 | -1): Instant | null {
  if (window.between === null && window.days === null) return null
  const zoneClock = clockOf(window.zone)
  const open = openAt(window, at, zoneClock)
  const minute = Math.floor(at / MINUTE_MS) * MINUTE_MS
  const furthest = 9 * DAY_MS
  // Quarter hours are where spans begin in practice and zones change; then minute by minute inside the one found.
  const coarse = 15 * MINUTE_MS
  for (let ahead = coarse; ahead <= furthest; ahead += coarse) {
    if (openAt(window, minute + direction * ahead, zoneClock) === open) continue
    for (let fine = ahead - coarse; fine <= ahead; fine += MINUTE_MS) {
      const probe = minute + direction * fine
      if (openAt(window, probe, zoneClock) !== open) return direction === 1 ? probe : probe + MINUTE_MS
    }
  }
  return null
}

function quietWindow({ fromMinute, toMinute, zone }: QuietHours): Window {
  return { between: { fromMinute, toMinute }, days: null, zone, onlyIfIAm: null, elseAt: null, expiresAt: null }
}

/** When quiet hours that are in force at an instant are over, one after another; null when none is in force. */
export function quietEnd(hours: readonly QuietHours[], at: Instant): Instant | null {
  let end: Instant | null = null
  for (let turn = 0; turn <= hours.length; turn++) {
    const from: Instant = end ?? at
    const inForce = hours.map(quietWindow).filter((window) => windowOpen(window, from))
    const edges = inForce.map((window) => windowEdge(window, from, 1)).filter((edge) => edge !== null)
    if (edges.length === 0) return end
    end = Math.max(...edges)
  }
  return end
}
