import type { QuietHours, Weekday, Window } from './backup.ts'
import { DAY_MS, type Instant, MINUTE_MS } from './instant.ts'

const DAY_MINUTES = 24 * 60

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
  const furthest = 9 * DAY_MS
  let from = Math.floor(at / MINUTE_MS) * MINUTE_MS
  while (Math.abs(from - at) <= furthest) {
    const to = from + direction * minutesToNext(window, wallClock(from, zoneClock).minute, direction) * MINUTE_MS
    // Minute by minute inside the step in which it changes: the zone's own clocks may have moved there.
    for (let probe = from; openAt(window, to, zoneClock) !== open; probe += direction * MINUTE_MS) {
      if (openAt(window, probe, zoneClock) !== open) return direction === 1 ? probe : probe + MINUTE_MS
    }
    from = to
  }
  return null
}

/** Zones change at quarter hours; no step is longer, and none leads over a bound of the window or over midnight. */
const LONGEST_STEP = 15

function minutesToNext({ between }: Window, minute: number, direction: 1 | -1): number {
  const bounds = between === null ? [0] : [0, between.fromMinute, between.toMinute % DAY_MINUTES]
  const steps = bounds.map((bound) => {
    const target = direction === 1 ? bound : bound - 1
    return (direction * (target - minute) + 2 * DAY_MINUTES) % DAY_MINUTES || DAY_MINUTES
  })
  return Math.min(LONGEST_STEP, ...steps)
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
