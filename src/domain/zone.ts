import { Temporal } from 'temporal-polyfill'
import { type Duration, formatDuration } from './duration.ts'
import type { Instant } from './instant.ts'
import { DomainError } from './rule-error.ts'

/** The end of year 9999 in UTC: the last instant RFC 3339 can write. */
export const LAST_INSTANT: Instant = 253_402_300_799_999

/** Why a wall clock is not one plain instant: the clocks skip it, or show it twice. */
export type WallNote = 'gap' | 'doubled' | null

export interface ResolvedWall {
  at: Instant
  /** With `doubled`: when the clocks show it for the second time. */
  again: Instant | null
  note: WallNote
}

/** The zone's name as IANA spells it. Throws BAD_ZONE; a plain offset is no zone, since it knows no summer time. */
export function parseZone(text: string): string {
  try {
    if (/^[A-Za-z]/.test(text)) return new Temporal.ZonedDateTime(0n, text).timeZoneId
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
  }
  throw new DomainError(
    'BAD_ZONE',
    `"${text}" is no time zone.`,
    'Write an IANA name: Europe/Berlin, America/New_York, UTC.',
  )
}

export function isZone(text: string): boolean {
  try {
    parseZone(text)
    return true
  } catch (error) {
    if (error instanceof DomainError) return false
    throw error
  }
}

function zoned(at: Instant, zone: string): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone)
}

/** What the clocks of a zone show at an instant. */
export function wallAt(at: Instant, zone: string): Temporal.PlainDateTime {
  return zoned(at, zone).toPlainDateTime()
}

/** Milliseconds the clocks of a zone are ahead of UTC. */
export function offsetAt(at: Instant, zone: string): number {
  return zoned(at, zone).offsetNanoseconds / 1e6
}

/**
 * When the clocks of a zone show this. A skipped wall clock moves forward by the length of the gap (02:30 becomes
 * 03:30), a doubled one is its first showing: RFC 5545, section 3.3.5.
 */
export function resolveWall(wall: Temporal.PlainDateTime, zone: string): ResolvedWall {
  const first = wall.toZonedDateTime(zone, { disambiguation: 'compatible' })
  const at = first.epochMilliseconds
  if (!first.toPlainDateTime().equals(wall)) return { at, again: null, note: 'gap' }
  const second = wall.toZonedDateTime(zone, { disambiguation: 'later' }).epochMilliseconds
  return second === at ? { at, again: null, note: null } : { at, again: second, note: 'doubled' }
}

/** A sentence for what `resolveWall` had to decide, or null. */
export function explainWall(wall: Temporal.PlainDateTime, resolved: ResolvedWall, zone: string): string | null {
  if (resolved.note === null) return null
  const date = wall.toPlainDate().toString()
  const clock = formatWall(wall).slice(11)
  if (resolved.note === 'doubled') return `${clock} comes twice on ${date} in ${zone}; the first is taken.`
  const taken = instantToWall(resolved.at, zone).replace('T', ' ').replace(`${date} `, '')
  return `${clock} does not exist on ${date} in ${zone}; ${taken} is taken.`
}

/** `YYYY-MM-DDTHH:mm`, with seconds where there are any; fractions are dropped. */
function formatWall(wall: Temporal.PlainDateTime): string {
  return wall.toString({ smallestUnit: wall.second === 0 ? 'minute' : 'second' })
}

export function instantToWall(at: Instant, zone: string): string {
  return formatWall(wallAt(at, zone))
}

/** A date of the calendar, written `YYYY-MM-DD`. */
export function dateOrNull(text: string): Temporal.PlainDate | null {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return null
  try {
    return Temporal.PlainDate.from(text, { overflow: 'reject' })
  } catch {
    return null
  }
}

/** RFC 3339 with the zone's offset, to the second. */
export function toOffsetString(at: Instant, zone: string): string {
  return zoned(at, zone).toString({ timeZoneName: 'never', smallestUnit: 'second' })
}

/** From one instant to a later one: whole days on the wall clock of the zone, then exact time. */
export function durationBetween(from: Instant, to: Instant, zone: string): Duration {
  const span = zoned(from, zone).until(zoned(to, zone), { largestUnit: 'day' })
  return { days: span.days, ms: span.with({ days: 0 }).total('millisecond') }
}

const WEEKDAY_NAMES = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const

/** The pieces every answer shows: `2026-11-27T09:00`, `Fri`, `in 4 d 3 h`. */
export function formatLocal(
  at: Instant,
  zone: string,
  now: Instant,
): { local: string; weekday: string; distance: string } {
  const wall = wallAt(at, zone)
  const between = at >= now ? durationBetween(now, at, zone) : durationBetween(at, now, zone)
  const length = formatDuration(between)
  return {
    local: formatWall(wall),
    weekday: WEEKDAY_NAMES[wall.dayOfWeek - 1] ?? '',
    distance: at === now ? 'now' : at > now ? `in ${length}` : `${length} ago`,
  }
}
