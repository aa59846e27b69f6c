import { describe, expect, test } from 'vitest'
import { nextSlot, slots } from '../../../src/domain/rule.ts'
import { DomainError } from '../../../src/domain/rule-error.ts'
import { describeRule, formatRule } from '../../../src/domain/rule-text.ts'
import { parseRule } from '../../../src/domain/rule-words.ts'
import { instantToWall } from '../../../src/domain/zone.ts'

/** Monday, 10:00 in Berlin. */
const NOW = Date.parse('2026-11-23T09:00Z')
const BERLIN = { now: NOW, zone: 'Europe/Berlin' }

/** Text, the form it is stored in, and its first three slots on the clocks of Berlin. */
const RULES: readonly (readonly [string, string, readonly string[]])[] = [
  ['day 9am', 'day 09:00', ['2026-11-24T09:00', '2026-11-25T09:00', '2026-11-26T09:00']],
  ['day 11am', 'day 11:00', ['2026-11-23T11:00', '2026-11-24T11:00', '2026-11-25T11:00']],
  ['day at noon', 'day 12:00', ['2026-11-23T12:00', '2026-11-24T12:00', '2026-11-25T12:00']],
  ['every day 9 am', 'day 09:00', ['2026-11-24T09:00', '2026-11-25T09:00', '2026-11-26T09:00']],
  ['DAY 9:00:30', 'day 09:00:30', ['2026-11-24T09:00:30', '2026-11-25T09:00:30', '2026-11-26T09:00:30']],
  ['1 day 9am', 'day 09:00', ['2026-11-24T09:00', '2026-11-25T09:00', '2026-11-26T09:00']],
  ['2 days 9am', '2 days 09:00 from 2026-11-24', ['2026-11-24T09:00', '2026-11-26T09:00', '2026-11-28T09:00']],
  ['2 days 11am', '2 days 11:00 from 2026-11-23', ['2026-11-23T11:00', '2026-11-25T11:00', '2026-11-27T11:00']],
  [
    '10 days 9am from 2026-11-20',
    '10 days 09:00 from 2026-11-20',
    ['2026-11-30T09:00', '2026-12-10T09:00', '2026-12-20T09:00'],
  ],
  [
    '2 days 9am from 2027-01-01',
    '2 days 09:00 from 2027-01-01',
    ['2027-01-01T09:00', '2027-01-03T09:00', '2027-01-05T09:00'],
  ],
  ['weekday 8:30', 'weekday 08:30', ['2026-11-24T08:30', '2026-11-25T08:30', '2026-11-26T08:30']],
  ['mon-fri 8:30', 'weekday 08:30', ['2026-11-24T08:30', '2026-11-25T08:30', '2026-11-26T08:30']],
  ['mon,thu 18:00', 'mon,thu 18:00', ['2026-11-23T18:00', '2026-11-26T18:00', '2026-11-30T18:00']],
  ['thursday,mon,mon 18:00', 'mon,thu 18:00', ['2026-11-23T18:00', '2026-11-26T18:00', '2026-11-30T18:00']],
  ['sat-mon 18:00', 'mon,sat,sun 18:00', ['2026-11-23T18:00', '2026-11-28T18:00', '2026-11-29T18:00']],
  ['mon 9am', 'mon 09:00', ['2026-11-30T09:00', '2026-12-07T09:00', '2026-12-14T09:00']],
  ['week mon 9am', 'mon 09:00', ['2026-11-30T09:00', '2026-12-07T09:00', '2026-12-14T09:00']],
  [
    '2 weeks mon 9am',
    '2 weeks mon 09:00 from 2026-11-30',
    ['2026-11-30T09:00', '2026-12-14T09:00', '2026-12-28T09:00'],
  ],
  [
    '2 weeks mon 11am',
    '2 weeks mon 11:00 from 2026-11-23',
    ['2026-11-23T11:00', '2026-12-07T11:00', '2026-12-21T11:00'],
  ],
  [
    '2 weeks mon,thu 9am',
    '2 weeks mon,thu 09:00 from 2026-11-26',
    ['2026-11-26T09:00', '2026-12-07T09:00', '2026-12-10T09:00'],
  ],
  [
    '3 weeks mon,fri 9am from 2026-12-09',
    '3 weeks mon,fri 09:00 from 2026-12-09',
    ['2026-12-11T09:00', '2026-12-28T09:00', '2027-01-01T09:00'],
  ],
  ['month 15 9am', 'month 15 09:00', ['2026-12-15T09:00', '2027-01-15T09:00', '2027-02-15T09:00']],
  ['month 1st 9am', 'month 1 09:00', ['2026-12-01T09:00', '2027-01-01T09:00', '2027-02-01T09:00']],
  ['month 31 9am', 'month 31 09:00', ['2026-12-31T09:00', '2027-01-31T09:00', '2027-03-31T09:00']],
  ['last day 17:00', 'last day 17:00', ['2026-11-30T17:00', '2026-12-31T17:00', '2027-01-31T17:00']],
  ['first mon 9am', 'first mon 09:00', ['2026-12-07T09:00', '2027-01-04T09:00', '2027-02-01T09:00']],
  ['fourth mon 11am', 'fourth mon 11:00', ['2026-11-23T11:00', '2026-12-28T11:00', '2027-01-25T11:00']],
  ['last fri 9am', 'last fri 09:00', ['2026-11-27T09:00', '2026-12-25T09:00', '2027-01-29T09:00']],
  ['year 24 dec 9am', 'year 24 dec 09:00', ['2026-12-24T09:00', '2027-12-24T09:00', '2028-12-24T09:00']],
  ['year dec 24th 9am', 'year 24 dec 09:00', ['2026-12-24T09:00', '2027-12-24T09:00', '2028-12-24T09:00']],
  ['year 31 jan 9am', 'year 31 jan 09:00', ['2027-01-31T09:00', '2028-01-31T09:00', '2029-01-31T09:00']],
  ['year 29 feb 9am', 'year 29 feb 09:00', ['2028-02-29T09:00', '2032-02-29T09:00', '2036-02-29T09:00']],
  ['0 9 * * *', '0 9 * * *', ['2026-11-24T09:00', '2026-11-25T09:00', '2026-11-26T09:00']],
  ['*/30 9-10 * * mon', '*/30 9-10 * * mon', ['2026-11-23T10:30', '2026-11-30T09:00', '2026-11-30T09:30']],
  ['0  9  *  *  WED', '0 9 * * wed', ['2026-11-25T09:00', '2026-12-02T09:00', '2026-12-09T09:00']],
  ['0 9 1 jul *', '0 9 1 jul *', ['2027-07-01T09:00', '2028-07-01T09:00', '2029-07-01T09:00']],
  ['0 9 13 * fri', '0 9 13 * fri', ['2026-11-27T09:00', '2026-12-04T09:00', '2026-12-11T09:00']],
  ['0 9 * * 7', '0 9 * * 7', ['2026-11-29T09:00', '2026-12-06T09:00', '2026-12-13T09:00']],
]

describe('a rule', () => {
  test.each(RULES)('%s', (text, stored, walls) => {
    const rule = parseRule(text, BERLIN)
    expect(formatRule(rule)).toBe(stored)
    expect(slots(rule, NOW, 3).map(({ at }) => instantToWall(at, 'Europe/Berlin'))).toEqual(walls)
  })

  test.each(RULES)('%s is read back from its stored form, whenever that is', (text) => {
    const rule = parseRule(text, BERLIN)
    const muchLater = NOW + 1_000 * 86_400_000 + 12_345
    expect(parseRule(formatRule(rule), { now: muchLater, zone: 'Europe/Berlin' })).toEqual(rule)
  })

  test('counts from its anchor, never from the last instant it was asked about', () => {
    const rule = parseRule('3 days 9am', BERLIN)
    const all = slots(rule, NOW, 40).map(({ at }) => at)
    for (const [index, at] of all.entries()) {
      const before = all[index - 1] ?? NOW
      expect(nextSlot(rule, at - 1)).toBe(at)
      expect(nextSlot(rule, Math.floor((before + at) / 2))).toBe(at)
    }
  })

  test('is described in a sentence', () => {
    const described = (text: string) => describeRule(parseRule(text, BERLIN))
    expect(described('2 days 9am')).toBe('every 2 days at 09:00 Europe/Berlin, counted from 2026-11-24')
    expect(described('weekday 8:30')).toBe('every week on Monday to Friday at 08:30 Europe/Berlin')
    expect(described('2 weeks mon,thu 9am')).toBe(
      'every 2 weeks on Mon, Thu at 09:00 Europe/Berlin, counted from 2026-11-26',
    )
    expect(described('month 31 9am')).toBe(
      'on day 31 of every month (shorter months are skipped) at 09:00 Europe/Berlin',
    )
    expect(described('last day 17:00')).toBe('on the last day of every month at 17:00 Europe/Berlin')
    expect(described('first mon 9am')).toBe('on the first Mon of every month at 09:00 Europe/Berlin')
    expect(described('year 29 feb 9am')).toBe('every year on 29 Feb (other years are skipped) at 09:00 Europe/Berlin')
    expect(described('0 9 * * *')).toBe('at the times of the cron fields "0 9 * * *", Europe/Berlin')
  })
})

describe('a rule is refused', () => {
  test.each([
    ['', 'Rules:'],
    ['every', 'Rules:'],
    ['9am', 'Rules:'],
    ['day', '"day 9am"'],
    ['weekday', '"day 9am"'],
    ['2 weeks mon', '"day 9am"'],
    ['day midnight', '00:00'],
    ['day 12am', '00:00'],
    ['day 9', '9am?'],
    ['day 25:00', 'A clock is'],
    ['day 9am 10am', 'Rules:'],
    ['day 9am please', 'Rules:'],
    ['0 days 9am', '1 to 1000'],
    ['00 days 9am', '1 to 1000'],
    ['0 weeks mon 9am', '1 to 1000'],
    ['99999 days 9am', '1 to 1000'],
    ['-2 days 9am', 'Rules:'],
    ['1.5 days 9am', 'Rules:'],
    ['2 weeks 9am', 'Rules:'],
    ['2 hours 9am', 'Rules:'],
    ['hour', 'Rules:'],
    ['daily 9am', 'Rules:'],
    ['month 9am', 'Rules:'],
    ['month 0 9am', 'Rules:'],
    ['month 32 9am', 'Rules:'],
    ['2 months 15 9am', 'Rules:'],
    ['first day 9am', 'Rules:'],
    ['fifth mon 9am', 'Rules:'],
    ['last weekday 9am', 'Rules:'],
    ['mon,foo 9am', 'Rules:'],
    ['mon- 9am', 'Rules:'],
    ['mon-wed-fri 9am', 'Rules:'],
    ['year 30 feb 9am', 'Rules:'],
    ['year dec 9am', 'Rules:'],
    ['tomorrow 9am', 'Rules:'],
    ['day 9am from 2026-12-01', '"2 days 9am from'],
    ['2 days 9am from tomorrow', '2026-12-24'],
    ['2 days 9am from 2026-02-30', '2026-12-24'],
    ['* * * *', 'Five fields'],
    ['0 9 * * * *', 'Five fields'],
    ['60 9 * * *', 'Five fields'],
    ['0 24 * * *', 'Five fields'],
    ['*/0 9 * * *', 'Five fields'],
    ['0 9 0 * *', 'Five fields'],
    ['0 9 * 13 *', 'Five fields'],
    ['0 9 * * 8', 'Five fields'],
    ['0 9 * * fri-mon', 'Five fields'],
    ['0 9 L * *', 'Five fields'],
    ['0 9 15W * *', 'Five fields'],
    ['0 9 * * 5L', 'Five fields'],
    ['0 9 * * 5#2', 'Five fields'],
    ['0 9 ? * mon', 'Five fields'],
    ['0 9 * * frog', 'Five fields'],
    ['@daily', 'Rules:'],
  ])('"%s" as BAD_TIME, naming %s', (text, hint) => {
    expect(() => parseRule(text, BERLIN)).toThrow(
      expect.objectContaining({ code: 'BAD_TIME', hint: expect.stringContaining(hint) }),
    )
  })

  test.each(['0 9 31 2 *', '0 9 30 feb *', '0 9 31 4,6,9,11 *'])('"%s" as one that never fires', (text) => {
    expect(() => parseRule(text, BERLIN)).toThrow(expect.objectContaining({ code: 'NEVER_FIRES' }))
  })

  test('in a zone that does not exist', () => {
    expect(() => parseRule('day 9am', { now: NOW, zone: 'Mars/Olympus' })).toThrow(DomainError)
  })
})
