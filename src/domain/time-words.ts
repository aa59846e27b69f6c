import { Temporal } from 'temporal-polyfill'
import { type Moment, readDateAndClock, readDayAndClock, type TimeContext } from './day-words.ts'
import { type Duration, parseDuration, readDuration } from './duration.ts'
import type { Instant } from './instant.ts'
import { DomainError } from './rule-error.ts'
import { explainWall, formatLocal, instantToWall, LAST_INSTANT, parseZone, resolveWall, wallAt } from './zone.ts'

export interface ParsedTime {
  at: Instant
  /** What the clocks of `zone` show then: `YYYY-MM-DDTHH:mm[:ss]`. */
  local: string
  zone: string
  /** Sentences about what was decided for the writer: a skipped or doubled clock, another offset, another year. */
  notes: string[]
}

/**
 * Reads T. The result is after `now` (mode `since`: not after it).
 * Throws DomainError: BAD_TIME, PAST_TIME, BAD_ZONE, and BAD_DURATION after `+` or `in`.
 */
export function parseTime(text: string, context: TimeContext): ParsedTime {
  const zone = parseZone(context.zone)
  const here = { ...context, zone }
  const clean = oneSpaced(text)
  const { at, notes } = readInstant(clean, zone) ?? readSpan(clean, here) ?? readDayAndClock(clean, here)
  requireSide(clean, at, here)
  return { at, local: instantToWall(at, zone), zone, notes }
}

/** Whether a whole text reads as a time or a day, past or not: beside a when flag somebody forgot the quotes. */
export function readsAsTime(text: string, context: { now: Instant; zone: string }): boolean {
  try {
    parseTime(text, { ...context, mode: 'until' })
    return true
  } catch (error) {
    if (error instanceof DomainError && error.code !== 'BAD_ZONE') return error.code === 'PAST_TIME'
    throw error
  }
}

/** An absolute instant, past or not (`im when --from`): RFC 3339, `@unixseconds`, a full date and clock in the zone. */
export function parseInstant(text: string, zone: string): Instant {
  const clean = oneSpaced(text)
  const named = parseZone(zone)
  const at = readInstant(clean, named)?.at ?? readDateAndClock(clean, named)
  if (at !== null && at <= LAST_INSTANT) return at
  throw new DomainError('BAD_TIME', `"${clean}" is no instant.`, 'Write 2026-12-24T18:00:00Z or "2026-12-24 18:00".')
}

function oneSpaced(text: string): string {
  return text.trim().replace(/\s+/g, ' ')
}

function requireSide(text: string, at: Instant, { now, zone, mode }: TimeContext): void {
  if (at > LAST_INSTANT) throw new DomainError('BAD_TIME', `"${text}" is too far away.`, 'The last year is 9999.')
  if (mode === 'since') {
    if (at <= now) return
    throw new DomainError('BAD_TIME', `"${text}" lies ahead.`, '--since looks back: 2h, yesterday, "mon 9am".')
  }
  if (at > now) return
  const { local, weekday, distance } = formatLocal(at, zone, now)
  const when = `${weekday} ${local.replace('T', ' ')} ${zone}, ${distance}`
  throw new DomainError('PAST_TIME', `"${text}" has passed: ${when}.`, 'Name a moment ahead: "tomorrow 9am", 15m.')
}

const RFC3339 = /^(\d{4}-\d{2}-\d{2})[t ](\d{2}:\d{2})((?::\d{2}(?:\.\d{1,9})?)?) ?(z|[+-]\d{2}(?::?\d{2})?)$/i

/** `@unixseconds`, or a date and clock with an offset. Null: written in another way. */
function readInstant(text: string, zone: string): Moment | null {
  const unix = /^@(\d{1,12})$/.exec(text)
  if (unix !== null) return { at: Number(unix[1]) * 1_000, notes: [] }
  const parts = RFC3339.exec(text)
  if (parts === null) return null
  const [, date = '', clock = '', seconds = '', offset = ''] = parts
  const at = instantOrNull(`${date}T${clock}${seconds}${offset}`)
  if (at === null) {
    throw new DomainError('BAD_TIME', `No calendar or clock has "${text}".`, 'Write 2026-12-24T18:00:00+01:00.')
  }
  const local = instantToWall(at, zone)
  if (local.startsWith(`${date}T${clock}`)) return { at, notes: [] }
  return { at, notes: [`${offset.toUpperCase()} was written; in ${zone} that is ${local.replace('T', ' ')}.`] }
}

function instantOrNull(rfc3339: string): Instant | null {
  try {
    return Temporal.Instant.from(rfc3339).epochMilliseconds
  } catch {
    return null
  }
}

/** A length of time from now, or with `since` back from it. Null: written in another way. */
function readSpan(text: string, context: TimeContext): Moment | null {
  if (/^(\+|in )/i.test(text)) return shift(parseDuration(text), context, 1)
  const back = context.mode === 'since'
  const duration = readDuration(back ? text.replace(/ ago$/i, '') : text)
  return duration === null ? null : shift(duration, context, back ? -1 : 1)
}

/** Days move the wall clock, the rest is exact. */
function shift(duration: Duration, { now, zone }: TimeContext, sign: 1 | -1): Moment {
  if (duration.days === 0) return { at: now + sign * duration.ms, notes: [] }
  const wall = wallAt(now, zone).add({ days: sign * duration.days })
  const resolved = resolveWall(wall, zone)
  const note = explainWall(wall, resolved, zone)
  return { at: resolved.at + sign * duration.ms, notes: note === null ? [] : [note] }
}
