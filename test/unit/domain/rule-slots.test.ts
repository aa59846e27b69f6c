import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nextSlot, slots } from '../../../src/domain/rule.ts'
import { DomainError } from '../../../src/domain/rule-error.ts'
import { formatRule } from '../../../src/domain/rule-text.ts'
import { parseRule } from '../../../src/domain/rule-words.ts'
import { type IntlZone, intlZone, ZONES } from '../../support/intl-zone.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** The walk begins before the last summer times of São Paulo and Apia, and takes in five leap days. */
const START = Date.UTC(2018, 0, 1)
const YEARS = 20
const END = START + YEARS * 365 * DAY

const minutesOf = (...clocks: string[]) =>
  clocks.map((clock) => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3)))
const every = (step: number, from: number, to: number) =>
  Array.from({ length: Math.ceil((to - from) / step) }, (_, index) => from + index * step)

/** A rule, which days it falls on by plain arithmetic (midnight of the day as if in UTC), and at which minutes. */
interface Walked {
  rule: string
  on: (date: Date) => boolean
  minutes: number[]
}

const daysInMonth = (date: Date) => new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate()
const dayNumber = (date: Date) => Math.round(date.getTime() / DAY)

const WALKED: readonly Walked[] = [
  { rule: 'day 02:30', on: () => true, minutes: minutesOf('02:30') },
  { rule: 'day 00:00', on: () => true, minutes: minutesOf('00:00') },
  { rule: 'weekday 01:15', on: (date) => ![0, 6].includes(date.getUTCDay()), minutes: minutesOf('01:15') },
  {
    rule: 'year 29 feb 02:30',
    on: (date) => date.getUTCMonth() === 1 && date.getUTCDate() === 29,
    minutes: minutesOf('02:30'),
  },
  { rule: 'month 31 09:00', on: (date) => date.getUTCDate() === 31, minutes: minutesOf('09:00') },
  { rule: 'last day 23:59', on: (date) => date.getUTCDate() === daysInMonth(date), minutes: minutesOf('23:59') },
  {
    rule: 'last sun 02:00',
    on: (date) => date.getUTCDay() === 0 && date.getUTCDate() > daysInMonth(date) - 7,
    minutes: minutesOf('02:00'),
  },
  {
    rule: '3 days 02:30 from 2018-01-02',
    on: (date) => (dayNumber(date) - dayNumber(new Date('2018-01-02'))) % 3 === 0 && date >= new Date('2018-01-02'),
    minutes: minutesOf('02:30'),
  },
  {
    rule: '2 weeks sun 01:30 from 2018-01-07',
    on: (date) => (dayNumber(date) - dayNumber(new Date('2018-01-07'))) % 14 === 0 && date >= new Date('2018-01-07'),
    minutes: minutesOf('01:30'),
  },
  { rule: '30 2 * * *', on: () => true, minutes: minutesOf('02:30') },
  { rule: '15,40 2 * * *', on: () => true, minutes: minutesOf('02:15', '02:40') },
  { rule: '45 0-3 * * sun', on: (date) => date.getUTCDay() === 0, minutes: every(60, 45, 4 * 60) },
  {
    rule: '*/20 0-3 24-31 3,10 *',
    on: (date) => [2, 9].includes(date.getUTCMonth()) && date.getUTCDate() >= 24,
    minutes: every(20, 0, 4 * 60),
  },
]

/** Every slot in (START, END), day by day. A wall clock moved onto another slot is one slot. */
function walk(walked: Walked, zone: IntlZone): number[] {
  const { on, minutes } = walked
  const instants = new Set<number>()
  for (let day = START - 2 * DAY; day < END + 2 * DAY; day += DAY) {
    if (!on(new Date(day))) continue
    for (const minute of minutes) {
      const at = zone.instant(day + minute * MINUTE)
      if (at > START && at < END) instants.add(at)
    }
  }
  return [...instants].sort((a, b) => a - b)
}

describe.each(ZONES)('in %s every slot is the one a walk through the calendar finds', (zone) => {
  const opinion = intlZone(zone)

  test.each(WALKED)('$rule', (walked) => {
    const expected = walk(walked, opinion)
    const rule = parseRule(walked.rule, { now: START, zone })
    const found = slots(rule, START, expected.length).map(({ at }) => at)
    expect(found.length).toBeGreaterThan(4)
    expect(found).toEqual(expected)
  })
})

describe('where the clocks are changed', () => {
  const next = (text: string, zone: string, after: string, count = 3) =>
    slots(parseRule(text, { now: Date.parse(after), zone }), Date.parse(after), count).map(({ at, note }) => ({
      at: new Date(at).toISOString().slice(0, 16),
      note,
    }))

  test('a skipped slot moves forward by the length of the gap, that day alone, and says so', () => {
    expect(next('day 2:30', 'Europe/Berlin', '2027-03-26T23:00Z')).toEqual([
      { at: '2027-03-27T01:30', note: null },
      { at: '2027-03-28T01:30', note: '02:30 does not exist on 2027-03-28 in Europe/Berlin; 03:30 is taken.' },
      { at: '2027-03-29T00:30', note: null },
    ])
  })

  test('a doubled slot is taken once, and says so', () => {
    expect(next('day 2:30', 'Europe/Berlin', '2026-10-23T23:00Z')).toEqual([
      { at: '2026-10-24T00:30', note: null },
      { at: '2026-10-25T00:30', note: '02:30 comes twice on 2026-10-25 in Europe/Berlin; the first is taken.' },
      { at: '2026-10-26T01:30', note: null },
    ])
  })

  test('asked between the two showings, it goes on to the next day', () => {
    const rule = parseRule('day 2:30', { now: 0, zone: 'Europe/Berlin' })
    expect(nextSlot(rule, Date.parse('2026-10-25T01:00Z'))).toBe(Date.parse('2026-10-26T01:30Z'))
  })

  test('slots moved past others come in order, and two that meet are one', () => {
    expect(next('*/30 * * * *', 'Europe/Berlin', '2027-03-28T00:15Z', 4).map(({ at }) => at)).toEqual([
      '2027-03-28T00:30',
      '2027-03-28T01:00',
      '2027-03-28T01:30',
      '2027-03-28T02:00',
    ])
    expect(next('45 2,3 * * *', 'Europe/Berlin', '2027-03-28T00:15Z', 2).map(({ at }) => at)).toEqual([
      '2027-03-28T01:45',
      '2027-03-29T00:45',
    ])
  })

  test('a slot that half an hour has moved comes after one that stood still', () => {
    expect(next('15,40 2 * * *', 'Australia/Lord_Howe', '2026-10-03T15:00Z', 2).map(({ at }) => at)).toEqual([
      '2026-10-03T15:40',
      '2026-10-03T15:45',
    ])
  })

  test('asked after the gap but before a slot that moved, it is still found', () => {
    const rule = parseRule('day 2:45', { now: 0, zone: 'Europe/Berlin' })
    expect(nextSlot(rule, Date.parse('2027-03-28T01:15Z'))).toBe(Date.parse('2027-03-28T01:45Z'))
  })

  test('a day that a zone skipped altogether is one slot with the day after', () => {
    expect(next('day 9am', 'Pacific/Apia', '2011-12-29T12:00Z', 3).map(({ at }) => at)).toEqual([
      '2011-12-29T19:00',
      '2011-12-30T19:00',
      '2011-12-31T19:00',
    ])
  })
})

describe('whatever is typed', () => {
  const word = fc.constantFrom(
    ...'day days week weeks weekday month year last first mon thu mon,fri mon-fri 24 31 dec feb 0 1 2 9 9am 02:30 00:30'.split(
      ' ',
    ),
    ...'from 2026-12-24 at every * */15 */20 0-6 1,15 jan-mar midnight noon 12am ? L'.split(' '),
  )
  const days = fc.constantFrom(
    'day',
    '2 days',
    'weekday',
    'mon,sun',
    '3 weeks fri-sun',
    'month 31',
    'last day',
    'first mon',
    'last sat',
    'year 29 feb',
  )
  const clock = fc.constantFrom('00:00', '00:30', '1:15', '02:30', '2:59:59', '9am', 'noon', '23:45')
  const text = fc.oneof(
    fc.tuple(days, clock).map((words) => words.join(' ')),
    fc.constantFrom('*/20 * * * *', '30 0-3 * * *', '59 23 31 * *', '0 0 1 1 sun', '15,45 2 * 3,4,10,11 *'),
    fc.array(word, { maxLength: 7 }).map((words) => words.join(' ')),
    fc.string(),
  )
  const now = fc.integer({ min: Date.UTC(1990, 0), max: Date.UTC(2090, 0) })

  test('is a rule whose slots lie ahead, ever later, and that reads back from its stored form; or a DomainError', () => {
    fc.assert(
      fc.property(text, now, fc.constantFrom(...ZONES), (typed, at, zone) => {
        const context = { now: at, zone }
        try {
          const rule = parseRule(typed, context)
          expect(parseRule(formatRule(rule), { ...context, now: at + 10 * DAY })).toEqual(rule)
          const found = slots(rule, at, 4).map((slot) => slot.at)
          expect(found.length).toBe(4)
          for (const [index, slot] of found.entries()) expect(slot).toBeGreaterThan(found[index - 1] ?? at)
        } catch (error) {
          expect(error).toBeInstanceOf(DomainError)
        }
      }),
      { numRuns: 1_000 },
    )
  })
})
