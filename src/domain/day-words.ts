/** A day and a clock as people write them, and the instants they can mean seen from now. */
import { Temporal } from 'temporal-polyfill'
import type { Weekday } from './backup.ts'
import {
  type Clock,
  formatClock,
  readClock,
  readMonth,
  readMonthDay,
  readWeekday,
  refuseWord,
  splitWords,
} from './calendar-words.ts'
import type { Instant } from './instant.ts'
import { DomainError } from './rule-error.ts'
import { dateOrNull, explainWall, resolveWall, wallAt } from './zone.ts'

/**
 * `future`: a moment to act at. `until`: a limit ahead; a day without a clock is its last second. `since`: a limit
 * behind; a day without a clock is its start, a duration counts back, weekdays and clocks are the last that were.
 */
export type TimeMode = 'future' | 'until' | 'since'

export interface TimeContext {
  now: Instant
  /** IANA zone the words are meant in. */
  zone: string
  mode: TimeMode
}

/** An instant, and sentences about what was decided for the writer: a skipped clock, another year. */
export interface Moment {
  at: Instant
  notes: string[]
}

/** A day as written. Only `date` is one day; the others are the nearest that fits the mode. */
type Day =
  | { kind: 'any' }
  | { kind: 'date'; date: Temporal.PlainDate }
  | { kind: 'weekday'; weekday: Weekday; which: 'nearest' | 'next' | 'last' }
  | { kind: 'month-day'; month: number; day: number }

interface DayAndClock {
  day: Day
  clock: Clock | null
}

/** The instant that a day and a clock mean. It may lie on the wrong side of now where the day is one fixed date. */
export function readDayAndClock(text: string, context: TimeContext): Moment {
  const { day, clock } = readParts(text, context)
  if (clock === null && context.mode === 'future') {
    throw new DomainError('BAD_TIME', `"${text}" has no clock.`, `Write "${text} 9am" or "${text} 21:30".`)
  }
  const moments = datesOf(day, today(context), context.mode === 'since' ? -1 : 1).flatMap((date) =>
    momentsOn(date, clock, day, context),
  )
  const fits = ({ at }: Moment) => (context.mode === 'since' ? at <= context.now : at > context.now)
  const found = moments.find(fits) ?? moments[0]
  if (found === undefined) throw refuseWord(text, text)
  return found
}

/** The instant of a full date and clock, past or not. Null: other words of time. */
export function readDateAndClock(text: string, zone: string): Instant | null {
  const { day, clock } = readParts(text, { now: 0, zone, mode: 'future' })
  const full = day.kind === 'date' && clock !== null && /\d{4}/.test(text)
  return full ? resolveWall(wallOf(day.date, clock), zone).at : null
}

function today({ now, zone }: TimeContext): Temporal.PlainDate {
  return wallAt(now, zone).toPlainDate()
}

/** The words of a day and of a clock, in either order, each at most once, with nothing left over. */
function readParts(text: string, context: TimeContext): DayAndClock {
  const words = splitWords(text.replace(/^(\d{4}-\d{2}-\d{2})t(?=\d)/i, '$1 '))
  let day: Day = { kind: 'any' }
  let clock: Clock | null = null
  let index = 0
  while (index < words.length) {
    const connector = words[index] ?? ''
    if (connector === 'at' || connector === 'on') index++
    const word = words[index] ?? connector
    const nextClock = connector === 'on' ? null : readClock(word)
    const nextDay = connector === 'at' || nextClock !== null ? null : readDay(words.slice(index), context)
    if (nextClock === null && nextDay === null) throw refuseWord(word, text)
    if (nextClock === null ? day.kind !== 'any' : clock !== null) {
      throw new DomainError('BAD_TIME', `"${text}" names two times.`, 'Name one day and one clock: "fri 9:30".')
    }
    clock = nextClock ?? clock
    day = nextDay?.day ?? day
    index += nextDay?.length ?? 1
  }
  if (words.length === 0) throw new DomainError('BAD_TIME', 'The time is empty.', 'Write "tomorrow 9am" or 15m.')
  return { day, clock }
}

/** The day a list of words begins with, and how many of them it takes. */
function readDay(words: readonly string[], context: TimeContext): { day: Day; length: number } | null {
  const [first = '', second = ''] = words
  const near = ['yesterday', 'today', 'tomorrow'].indexOf(first)
  if (near !== -1) return { day: { kind: 'date', date: today(context).add({ days: near - 1 }) }, length: 1 }
  if (/^\d{4}-\d{2}-\d{2}$/.test(first)) return { day: { kind: 'date', date: readDate(first) }, length: 1 }
  const weekday = readWeekday(first)
  if (weekday !== null) return { day: { kind: 'weekday', weekday, which: 'nearest' }, length: 1 }
  const following = context.mode === 'since' ? 'last' : 'next'
  const marked = first === following ? readWeekday(second) : null
  if (marked !== null) return { day: { kind: 'weekday', weekday: marked, which: following }, length: 2 }
  return readNamedMonth(words)
}

/** `24 dec`, `dec 24`, `24 dec 2026`. */
function readNamedMonth([first = '', second = '', third = '']: readonly string[]): { day: Day; length: number } | null {
  const numbered = /^\d{1,2}([a-z]{2})?$/.test(first) && readMonth(second) !== null
  if (!numbered && readMonth(first) === null) return null
  const monthDay = readMonthDay(first, second)
  if (monthDay === null) {
    throw new DomainError('BAD_TIME', `"${first} ${second}" is no day of any year.`, 'Write "24 dec 18:00".')
  }
  if (!/^\d{4}$/.test(third)) return { day: { kind: 'month-day', ...monthDay }, length: 2 }
  const twoDigits = (part: number) => String(part).padStart(2, '0')
  const date = readDate(`${third}-${twoDigits(monthDay.month)}-${twoDigits(monthDay.day)}`)
  return { day: { kind: 'date', date }, length: 3 }
}

function readDate(text: string): Temporal.PlainDate {
  const date = dateOrNull(text)
  if (date !== null) return date
  throw new DomainError('BAD_TIME', `No calendar has ${text}.`, 'A date is year, month, day: 2026-12-24.')
}

/** The dates a day can mean, nearest first, ahead (1) or back (-1). Nine years hold a 29 February even around 2100. */
function datesOf(day: Day, from: Temporal.PlainDate, step: 1 | -1): Temporal.PlainDate[] {
  switch (day.kind) {
    case 'any':
      return [from, from.add({ days: step })]
    case 'date':
      return [day.date]
    case 'weekday': {
      const away = (step * (day.weekday - from.dayOfWeek) + 7) % 7
      const near = from.add({ days: step * away })
      const far = near.add({ days: step * 7 })
      if (day.which === 'nearest') return [near, far]
      return away === 0 ? [far] : [near]
    }
    case 'month-day':
      return Array.from({ length: 9 }, (_, index) => from.year + step * index)
        .map((year) => Temporal.PlainDate.from({ year, month: day.month, day: day.day }))
        .filter((date) => date.day === day.day)
  }
}

function wallOf(date: Temporal.PlainDate, clock: Clock): Temporal.PlainDateTime {
  return date.toPlainDateTime(new Temporal.PlainTime(clock.hour, clock.minute, clock.second))
}

/**
 * The moments a clock can mean on a date, best first. A doubled clock is its first showing; only where the day is
 * free to move does the second count too, since it is "the next time it shows".
 */
function momentsOn(date: Temporal.PlainDate, clock: Clock | null, day: Day, context: TimeContext): Moment[] {
  const { zone, mode } = context
  const otherYear = day.kind === 'month-day' && date.year !== today(context).year
  const notes = otherYear ? [`That is ${date.toString()}.`] : []
  if (clock === null) {
    const start = mode === 'since' ? date : date.add({ days: 1 })
    const midnight = start.toZonedDateTime(zone).epochMilliseconds
    return [{ at: mode === 'since' ? midnight : midnight - 1_000, notes }]
  }
  const wall = wallOf(date, clock)
  const resolved = resolveWall(wall, zone)
  const note = explainWall(wall, resolved, zone)
  const first = { at: resolved.at, notes: note === null ? notes : [...notes, note] }
  if (day.kind === 'date' || resolved.again === null) return [first]
  const again = `${formatClock(clock)} comes twice on ${date.toString()} in ${zone}; the second is taken.`
  const second = { at: resolved.again, notes: [...notes, again] }
  return mode === 'since' ? [second, first] : [first, second]
}
