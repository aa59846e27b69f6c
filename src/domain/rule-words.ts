import {
  readClock,
  readDayOfMonth,
  readMonthDay,
  readWeekday,
  readWeekdays,
  refuseClock,
  splitWords,
} from './calendar-words.ts'
import type { Instant } from './instant.ts'
import {
  type CalendarRule,
  type CronRule,
  type MonthPick,
  NTH,
  nextSlot,
  parseCron,
  type Rule,
  type RuleDays,
  slots,
  WORKDAYS,
} from './rule.ts'
import { DomainError } from './rule-error.ts'
import { dateOrNull, parseZone } from './zone.ts'

export interface RuleContext {
  now: Instant
  /** IANA zone whose wall clock the rule follows. */
  zone: string
}

const FORMS =
  '"day 9am", "2 days 9am", "weekday 8:30", "mon,thu 18:00", "2 weeks mon 9am", "month 15 9am", "last day 17:00", ' +
  '"first mon 9am", "year 24 dec 9am", or five cron fields.'

const LONGEST_INTERVAL = 1_000

/**
 * Reads RULE. An interval is counted from its `from` date; without one, from the first slot after `now`. Only the text
 * of `formatRule` carries that date, so that is the one to store.
 * Throws DomainError: BAD_TIME, BAD_ZONE, NEVER_FIRES.
 */
export function parseRule(text: string, context: RuleContext): Rule {
  const zone = parseZone(context.zone)
  const words = splitWords(text)
  if (words[0] === 'every') words.shift()
  const rule = looksLikeCron(words) ? readCron(words.join(' '), zone) : readCalendar(words, text, zone, context.now)
  if (nextSlot(rule, context.now) === null) {
    throw new DomainError('NEVER_FIRES', `"${text.trim()}" is a day that never comes.`)
  }
  return rule
}

/** Minute and hour are never names, which sets cron fields apart from words. */
function looksLikeCron(words: readonly string[]): boolean {
  return words.length >= 3 && words.slice(0, 2).every((word) => /^[\d*][\d*,/-]*$/.test(word))
}

/** Five fields without croner's L, W and #, which other crons read in other ways or not at all. */
const CRON_FIELDS = /^(?:[\d*,/-]+ ){3}[\d*,/a-z-]+ [\d*,/a-km-z-]+$/

function readCron(fields: string, zone: string): CronRule {
  try {
    if (!CRON_FIELDS.test(fields)) throw new RangeError('not five plain fields')
    parseCron(fields)
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof TypeError)) throw error
    throw new DomainError(
      'BAD_TIME',
      `"${fields}" is no cron rule.`,
      'Five fields: minute, hour, day of month, month, day of week, like "0 9 * * mon-fri".',
    )
  }
  return { kind: 'cron', fields, zone }
}

function readCalendar(words: string[], text: string, zone: string, now: Instant): CalendarRule {
  const anchor = takeAnchor(words)
  const last = words.at(-1) ?? ''
  const clock = readClock(last)
  if (clock === null) {
    if (readDays(words) === null) throw refuseClock(last, text.trim()) ?? refuseRule(text)
    throw new DomainError('BAD_TIME', `"${text.trim()}" has no clock.`, 'End it with one: "day 9am".')
  }
  words.pop()
  if (words.at(-1) === 'at') words.pop()
  const days = readDays(words)
  if (days === null) throw refuseRule(text)
  return anchored({ kind: 'calendar', days, clock, zone }, anchor, now)
}

/** The date after `from` at the end, taken off the words. */
function takeAnchor(words: string[]): string | null {
  if (words.at(-2) !== 'from') return null
  const [, date = ''] = words.splice(-2)
  if (dateOrNull(date) !== null) return date
  throw new DomainError('BAD_TIME', `No calendar has "${date}".`, 'Count from a date like 2026-12-24.')
}

function anchored(rule: CalendarRule, anchor: string | null, now: Instant): CalendarRule {
  const { days } = rule
  if ((days.unit !== 'day' && days.unit !== 'week') || days.every === 1) {
    if (anchor === null) return rule
    throw new DomainError('BAD_TIME', 'Only an interval is counted from a date.', 'Like "2 days 9am from 2026-12-24".')
  }
  if (anchor !== null) return { ...rule, days: { ...days, anchor } }
  const [first] = slots({ ...rule, days: { ...days, every: 1 } }, now, 1)
  return { ...rule, days: { ...days, anchor: first?.wall.toPlainDate().toString() ?? null } }
}

/** The words before the clock. Null: none of the forms. */
function readDays(words: readonly string[]): RuleDays | null {
  const [first = '', second = '', third = ''] = words
  switch (words.length) {
    case 1:
      if (first === 'day') return { unit: 'day', every: 1, anchor: null }
      return readWeek(1, first)
    case 2: {
      if (/^\d+$/.test(first) && /^days?$/.test(second))
        return { unit: 'day', every: readInterval(first), anchor: null }
      if (first === 'week') return readWeek(1, second)
      const pick = readMonthPick(first, second)
      return pick === null ? null : { unit: 'month', pick }
    }
    case 3: {
      if (/^\d+$/.test(first) && /^weeks?$/.test(second)) return readWeek(readInterval(first), third)
      const monthDay = first === 'year' ? readMonthDay(second, third) : null
      return monthDay === null ? null : { unit: 'year', ...monthDay }
    }
    default:
      return null
  }
}

function readWeek(every: number, word: string): RuleDays | null {
  const on = /^weekdays?$/.test(word) ? WORKDAYS : readWeekdays(word)
  return on === null ? null : { unit: 'week', every, anchor: null, on }
}

function readMonthPick(first: string, second: string): MonthPick | null {
  if (first === 'month') {
    const day = readDayOfMonth(second)
    return day === null ? null : { by: 'date', day }
  }
  if (first === 'last' && second === 'day') return { by: 'date', day: 'last' }
  const nth = NTH.find((name) => name === first)
  const weekday = readWeekday(second)
  return nth === undefined || weekday === null ? null : { by: 'weekday', nth, weekday }
}

function readInterval(word: string): number {
  const every = Number(word)
  if (every >= 1 && every <= LONGEST_INTERVAL) return every
  throw new DomainError('BAD_TIME', `An interval of ${word} is no rule.`, `It goes from 1 to ${LONGEST_INTERVAL}.`)
}

function refuseRule(text: string): DomainError {
  return new DomainError('BAD_TIME', `"${text.trim()}" is no rule.`, `Rules: ${FORMS}`)
}
