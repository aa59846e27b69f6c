import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from './instant.ts'
import { DomainError } from './rule-error.ts'

/** A length of time: `days` keep the wall clock (a day of 23 or 25 hours is one day), `ms` is exact. */
export interface Duration {
  readonly days: number
  readonly ms: number
}

/** Longer ones are typing errors, and would leave the range of dates. */
const LONGEST_MS = 100 * 366 * DAY_MS

/** Largest first, which is also the order they have to come in. One letter is lower case: `1M` could be a month. */
const UNITS: readonly { names: readonly string[]; days: number; ms: number }[] = [
  { names: ['w', 'week', 'weeks'], days: 7, ms: 0 },
  { names: ['d', 'day', 'days'], days: 1, ms: 0 },
  { names: ['h', 'hr', 'hrs', 'hour', 'hours'], days: 0, ms: HOUR_MS },
  { names: ['m', 'min', 'mins', 'minute', 'minutes'], days: 0, ms: MINUTE_MS },
  { names: ['s', 'sec', 'secs', 'second', 'seconds'], days: 0, ms: SECOND_MS },
]

const NUMBERS: ReadonlyMap<string, number> = new Map(
  Object.entries({
    ...{ a: 1, an: 1, one: 1, two: 2, three: 3, four: 4, five: 5, six: 6, seven: 7, eight: 8, nine: 9, ten: 10 },
    ...{ eleven: 11, twelve: 12, fifteen: 15, twenty: 20, thirty: 30, forty: 40, fifty: 50, sixty: 60, ninety: 90 },
  }),
)

function readNumber(word: string): number | null {
  return /^\d+$/.test(word) ? Number(word) : (NUMBERS.get(word.toLowerCase()) ?? null)
}

function unitRank(word: string): number {
  const name = word.length === 1 ? word : word.toLowerCase()
  return UNITS.findIndex((unit) => unit.names.includes(name))
}

/** A number and a unit, and what joins them to the next. A number in words stands apart: `and` is not `an d`. */
const PART = /^(?:(\d{1,12})\s*|([a-z]+)\s+)([a-z]+)(?:\s*,\s*(?=\S)|\s+and\s+(?=\S)|\s*)/i

/** The duration a text reads as (`2h30m`, `in 2 hours`, `+3d`, `an hour and ten minutes`), or null. */
export function readDuration(text: string): Duration | null {
  let rest = text
    .trim()
    .replace(/^(?:\+\s*|in\s+)/i, '')
    .replace(/\bhalf an hour\b/i, '30 minutes')
  let days = 0
  let ms = 0
  let lastRank = -1
  while (rest !== '') {
    const part = PART.exec(rest)
    if (part === null) return null
    const [whole, digits, word, unitWord] = part
    const number = readNumber(digits ?? word ?? '')
    const rank = unitRank(unitWord ?? '')
    const unit = UNITS[rank]
    if (number === null || unit === undefined || rank <= lastRank) return null
    days += number * unit.days
    ms += number * unit.ms
    lastRank = rank
    rest = rest.slice(whole.length)
  }
  if (lastRank === -1 || days * DAY_MS + ms > LONGEST_MS) return null
  return { days, ms }
}

/** What to write instead of a length of time that cannot be read. */
export function durationHint(text: string): string {
  const bare = /^\+?\s*(?:in\s+)?(\d+)$/i.exec(text)
  if (bare !== null) return `${bare[1]}s? ${bare[1]}m? ${bare[1]}h? ${bare[1]}d?`
  if (/\d[.,]\d/.test(text)) return 'Write whole numbers: 1h30m.'
  if (/\d\s*(M|mo|mon|months?|y|yr|years?)\b/.test(text))
    return 'Months and years differ in length. Name the day: "24 dec 9am".'
  return 'Examples: 90s, 15m, 2h30m, 3d, 2w; the larger unit first.'
}

/** Reads D. Throws BAD_DURATION with a hint what to write instead. */
export function parseDuration(text: string): Duration {
  const duration = readDuration(text)
  if (duration !== null) return duration
  const shown = text.trim()
  throw new DomainError('BAD_DURATION', `"${shown}" is no length of time.`, durationHint(shown))
}

/** Milliseconds of a duration where no wall clock is near (`--timeout`, `--grace`): a day is 24 hours. */
export function durationMs(duration: Duration): number {
  return duration.days * DAY_MS + duration.ms
}

/** The two largest units that follow each other: `4 d 3 h`, `2 h 30 min`, `45 s`. What is smaller is dropped. */
export function formatDuration(duration: Duration): string {
  const seconds = Math.floor(duration.ms / SECOND_MS)
  const counts: [number, string][] = [
    [duration.days + Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3_600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ]
  const first = counts.findIndex(([count]) => count > 0)
  if (first === -1) return '0 s'
  return counts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ')
}
