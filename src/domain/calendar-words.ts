/**
 * The words times and rules are made of: clocks, weekdays, months, and why a word is refused. Nothing here knows a
 * date or a zone.
 */
import type { Weekday } from './backup.ts'
import { durationHint, readDuration } from './duration.ts'
import { DomainError } from './rule-error.ts'

export interface Clock {
  readonly hour: number
  readonly minute: number
  readonly second: number
}

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
export const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'] as const
const LONG_WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']
const LONG_MONTHS = 'january february march april may june july august september october november december'.split(' ')
/** Other short forms, by the usual one. */
const ALSO: ReadonlyMap<string, string> = new Map([
  ['tues', 'tue'],
  ['weds', 'wed'],
  ['thur', 'thu'],
  ['thurs', 'thu'],
  ['sept', 'sep'],
])

/** Lower-case words. Commas between words are dropped, inside one they stay; `9 am` becomes `9am`. */
export function splitWords(text: string): string[] {
  const lower = text.trim().toLowerCase()
  const joined = lower.replace(/(\d) (am|pm)(?![a-z0-9])/g, '$1$2')
  return joined
    .split(/\s+/)
    .map((word) => (word.length > 1 ? word.replace(/,$/, '') : word))
    .filter((word) => word !== '')
}

/** `9am` `9:30pm` `21:30` `21:30:15` `noon`; null for anything else, also for midnight and 12am. */
export function readClock(word: string): Clock | null {
  if (word === 'noon') return { hour: 12, minute: 0, second: 0 }
  const parts = /^(\d{1,2})(?::(\d{2}))?(?::(\d{2}))?(am|pm)?$/.exec(word)
  if (parts === null) return null
  const [, hours, minutes, seconds, half] = parts
  const hour = Number(hours)
  const minute = Number(minutes ?? 0)
  const second = Number(seconds ?? 0)
  if (minute > 59 || second > 59) return null
  if (half === undefined) return minutes === undefined || hour > 23 ? null : { hour, minute, second }
  if (hour < 1 || hour > 12 || (hour === 12 && half === 'am')) return null
  return { hour: half === 'pm' && hour < 12 ? hour + 12 : hour, minute, second }
}

/** `09:00`, with seconds where there are any. */
export function formatClock(clock: Clock): string {
  const parts = clock.second === 0 ? [clock.hour, clock.minute] : [clock.hour, clock.minute, clock.second]
  return parts.map((part) => String(part).padStart(2, '0')).join(':')
}

function indexIn(word: string, short: readonly string[], long: readonly string[]): number {
  const index = short.indexOf(ALSO.get(word) ?? word)
  return index === -1 ? long.indexOf(word) : index
}

/** `mon`, `monday`. */
export function readWeekday(word: string): Weekday | null {
  const index = indexIn(word, WEEKDAYS, LONG_WEEKDAYS)
  return index === -1 ? null : ((index + 1) as Weekday)
}

/** `mon,thu`, `mon-fri`, `fri-sun,wed`: sorted, each once. A range may pass Sunday. */
export function readWeekdays(word: string): Weekday[] | null {
  const days = new Set<Weekday>()
  for (const part of word.split(',')) {
    const [from, to, ...more] = part.split('-').map(readWeekday)
    if (from === null || from === undefined || to === null || more.length > 0) return null
    const length = to === undefined ? 0 : (to - from + 7) % 7
    for (let step = 0; step <= length; step++) days.add((((from - 1 + step) % 7) + 1) as Weekday)
  }
  return [...days].sort()
}

/** 1 to 12, of `dec` or `december`. */
export function readMonth(word: string): number | null {
  const index = indexIn(word, MONTHS, LONG_MONTHS)
  return index === -1 ? null : index + 1
}

/** 1 to 31, of `24` or `24th`. */
export function readDayOfMonth(word: string): number | null {
  const digits = /^(\d{1,2})(?:st|nd|rd|th)?$/.exec(word)?.[1]
  const day = Number(digits)
  return digits !== undefined && day >= 1 && day <= 31 ? day : null
}

const DAYS_IN_MONTH = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** `24 dec`, `dec 24th`. Null where no year has that day. */
export function readMonthDay(first: string, second: string): { month: number; day: number } | null {
  const month = readMonth(first) ?? readMonth(second)
  const day = readDayOfMonth(first) ?? readDayOfMonth(second)
  if (month === null || day === null || day > (DAYS_IN_MONTH[month - 1] ?? 0)) return null
  return { month, day }
}

const EVERY_WORDS =
  /^(every|each|day|days|weekday|weekdays|weekend|weekends|week|weeks|month|months|year|years|hourly|daily|nightly|weekly|monthly|yearly|annually|biweekly|fortnightly|(mon|tues|wednes|thurs|fri|satur|sun)days)$/
const ZONE_WORDS =
  /^([a-z_]+\/[a-z_+/-]+|z|utc|gmt|bst|ist|jst|[cew]es?t|[ecmp][sd]?t|akst|akdt|hst|aest|aedt|(utc|gmt)?[+-]\d{1,2}:?\d{0,2})$/

const CLOCK_EXAMPLES = 'A clock is 9am, 9:30pm, 21:30 or noon.'

/** What a bare number may have been meant as. */
function numberHint(word: string, alone: boolean): string {
  const number = Number(word)
  if (word.length > 8) return `Seconds since 1970 are written @${word}.`
  if (number > 99) return CLOCK_EXAMPLES
  const half = number >= 1 && number <= 12 ? [`${number}am?`] : []
  const clock = number <= 23 ? [`${number}:00?`] : []
  const spans = alone ? [`${number}s?`, `${number}m?`, `${number}h?`] : []
  return [...half, ...clock, ...spans].join(' ') || CLOCK_EXAMPLES
}

function badTime(word: string, text: string, why: string, hint: string): DomainError {
  const place = word === text.toLowerCase() ? '' : ` in "${text}"`
  return new DomainError('BAD_TIME', `"${word}"${place} ${why}.`, hint)
}

/** Why a word that was meant as a clock is none, and what to write instead. Null: nothing about clocks. */
export function refuseClock(word: string, text: string): DomainError | null {
  const midnight = /^(?:12|0)(?::(\d\d))?am$/.exec(word)
  if (word === 'midnight' || midnight !== null) {
    const hint = `Write 00:${midnight?.[1] ?? '00'}, with the day that begins then.`
    return badTime(word, text, 'could be either end of the day', hint)
  }
  if (/^24:00/.test(word)) return badTime(word, text, 'is past 23:59', 'Write 00:00, with the day that begins then.')
  if (/^\d+$/.test(word)) return badTime(word, text, 'is no clock', numberHint(word, word === text))
  if (/^\d{1,2}:\d|^\d{1,2}[ap]m$/.test(word)) return badTime(word, text, 'is on no clock', CLOCK_EXAMPLES)
  return null
}

/** Why nothing can be made of a word, and what to write instead. */
export function refuseWord(word: string, text: string): DomainError {
  const refuse = (why: string, hint: string) => badTime(word, text, why, hint)
  if (/ ago$/i.test(text) || word === 'last') return refuse('looks back', 'Only --since looks back.')
  if (/^\d+([.,]\d+[a-z]+|\s?(months?|years?|mo|y|yr))$/i.test(text)) {
    return refuse('is no length of time', durationHint(text))
  }
  const clock = refuseClock(word, text)
  if (clock !== null) return clock
  if (/^\d+[/.]\d+([/.]\d*)?$/.test(word)) {
    return refuse('could be two different dates', 'Write 2026-12-24 or "24 dec".')
  }
  if (EVERY_WORDS.test(word) || readWeekdays(word) !== null) {
    return refuse('repeats', 'Rules go with --every: "day 9am", "mon,thu 18:00".')
  }
  if (ZONE_WORDS.test(word)) return refuse('looks like a zone', 'Zones go with --tz: --tz Europe/Berlin.')
  if (word === 'next' || word === 'this') return refuse('wants a weekday', 'Write "fri 9:30" or "next mon 9:30".')
  if (readDuration(word) !== null) return refuse('is a length of time', 'Write it alone, or a day and a clock alone.')
  return refuse('is no word of time', 'Examples: "tomorrow 9am", "fri 9:30", "24 dec 18:00", 2h30m.')
}
