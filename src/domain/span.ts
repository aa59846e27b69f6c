import type { Weekday } from './backup.ts'
import { readClock, readWeekdays } from './calendar-words.ts'
import { DomainError } from './rule-error.ts'

/** Minutes since midnight, half open; `toMinute` before `fromMinute` passes midnight. */
export interface Span {
  fromMinute: number
  toMinute: number
}

function minuteOf(word: string): number | null {
  if (word === '24:00') return 24 * 60
  const clock = readClock(word)
  return clock === null || clock.second !== 0 ? null : clock.hour * 60 + clock.minute
}

/** `08:00-22:00`, `9am-5pm`, `22:00-07:00`. Throws BAD_TIME, or BAD_TRIGGER when there is nothing in it. */
export function parseSpan(text: string): Span {
  const words = text
    .trim()
    .toLowerCase()
    .split(/\s*-\s*/)
  const [fromMinute, toMinute] = words.map(minuteOf)
  if (words.length !== 2 || fromMinute == null || toMinute == null) {
    throw new DomainError('BAD_TIME', `"${text.trim()}" is no span of hours.`, 'Write 08:00-22:00, or 22:00-07:00.')
  }
  if (fromMinute === toMinute) {
    throw new DomainError(
      'BAD_TRIGGER',
      `"${text.trim()}" is empty: it ends when it begins.`,
      'A whole day: 00:00-24:00.',
    )
  }
  return { fromMinute: fromMinute % (24 * 60), toMinute }
}

/** `mon-fri`, `sat,sun`, `weekday`. Throws BAD_TIME. */
export function parseDays(text: string): Weekday[] {
  const word = text.trim().toLowerCase().replace(/\s+/g, '')
  const days = /^weekdays?$/.test(word) ? readWeekdays('mon-fri') : readWeekdays(word)
  if (days !== null && days.length > 0) return days
  throw new DomainError('BAD_TIME', `"${text.trim()}" names no days.`, 'Write mon-fri, or sat,sun.')
}
