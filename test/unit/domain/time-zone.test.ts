import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DomainError } from '../../../src/domain/rule-error.ts'
import {
  durationBetween,
  formatLocal,
  instantToWall,
  isZone,
  offsetAt,
  parseZone,
  toOffsetString,
} from '../../../src/domain/zone.ts'
import { intlZone, wall, ZONES } from '../../support/intl-zone.ts'
import { wallToInstant } from '../../support/wall.ts'

const utc = (text: string) => Date.parse(text)

describe('zones', () => {
  test.each(['UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires', 'Etc/GMT+5', 'Asia/Calcutta'])(
    '%s is one',
    (zone) => {
      expect(isZone(zone)).toBe(true)
      expect(parseZone(zone)).toBe(zone)
    },
  )

  test.each(['', 'Z', '+02:00', 'PST', 'Berlin', 'Europe/Nowhere', 'Europe/Berlin ', 'Local'])(
    '"%s" is none',
    (zone) => {
      expect(isZone(zone)).toBe(false)
      expect(() => parseZone(zone)).toThrow(DomainError)
    },
  )

  test('are spelled as IANA spells them', () => {
    expect(parseZone('europe/berlin')).toBe('Europe/Berlin')
  })
})

describe('wall clocks', () => {
  test.each([
    ['a gap of an hour moves forward by an hour', '2027-03-28T02:30', 'Europe/Berlin', '2027-03-28T01:30Z', 'gap'],
    ['the first skipped minute too', '2027-03-28T02:00', 'Europe/Berlin', '2027-03-28T01:00Z', 'gap'],
    ['the minute after the gap stands', '2027-03-28T03:00', 'Europe/Berlin', '2027-03-28T01:00Z', null],
    [
      'a gap of half an hour moves by half an hour',
      '2026-10-04T02:15',
      'Australia/Lord_Howe',
      '2026-10-03T15:45Z',
      'gap',
    ],
    ['a gap at midnight', '2018-11-04T00:15', 'America/Sao_Paulo', '2018-11-04T03:15Z', 'gap'],
    ['a gap of a whole day', '2011-12-30T09:00', 'Pacific/Apia', '2011-12-30T19:00Z', 'gap'],
    ['a doubled clock is its first showing', '2026-10-25T02:30', 'Europe/Berlin', '2026-10-25T00:30Z', 'doubled'],
    ['doubled in America', '2026-11-01T01:30', 'America/New_York', '2026-11-01T05:30Z', 'doubled'],
    ['doubled for half an hour', '2026-04-05T01:45', 'Australia/Lord_Howe', '2026-04-04T14:45Z', 'doubled'],
    ['a zone without summer time', '2026-10-25T02:30', 'Asia/Kolkata', '2026-10-24T21:00Z', null],
  ])('%s', (_name, local, zone, instant, note) => {
    expect(wallToInstant(local, zone)).toMatchObject({ at: utc(instant), note })
  })

  test('a doubled clock tells its second showing, a moved one what it became', () => {
    expect(wallToInstant('2026-10-25T02:30', 'Europe/Berlin').again).toBe(utc('2026-10-25T01:30Z'))
    expect(wallToInstant('2027-03-28T02:30', 'Europe/Berlin').local).toBe('2027-03-28T03:30')
  })

  test('agree with a second opinion at any instant of any odd zone', () => {
    const opinions = new Map(ZONES.map((zone) => [zone, intlZone(zone)]))
    const instants = fc.integer({ min: utc('1985-01-01T00:00Z') / 60_000, max: utc('2060-01-01T00:00Z') / 60_000 })
    fc.assert(
      fc.property(fc.constantFrom(...ZONES), instants, (zone, minute) => {
        const at = minute * 60_000
        expect(offsetAt(at, zone)).toBe(opinions.get(zone)?.offset(at))
        const local = instantToWall(at, zone)
        expect(wallToInstant(local, zone).at).toBe(opinions.get(zone)?.instant(wall(local)))
      }),
    )
  })
})

describe('an instant is shown', () => {
  const now = utc('2026-11-23T05:00:00Z')

  test('with local time, weekday and distance', () => {
    expect(formatLocal(utc('2026-11-27T08:00Z'), 'Europe/Berlin', now)).toEqual({
      local: '2026-11-27T09:00',
      weekday: 'Fri',
      distance: 'in 4 d 3 h',
    })
    expect(formatLocal(now - 90_000, 'Asia/Kolkata', now)).toMatchObject({
      local: '2026-11-23T10:28:30',
      distance: '1 min 30 s ago',
    })
    expect(formatLocal(now, 'UTC', now).distance).toBe('now')
  })

  test('three days ahead on the clock are "3 d", also when one of them has 25 hours', () => {
    const before = utc('2026-10-24T10:00Z')
    const after = utc('2026-10-27T11:00Z')
    expect(durationBetween(before, after, 'Europe/Berlin')).toEqual({ days: 3, ms: 0 })
  })

  test.each([
    ['Europe/Berlin', '2026-11-23T06:00:00+01:00'],
    ['Asia/Kolkata', '2026-11-23T10:30:00+05:30'],
    ['America/New_York', '2026-11-23T00:00:00-05:00'],
    ['UTC', '2026-11-23T05:00:00+00:00'],
  ])('as RFC 3339 with the offset of %s', (zone, shown) => {
    expect(toOffsetString(now + 123, zone)).toBe(shown)
  })
})
