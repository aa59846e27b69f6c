import { Cron } from 'croner'
import { Temporal } from 'temporal-polyfill'
import type { Weekday } from './backup.ts'
import type { Clock } from './calendar-words.ts'
import { DAY_MS, HOUR_MS, type Instant } from './instant.ts'
import { explainWall, LAST_INSTANT, offsetAt, resolveWall, wallAt } from './zone.ts'

/**
 * The days a rule falls on. `every` counts days or weeks from the anchor, a wall date; with 1 there is none.
 * `last` of a month is its last day, or its last such weekday.
 */
export type RuleDays =
  | { unit: 'day'; every: number; anchor: string | null }
  | { unit: 'week'; every: number; anchor: string | null; on: readonly Weekday[] }
  | { unit: 'month'; pick: MonthPick }
  | { unit: 'year'; month: number; day: number }

export type MonthPick =
  | { by: 'date'; day: number | 'last' }
  | { by: 'weekday'; nth: (typeof NTH)[number]; weekday: Weekday }

export const NTH = ['first', 'second', 'third', 'fourth', 'last'] as const
export const WORKDAYS: readonly Weekday[] = [1, 2, 3, 4, 5]

export interface CalendarRule {
  kind: 'calendar'
  days: RuleDays
  clock: Clock
  zone: string
}

/** Five fields, by the wall clock of the zone like every rule. */
export interface CronRule {
  kind: 'cron'
  fields: string
  zone: string
}

/** A recurrence on the wall clock of a zone. */
export type Rule = CalendarRule | CronRule

export interface Slot {
  at: Instant
  /** The wall clock the rule names, before any gap has moved it. */
  wall: Temporal.PlainDateTime
  /** A sentence where the clocks of the zone skip or repeat it. */
  note: string | null
}

/** The first slot after an instant; null when there is none before the year 10000. */
export function nextSlot(rule: Rule, after: Instant): Instant | null {
  return slotAfter(rule, after, wallClockOf(rule))?.at ?? null
}

/** Up to `count` slots after an instant, in order. */
export function slots(rule: Rule, after: Instant, count: number): Slot[] {
  const next = wallClockOf(rule)
  const found: Slot[] = []
  let last = after
  while (found.length < count) {
    const slot = slotAfter(rule, last, next)
    if (slot === null) break
    found.push(slot)
    last = slot.at
  }
  return found
}

/** The first wall clock of a rule strictly after another one; no zone is involved. */
type NextWall = (after: Temporal.PlainDateTime) => Temporal.PlainDateTime | null

/** Further than the clocks of any zone were ever moved at once (24 hours, where the date line moved). */
const LONGEST_GAP_MS = DAY_MS + HOUR_MS

/**
 * Walks the rule's wall clocks and takes the earliest instant after `after`. In a gap that is not the first wall
 * clock: 02:45 becomes 03:45, later than the 03:00 that follows it. So it starts as far back as a gap can have moved
 * a slot, and goes on past moved slots to the first that stands still.
 */
function slotAfter({ zone }: Rule, after: Instant, next: NextWall): Slot | null {
  const behind = Math.min(offsetAt(after, zone), offsetAt(after - LONGEST_GAP_MS, zone))
  let wall = next(wallAt(after + behind, 'UTC'))
  let best: Slot | null = null
  while (wall !== null) {
    const resolved = resolveWall(wall, zone)
    if (resolved.at > LAST_INSTANT) return best
    if (resolved.at > after) {
      if (best === null || resolved.at < best.at) {
        best = { at: resolved.at, wall, note: explainWall(wall, resolved, zone) }
      }
      if (resolved.note !== 'gap') return best
    }
    wall = next(wall)
  }
  return best
}

function wallClockOf(rule: Rule): NextWall {
  if (rule.kind === 'cron') return cronWalls(rule.fields)
  const time = new Temporal.PlainTime(rule.clock.hour, rule.clock.minute, rule.clock.second)
  return (after) => {
    const today = after.toPlainDate()
    const passed = Temporal.PlainTime.compare(time, after.toPlainTime()) <= 0
    return nextDay(rule.days, passed ? today.add({ days: 1 }) : today).toPlainDateTime(time)
  }
}

/** Cron fields on the naive wall clock: UTC has no gaps, so croner's own handling of zones stays out of it. */
function cronWalls(fields: string): NextWall {
  const cron = parseCron(fields)
  return (after) => {
    const found = cron.nextRun(new Date(after.toZonedDateTime('UTC').epochMilliseconds))
    return found === null ? null : wallAt(found.getTime(), 'UTC')
  }
}

/** Throws croner's errors where the fields are wrong. */
export function parseCron(fields: string): Cron {
  return new Cron(fields, { mode: '5-part', utcOffset: 0, paused: true })
}

/** The first day of a rule that is not before `from`. */
function nextDay(days: RuleDays, from: Temporal.PlainDate): Temporal.PlainDate {
  switch (days.unit) {
    case 'day':
      return nextCountedDay(days.every, days.anchor, from)
    case 'week':
      return nextWeekDay(days.every, days.anchor, days.on, from)
    case 'month':
      return nextOf(from, from, { months: 1 }, (month) => pickInMonth(days.pick, month))
    case 'year':
      return nextOf(from, from.with({ month: days.month }), { years: 1 }, (month) => dateInMonth(days.day, month))
  }
}

function nextCountedDay(every: number, anchor: string | null, from: Temporal.PlainDate): Temporal.PlainDate {
  if (anchor === null) return from
  const start = Temporal.PlainDate.from(anchor)
  const passed = start.until(from, { largestUnit: 'day' }).days
  return start.add({ days: Math.max(0, Math.ceil(passed / every)) * every })
}

function mondayOf(date: Temporal.PlainDate): Temporal.PlainDate {
  return date.subtract({ days: date.dayOfWeek - 1 })
}

/** Weeks begin on Monday; with an interval, the anchor's week is the first one, from the anchor on. */
function nextWeekDay(
  every: number,
  anchor: string | null,
  on: readonly Weekday[],
  from: Temporal.PlainDate,
): Temporal.PlainDate {
  const start = anchor === null ? from : Temporal.PlainDate.from(anchor)
  let day = Temporal.PlainDate.compare(from, start) < 0 ? start : from
  for (;;) {
    const week = mondayOf(day)
    const ahead = on.find((weekday) => weekday >= day.dayOfWeek)
    const weeks = mondayOf(start).until(week, { largestUnit: 'day' }).days / 7
    if (weeks % every === 0 && ahead !== undefined) return week.add({ days: ahead - 1 })
    day = week.add({ weeks: every - (weeks % every) })
  }
}

/** The first day that is not before `from`, asking month after month from `start` on; those without one are skipped. */
function nextOf(
  from: Temporal.PlainDate,
  start: Temporal.PlainDate,
  step: Temporal.DurationLike,
  pick: (month: Temporal.PlainDate) => Temporal.PlainDate | null,
): Temporal.PlainDate {
  let month = start.with({ day: 1 })
  for (;;) {
    const day = pick(month)
    if (day !== null && Temporal.PlainDate.compare(day, from) >= 0) return day
    month = month.add(step)
  }
}

function dateInMonth(day: number, month: Temporal.PlainDate): Temporal.PlainDate | null {
  return day <= month.daysInMonth ? month.with({ day }) : null
}

function pickInMonth(pick: MonthPick, month: Temporal.PlainDate): Temporal.PlainDate | null {
  if (pick.by === 'date') return dateInMonth(pick.day === 'last' ? month.daysInMonth : pick.day, month)
  const first = month.with({ day: 1 })
  const firstSuch = 1 + ((pick.weekday - first.dayOfWeek + 7) % 7)
  const weeks = pick.nth === 'last' ? Math.floor((month.daysInMonth - firstSuch) / 7) : NTH.indexOf(pick.nth)
  return first.with({ day: firstSuch + 7 * weeks })
}
