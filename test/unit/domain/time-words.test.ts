import { describe, expect, test } from 'vitest'
import type { TimeMode } from '../../../src/domain/day-words.ts'
import { DomainError } from '../../../src/domain/rule-error.ts'
import { parseInstant, parseTime, readsAsTime } from '../../../src/domain/time-words.ts'
import { intlZone, wall, ZONES } from '../../support/intl-zone.ts'

/** It is Monday, 10:00, in every zone of the table. */
const MONDAY_TEN = '2026-11-23T10:00'

function refusalOf(run: () => unknown): DomainError {
  try {
    run()
  } catch (error) {
    if (error instanceof DomainError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

/** What is written, and the wall clock it means on that Monday. */
const WORDS: readonly (readonly [string, string])[] = [
  // A clock alone is the next time it shows.
  ['9am', '2026-11-24T09:00'],
  ['10am', '2026-11-24T10:00'],
  ['10:00', '2026-11-24T10:00'],
  ['10:00:01', '2026-11-23T10:00:01'],
  ['10:01', '2026-11-23T10:01'],
  ['11am', '2026-11-23T11:00'],
  ['11AM', '2026-11-23T11:00'],
  ['11 am', '2026-11-23T11:00'],
  ['at 11am', '2026-11-23T11:00'],
  ['  11am  ', '2026-11-23T11:00'],
  ['12pm', '2026-11-23T12:00'],
  ['12:30pm', '2026-11-23T12:30'],
  ['noon', '2026-11-23T12:00'],
  ['1pm', '2026-11-23T13:00'],
  ['9:30pm', '2026-11-23T21:30'],
  ['9:30 PM', '2026-11-23T21:30'],
  ['21:30', '2026-11-23T21:30'],
  ['21:30:15', '2026-11-23T21:30:15'],
  ['23:59', '2026-11-23T23:59'],
  ['00:00', '2026-11-24T00:00'],
  ['0:30', '2026-11-24T00:30'],
  ['9:30', '2026-11-24T09:30'],
  ['09:30', '2026-11-24T09:30'],
  ['1:00am', '2026-11-24T01:00'],
  // Days by name never move.
  ['today 11am', '2026-11-23T11:00'],
  ['today 23:59', '2026-11-23T23:59'],
  ['today at noon', '2026-11-23T12:00'],
  ['TODAY NOON', '2026-11-23T12:00'],
  ['noon today', '2026-11-23T12:00'],
  ['tomorrow 9am', '2026-11-24T09:00'],
  ['tomorrow 9 am', '2026-11-24T09:00'],
  ['tomorrow at 9am', '2026-11-24T09:00'],
  ['tomorrow, 9am', '2026-11-24T09:00'],
  ['tomorrow   9am', '2026-11-24T09:00'],
  ['tomorrow\t9am', '2026-11-24T09:00'],
  ['Tomorrow 09:00', '2026-11-24T09:00'],
  ['9am tomorrow', '2026-11-24T09:00'],
  ['at 9am tomorrow', '2026-11-24T09:00'],
  ['tomorrow 00:00', '2026-11-24T00:00'],
  ['tomorrow noon', '2026-11-24T12:00'],
  ['tomorrow 23:59:59', '2026-11-24T23:59:59'],
  // A weekday is the next whose clock is still ahead, today included.
  ['mon 11am', '2026-11-23T11:00'],
  ['mon 9am', '2026-11-30T09:00'],
  ['mon 10:00', '2026-11-30T10:00'],
  ['monday 23:00', '2026-11-23T23:00'],
  ['tue 9am', '2026-11-24T09:00'],
  ['tues 9am', '2026-11-24T09:00'],
  ['tuesday 9am', '2026-11-24T09:00'],
  ['wed 9am', '2026-11-25T09:00'],
  ['weds 9am', '2026-11-25T09:00'],
  ['wednesday noon', '2026-11-25T12:00'],
  ['thu 9am', '2026-11-26T09:00'],
  ['thur 9am', '2026-11-26T09:00'],
  ['thurs 9am', '2026-11-26T09:00'],
  ['thursday 9am', '2026-11-26T09:00'],
  ['fri 9:30', '2026-11-27T09:30'],
  ['Fri 9:30', '2026-11-27T09:30'],
  ['friday 9:30am', '2026-11-27T09:30'],
  ['on fri 9:30', '2026-11-27T09:30'],
  ['on friday at 9:30', '2026-11-27T09:30'],
  ['fri, 9:30', '2026-11-27T09:30'],
  ['9:30 fri', '2026-11-27T09:30'],
  ['9:30 on fri', '2026-11-27T09:30'],
  ['sat 00:00', '2026-11-28T00:00'],
  ['saturday 8pm', '2026-11-28T20:00'],
  ['sun 8pm', '2026-11-29T20:00'],
  ['sunday 20:00', '2026-11-29T20:00'],
  // next is the first such day after today.
  ['next monday 9am', '2026-11-30T09:00'],
  ['next mon 11am', '2026-11-30T11:00'],
  ['next tue 9am', '2026-11-24T09:00'],
  ['next friday 9:30', '2026-11-27T09:30'],
  ['next sunday noon', '2026-11-29T12:00'],
  ['11am next mon', '2026-11-30T11:00'],
  // A day of the year is the next one whose clock is still ahead.
  ['24 dec 18:00', '2026-12-24T18:00'],
  ['24 december 18:00', '2026-12-24T18:00'],
  ['24th dec 6pm', '2026-12-24T18:00'],
  ['dec 24 18:00', '2026-12-24T18:00'],
  ['Dec 24th 18:00', '2026-12-24T18:00'],
  ['december 24, 18:00', '2026-12-24T18:00'],
  ['on 24 dec at 6pm', '2026-12-24T18:00'],
  ['18:00 24 dec', '2026-12-24T18:00'],
  ['1 jan 00:00', '2027-01-01T00:00'],
  ['1st jan 9am', '2027-01-01T09:00'],
  ['2nd feb 9am', '2027-02-02T09:00'],
  ['3rd apr 9am', '2027-04-03T09:00'],
  ['23 nov 11am', '2026-11-23T11:00'],
  ['23 nov 9am', '2027-11-23T09:00'],
  ['22 nov noon', '2027-11-22T12:00'],
  ['31 dec 23:59', '2026-12-31T23:59'],
  ['15 may 9am', '2027-05-15T09:00'],
  ['7 jun 9am', '2027-06-07T09:00'],
  ['4 july 12:00', '2027-07-04T12:00'],
  ['30 sept 9am', '2027-09-30T09:00'],
  ['29 feb 9am', '2028-02-29T09:00'],
  // Full dates stand.
  ['2026-12-24 18:00', '2026-12-24T18:00'],
  ['2026-12-24 6pm', '2026-12-24T18:00'],
  ['2026-12-24T18:00', '2026-12-24T18:00'],
  ['2026-12-24t18:00', '2026-12-24T18:00'],
  ['2026-12-24T18:00:30', '2026-12-24T18:00:30'],
  ['2026-12-24 noon', '2026-12-24T12:00'],
  ['2026-12-24 at 18:00', '2026-12-24T18:00'],
  ['18:00 2026-12-24', '2026-12-24T18:00'],
  ['2026-11-23 10:01', '2026-11-23T10:01'],
  ['2028-02-29 9am', '2028-02-29T09:00'],
  ['24 dec 2026 18:00', '2026-12-24T18:00'],
  ['24 dec 2031 18:00', '2031-12-24T18:00'],
  ['dec 24, 2027 18:00', '2027-12-24T18:00'],
  ['dec 24 2027 at 6pm', '2027-12-24T18:00'],
  ['9999-12-30 12:00', '9999-12-30T12:00'],
  // Lengths of time.
  ['90s', '2026-11-23T10:01:30'],
  ['15m', '2026-11-23T10:15'],
  ['+15m', '2026-11-23T10:15'],
  ['+ 15m', '2026-11-23T10:15'],
  ['in 15m', '2026-11-23T10:15'],
  ['In 15 Minutes', '2026-11-23T10:15'],
  ['15 minutes', '2026-11-23T10:15'],
  ['half an hour', '2026-11-23T10:30'],
  ['2h30m', '2026-11-23T12:30'],
  ['2h 30m', '2026-11-23T12:30'],
  ['in 2 hours', '2026-11-23T12:00'],
  ['in two hours', '2026-11-23T12:00'],
  ['an hour', '2026-11-23T11:00'],
  ['in an hour and ten minutes', '2026-11-23T11:10'],
  ['72h', '2026-11-26T10:00'],
  ['3d', '2026-11-26T10:00'],
  ['a day', '2026-11-24T10:00'],
  ['in 3 days', '2026-11-26T10:00'],
  ['2w', '2026-12-07T10:00'],
  ['in a week', '2026-11-30T10:00'],
  ['1w2d3h4m5s', '2026-12-02T13:04:05'],
]

describe('words mean the same wall clock in every zone', () => {
  for (const zone of ZONES) {
    const opinion = intlZone(zone)
    const now = opinion.instant(wall(MONDAY_TEN))
    test.each(WORDS)(`%s (${zone})`, (text, local) => {
      const parsed = parseTime(text, { now, zone, mode: 'future' })
      expect(parsed).toMatchObject({ local, zone, at: opinion.instant(wall(local)) })
    })
  }

  test('the table is long enough to be worth its name', () => {
    expect(WORDS.length + REFUSED.length).toBeGreaterThan(200)
  })
})

/** What is refused on that Monday, with which code, and what the sentence or the hint names. */
const REFUSED: readonly (readonly [string, DomainError['code'], string])[] = [
  ['', 'BAD_TIME', 'empty'],
  [' ', 'BAD_TIME', 'empty'],
  ['9', 'BAD_TIME', '9am? 9:00?'],
  ['15', 'BAD_TIME', '15:00? 15s? 15m?'],
  ['90', 'BAD_TIME', '90s? 90m?'],
  ['1830', 'BAD_TIME', 'A clock is'],
  ['1790000000', 'BAD_TIME', '@1790000000'],
  ['tomorrow 9', 'BAD_TIME', '9am? 9:00?'],
  ['tomorrow 0900', 'BAD_TIME', 'A clock is'],
  ['midnight', 'BAD_TIME', '00:00'],
  ['tomorrow midnight', 'BAD_TIME', '00:00'],
  ['12am', 'BAD_TIME', '00:00'],
  ['12 am', 'BAD_TIME', '00:00'],
  ['12:30am', 'BAD_TIME', '00:30'],
  ['0am', 'BAD_TIME', '00:00'],
  ['tomorrow 12am', 'BAD_TIME', '00:00'],
  ['24:00', 'BAD_TIME', '00:00'],
  ['25:00', 'BAD_TIME', 'A clock is'],
  ['9:60', 'BAD_TIME', 'A clock is'],
  ['9:5', 'BAD_TIME', 'A clock is'],
  ['9:30:61', 'BAD_TIME', 'A clock is'],
  ['13pm', 'BAD_TIME', 'A clock is'],
  ['21:30pm', 'BAD_TIME', 'A clock is'],
  ['9.30', 'BAD_TIME', '2026-12-24'],
  ['12/24 9am', 'BAD_TIME', '2026-12-24'],
  ['24/12/2026 18:00', 'BAD_TIME', '2026-12-24'],
  ['24.12. 18:00', 'BAD_TIME', '2026-12-24'],
  ['2026/12/24 18:00', 'BAD_TIME', '2026-12-24'],
  ['today', 'BAD_TIME', 'no clock'],
  ['tomorrow', 'BAD_TIME', 'tomorrow 9am'],
  ['fri', 'BAD_TIME', 'fri 9am'],
  ['next monday', 'BAD_TIME', 'no clock'],
  ['24 dec', 'BAD_TIME', 'no clock'],
  ['2026-12-24', 'BAD_TIME', 'no clock'],
  ['9am 10am', 'BAD_TIME', 'two times'],
  ['tomorrow 9am or 10am', 'BAD_TIME', '"or"'],
  ['fri sat 9am', 'BAD_TIME', 'two times'],
  ['tomorrow fri 9am', 'BAD_TIME', 'two times'],
  ['fri 27 nov 9am', 'BAD_TIME', 'two times'],
  ['tomorrow 9am tomorrow', 'BAD_TIME', 'two times'],
  ['9am 9am', 'BAD_TIME', 'two times'],
  ['tomorrow 9am please', 'BAD_TIME', '"please"'],
  ['call Bo tomorrow 9am', 'BAD_TIME', '"call"'],
  ['tomorrow morning', 'BAD_TIME', '"morning"'],
  ['tonight', 'BAD_TIME', '"tonight"'],
  ['tomorrow at', 'BAD_TIME', '"at"'],
  ['at tomorrow 9am', 'BAD_TIME', '"tomorrow"'],
  ['on 9am', 'BAD_TIME', '"9am"'],
  ['9am 2h', 'BAD_TIME', 'length of time'],
  ['2h tomorrow', 'BAD_TIME', 'length of time'],
  ['now', 'BAD_TIME', '"now"'],
  ['soon', 'BAD_TIME', '"soon"'],
  ['every day 9am', 'BAD_TIME', '--every'],
  ['each fri 9am', 'BAD_TIME', '--every'],
  ['day 9am', 'BAD_TIME', '--every'],
  ['daily 9am', 'BAD_TIME', '--every'],
  ['weekday 8:30', 'BAD_TIME', '--every'],
  ['weekdays 8:30', 'BAD_TIME', '--every'],
  ['fridays 9am', 'BAD_TIME', '--every'],
  ['mon,thu 18:00', 'BAD_TIME', '--every'],
  ['mon-fri 18:00', 'BAD_TIME', '--every'],
  ['monthly 9am', 'BAD_TIME', '--every'],
  ['9am UTC', 'BAD_TIME', '--tz'],
  ['9am Europe/Berlin', 'BAD_TIME', '--tz'],
  ['tomorrow 9am CET', 'BAD_TIME', '--tz'],
  ['9am +02:00', 'BAD_TIME', '--tz'],
  ['last friday 9am', 'BAD_TIME', 'looks back'],
  ['2h ago', 'BAD_TIME', 'looks back'],
  ['next week 9am', 'BAD_TIME', 'next mon 9:30'],
  ['next 9am', 'BAD_TIME', 'next mon 9:30'],
  ['this fri 9am', 'BAD_TIME', 'fri 9:30'],
  ['30 feb 9am', 'BAD_TIME', '30 feb'],
  ['31 apr 9am', 'BAD_TIME', '31 apr'],
  ['32 dec 9am', 'BAD_TIME', '32 dec'],
  ['0 dec 9am', 'BAD_TIME', '0 dec'],
  ['dec 9am', 'BAD_TIME', 'dec 9am'],
  ['2026-02-30 9am', 'BAD_TIME', '2026-02-30'],
  ['2027-02-29T09:00', 'BAD_TIME', '2027-02-29'],
  ['29 feb 2027 9am', 'BAD_TIME', '2027-02-29'],
  ['2026-13-01T09:00Z', 'BAD_TIME', '2026-13-01'],
  ['2026-12-24T25:00Z', 'BAD_TIME', '25:00'],
  ['@', 'BAD_TIME', '"@"'],
  ['@-5', 'BAD_TIME', '"@-5"'],
  ['@soon', 'BAD_TIME', '"@soon"'],
  ['@999999999999', 'BAD_TIME', 'too far'],
  ['1.5h', 'BAD_TIME', '1h30m'],
  ['3 months', 'BAD_TIME', 'Name the day'],
  ['+90', 'BAD_DURATION', '90s? 90m?'],
  ['in 90', 'BAD_DURATION', '90s? 90m?'],
  ['in 3 months', 'BAD_DURATION', 'Name the day'],
  ['in the morning', 'BAD_DURATION', 'Examples'],
  ['today 9am', 'PAST_TIME', '1 h ago'],
  ['today 10:00', 'PAST_TIME', 'has passed'],
  ['today 00:00', 'PAST_TIME', 'has passed'],
  ['yesterday 9am', 'PAST_TIME', 'has passed'],
  ['2026-11-23 10:00', 'PAST_TIME', 'has passed'],
  ['2026-11-22 18:00', 'PAST_TIME', 'has passed'],
  ['2020-01-01T00:00:00Z', 'PAST_TIME', 'has passed'],
  ['1 jan 2026 9am', 'PAST_TIME', 'has passed'],
  ['@0', 'PAST_TIME', '1970-01-01'],
  ['0s', 'PAST_TIME', 'now'],
]

describe('is refused with what to write instead', () => {
  test.each(REFUSED)('"%s" (%s)', (text, code, named) => {
    const now = Date.parse(`${MONDAY_TEN}Z`)
    const refusal = refusalOf(() => parseTime(text, { now, zone: 'UTC', mode: 'future' }))
    expect(refusal.code).toBe(code)
    expect(`${refusal.message} ${refusal.hint}`).toContain(named)
  })

  test('a zone that does not exist', () => {
    expect(refusalOf(() => parseTime('9am', { now: 0, zone: 'Mars/Olympus', mode: 'future' })).code).toBe('BAD_ZONE')
  })
})

describe('an instant in the text beats the zone', () => {
  const context = { now: Date.parse('2026-11-23T10:00:00Z'), zone: 'America/New_York', mode: 'future' } as const

  test.each([
    ['2026-12-24T18:00:00Z', '2026-12-24T18:00:00Z'],
    ['2026-12-24t18:00:00z', '2026-12-24T18:00:00Z'],
    ['2026-12-24T18:00Z', '2026-12-24T18:00:00Z'],
    ['2026-12-24 18:00 +01:00', '2026-12-24T17:00:00Z'],
    ['2026-12-24T18:00:00+05:30', '2026-12-24T12:30:00Z'],
    ['2026-12-24T18:00:00+0530', '2026-12-24T12:30:00Z'],
    ['2026-12-24T18:00:00.250Z', '2026-12-24T18:00:00.250Z'],
    ['@1800000000', '2027-01-15T08:00:00Z'],
  ])('%s', (text, instant) => {
    expect(parseTime(text, context).at).toBe(Date.parse(instant))
  })

  test('and says what the clocks of the zone show then', () => {
    expect(parseTime('2026-12-24T18:00+01:00', context)).toEqual({
      at: Date.parse('2026-12-24T17:00:00Z'),
      local: '2026-12-24T12:00',
      zone: 'America/New_York',
      notes: ['+01:00 was written; in America/New_York that is 2026-12-24 12:00.'],
    })
  })

  test('without a note where the offset is the one the zone has then', () => {
    expect(parseTime('2026-12-24T18:00-05:00', context).notes).toEqual([])
  })
})

/** Where the clocks are changed: now, zone, text, the instant meant, and what the note says. */
const EDGES: readonly (readonly [string, string, string, string, string | null])[] = [
  ['2027-03-27T12:00Z', 'Europe/Berlin', 'tomorrow 2:30', '2027-03-28T01:30Z', '03:30 is taken'],
  ['2027-03-27T12:00Z', 'Europe/Berlin', '2:30', '2027-03-28T01:30Z', '03:30 is taken'],
  ['2027-03-27T12:00Z', 'Europe/Berlin', '28 mar 2:30', '2027-03-28T01:30Z', 'does not exist'],
  ['2027-03-27T12:00Z', 'Europe/Berlin', '2027-03-28 02:59:59', '2027-03-28T01:59:59Z', '03:59:59 is taken'],
  ['2027-03-27T12:00Z', 'Europe/Berlin', 'tomorrow 3am', '2027-03-28T01:00Z', null],
  ['2027-03-27T11:00Z', 'Europe/Berlin', '1d', '2027-03-28T10:00Z', null],
  ['2027-03-27T11:00Z', 'Europe/Berlin', '24h', '2027-03-28T11:00Z', null],
  ['2027-03-27T01:30Z', 'Europe/Berlin', '1d', '2027-03-28T01:30Z', '03:30 is taken'],
  ['2027-03-27T11:00Z', 'Europe/Berlin', '1d2h', '2027-03-28T12:00Z', null],
  ['2027-03-28T00:30Z', 'Europe/Berlin', '45m', '2027-03-28T01:15Z', null],
  ['2027-03-28T01:15Z', 'Europe/Berlin', 'today 2:30', '2027-03-28T01:30Z', '03:30 is taken'],
  ['2026-10-24T10:00Z', 'Europe/Berlin', 'tomorrow 2:30', '2026-10-25T00:30Z', 'the first is taken'],
  ['2026-10-24T10:00Z', 'Europe/Berlin', 'sun 2:30am', '2026-10-25T00:30Z', 'comes twice'],
  ['2026-10-24T10:00Z', 'Europe/Berlin', '2:30', '2026-10-25T00:30Z', 'the first is taken'],
  ['2026-10-25T00:45Z', 'Europe/Berlin', '2:30', '2026-10-25T01:30Z', 'the second is taken'],
  ['2026-10-25T00:45Z', 'Europe/Berlin', 'sun 2:30', '2026-10-25T01:30Z', 'the second is taken'],
  ['2026-10-25T01:45Z', 'Europe/Berlin', '2:30', '2026-10-26T01:30Z', null],
  ['2026-10-24T10:00Z', 'Europe/Berlin', '1d', '2026-10-25T11:00Z', null],
  ['2026-10-24T10:00Z', 'Europe/Berlin', '24h', '2026-10-25T10:00Z', null],
  ['2026-10-24T10:00Z', 'Europe/Berlin', 'tomorrow 3:00', '2026-10-25T02:00Z', null],
  ['2027-03-13T12:00Z', 'America/New_York', 'tomorrow 2:30am', '2027-03-14T07:30Z', '03:30 is taken'],
  ['2026-10-31T12:00Z', 'America/New_York', 'tomorrow 1:30am', '2026-11-01T05:30Z', 'the first is taken'],
  ['2026-10-31T12:00Z', 'America/New_York', 'tomorrow 9am', '2026-11-01T14:00Z', null],
  ['2026-10-03T00:00Z', 'Australia/Lord_Howe', 'sun 2:15', '2026-10-03T15:45Z', '02:45 is taken'],
  ['2026-10-03T00:00Z', 'Australia/Lord_Howe', 'sun 2:30', '2026-10-03T15:30Z', null],
  ['2026-04-04T00:00Z', 'Australia/Lord_Howe', 'sun 1:45', '2026-04-04T14:45Z', 'the first is taken'],
  ['2018-11-03T12:00Z', 'America/Sao_Paulo', 'tomorrow 00:00', '2018-11-04T03:00Z', '01:00 is taken'],
  ['2018-02-17T12:00Z', 'America/Sao_Paulo', 'today 23:30', '2018-02-18T01:30Z', 'the first is taken'],
  ['2011-12-29T12:00Z', 'Pacific/Apia', '30 dec 9am', '2011-12-30T19:00Z', '2011-12-31 09:00 is taken'],
  ['2011-12-29T12:00Z', 'Pacific/Apia', '31 dec 9am', '2011-12-30T19:00Z', null],
  ['2026-11-23T12:00Z', 'Asia/Kolkata', 'tomorrow 9am', '2026-11-24T03:30Z', null],
]

describe('where the clocks are changed', () => {
  test.each(EDGES)('at %s in %s, "%s" is %s', (now, zone, text, at, note) => {
    const parsed = parseTime(text, { now: Date.parse(now), zone, mode: 'future' })
    expect(new Date(parsed.at).toISOString()).toBe(new Date(at).toISOString())
    if (note === null) expect(parsed.notes).toEqual([])
    else expect(parsed.notes.join()).toContain(note)
  })

  test('a full date never moves to its second showing', () => {
    const now = Date.parse('2026-10-25T00:45Z')
    for (const text of ['today 2:30', '2026-10-25 2:30']) {
      expect(refusalOf(() => parseTime(text, { now, zone: 'Europe/Berlin', mode: 'future' })).code).toBe('PAST_TIME')
    }
  })

  test('a day of another year says so', () => {
    const now = Date.parse('2026-11-23T10:00Z')
    expect(parseTime('23 nov 9am', { now, zone: 'UTC', mode: 'future' }).notes).toEqual(['That is 2027-11-23.'])
  })
})

/** On that Monday in Berlin: mode, text, wall clock. */
const LIMITS: readonly (readonly [TimeMode, string, string])[] = [
  ['until', 'today', '2026-11-23T23:59:59'],
  ['until', 'tomorrow', '2026-11-24T23:59:59'],
  ['until', 'mon', '2026-11-23T23:59:59'],
  ['until', 'fri', '2026-11-27T23:59:59'],
  ['until', 'next mon', '2026-11-30T23:59:59'],
  ['until', '24 dec', '2026-12-24T23:59:59'],
  ['until', '22 nov', '2027-11-22T23:59:59'],
  ['until', '2026-12-24', '2026-12-24T23:59:59'],
  ['until', '2026-12-24 18:00', '2026-12-24T18:00'],
  ['until', '3d', '2026-11-26T10:00'],
  ['until', '9am', '2026-11-24T09:00'],
  ['since', 'today', '2026-11-23T00:00'],
  ['since', 'yesterday', '2026-11-22T00:00'],
  ['since', 'yesterday 9am', '2026-11-22T09:00'],
  ['since', 'mon', '2026-11-23T00:00'],
  ['since', 'mon 9am', '2026-11-23T09:00'],
  ['since', 'mon 11am', '2026-11-16T11:00'],
  ['since', 'fri', '2026-11-20T00:00'],
  ['since', 'last mon', '2026-11-16T00:00'],
  ['since', 'last fri 9am', '2026-11-20T09:00'],
  ['since', '24 dec', '2025-12-24T00:00'],
  ['since', '23 nov', '2026-11-23T00:00'],
  ['since', '29 feb', '2024-02-29T00:00'],
  ['since', '2026-11-01', '2026-11-01T00:00'],
  ['since', '9am', '2026-11-23T09:00'],
  ['since', '11am', '2026-11-22T11:00'],
  ['since', '10:00', '2026-11-23T10:00'],
  ['since', '2h', '2026-11-23T08:00'],
  ['since', '2h ago', '2026-11-23T08:00'],
  ['since', 'two hours ago', '2026-11-23T08:00'],
  ['since', '3d', '2026-11-20T10:00'],
  ['since', '4w', '2026-10-26T10:00'],
]

describe('limits', () => {
  const zone = 'Europe/Berlin'
  const opinion = intlZone(zone)
  const now = opinion.instant(wall(MONDAY_TEN))

  test.each(LIMITS)('%s %s', (mode, text, local) => {
    expect(parseTime(text, { now, zone, mode })).toMatchObject({ local, at: opinion.instant(wall(local)) })
  })

  test.each(['tomorrow', '2026-12-24', 'in 2h', '+2h', 'today 11am'])(
    'since refuses "%s", which lies ahead',
    (text) => {
      const refusal = refusalOf(() => parseTime(text, { now, zone, mode: 'since' }))
      expect(refusal).toMatchObject({ code: 'BAD_TIME', hint: expect.stringContaining('looks back') })
    },
  )

  test('until refuses a day that has passed', () => {
    expect(refusalOf(() => parseTime('yesterday', { now, zone, mode: 'until' })).code).toBe('PAST_TIME')
  })

  test('the start of a day that has no midnight is its first moment', () => {
    const later = Date.parse('2018-11-04T15:00Z')
    const parsed = parseTime('today', { now: later, zone: 'America/Sao_Paulo', mode: 'since' })
    expect(parsed.local).toBe('2018-11-04T01:00')
  })
})

describe('the text of a message', () => {
  const context = { now: Date.parse(`${MONDAY_TEN}Z`), zone: 'UTC' }

  test.each(['9am', 'monday 9am', 'tomorrow', 'fri', '30m', 'noon', 'today 9am', 'yesterday', '24 dec', '@0'])(
    '"%s" reads as a time',
    (text) => {
      expect(readsAsTime(text, context)).toBe(true)
    },
  )

  test.each(['', 'hello', 'lunch at 9am?', '9', 'see you tomorrow', 'in a moment', 'every day 9am', 'may', '1/2'])(
    '"%s" does not',
    (text) => {
      expect(readsAsTime(text, context)).toBe(false)
    },
  )
})

describe('an absolute instant', () => {
  test.each([
    ['2020-01-01T00:00:00Z', '2020-01-01T00:00:00Z'],
    ['2020-01-01 09:00', '2020-01-01T08:00:00Z'],
    ['1 jan 2020 9am', '2020-01-01T08:00:00Z'],
    ['@86400', '1970-01-02T00:00:00Z'],
  ])('%s may have passed', (text, instant) => {
    expect(parseInstant(text, 'Europe/Berlin')).toBe(Date.parse(instant))
  })

  test.each(['tomorrow 9am', '9am', '2020-01-01', 'fri 9:30', '1 jan 9am'])('"%s" depends on now', (text) => {
    expect(refusalOf(() => parseInstant(text, 'Europe/Berlin')).code).toBe('BAD_TIME')
  })
})
