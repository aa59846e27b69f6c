import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { durationMs, formatDuration, parseDuration, readDuration } from '../../../src/domain/duration.ts'
import { DomainError } from '../../../src/domain/rule-error.ts'

const S = 1_000
const M = 60 * S
const H = 60 * M

describe('a length of time', () => {
  test.each([
    ['90s', 0, 90 * S],
    ['0s', 0, 0],
    ['15m', 0, 15 * M],
    ['2h30m', 0, 2 * H + 30 * M],
    ['2h 30m', 0, 2 * H + 30 * M],
    ['2h, 30m', 0, 2 * H + 30 * M],
    ['1h1m1s', 0, H + M + S],
    ['72h', 0, 72 * H],
    ['3d', 3, 0],
    ['2w', 14, 0],
    ['1w2d3h', 9, 3 * H],
    ['+15m', 0, 15 * M],
    ['+ 15m', 0, 15 * M],
    ['in 15m', 0, 15 * M],
    ['In 2 Hours', 0, 2 * H],
    ['5 minutes', 0, 5 * M],
    ['an hour', 0, H],
    ['a day', 1, 0],
    ['two weeks', 14, 0],
    ['twelve min', 0, 12 * M],
    ['one hour and thirty minutes', 0, H + 30 * M],
    ['half an hour', 0, 30 * M],
    ['one hour and ten minutes', 0, H + 10 * M],
    ['2 days, 3 hours and 4 minutes', 2, 3 * H + 4 * M],
    ['10 secs', 0, 10 * S],
    ['1 hr', 0, H],
  ])('%s', (text, days, ms) => {
    expect(readDuration(text)).toEqual({ days, ms })
  })

  test.each([
    ['90', '90s? 90m?'],
    ['in 90', '90s? 90m?'],
    ['1.5h', '1h30m'],
    ['1,5 hours', '1h30m'],
    ['3 months', 'Name the day'],
    ['1y', 'Name the day'],
    ['1M', 'Name the day'],
    ['30m2h', 'larger unit first'],
    ['2h2h', 'larger unit first'],
    ['-5m', 'Examples'],
    ['5x', 'Examples'],
    ['h', 'Examples'],
    ['', 'Examples'],
    ['in', 'Examples'],
    ['2h and', 'Examples'],
    ['and 2h', 'Examples'],
    ['2H', 'Examples'],
    ['2h later', 'Examples'],
    ['99999999w', 'Examples'],
    ['soon', 'Examples'],
    ['ad', 'Examples'],
    ['thirteen minutes', 'Examples'],
  ])('refuses "%s" and says what to write', (text, hint) => {
    const refusal = (() => {
      try {
        return parseDuration(text)
      } catch (error) {
        return error
      }
    })()
    expect(refusal).toBeInstanceOf(DomainError)
    expect(refusal).toMatchObject({ code: 'BAD_DURATION', hint: expect.stringContaining(hint) })
  })

  test('counts a day as 24 hours where no wall clock is near', () => {
    expect(durationMs(parseDuration('1d2h'))).toBe(26 * H)
  })

  test.each([
    [0, 0, '0 s'],
    [0, 999, '0 s'],
    [0, 45 * S, '45 s'],
    [0, 15 * M, '15 min'],
    [0, 14 * M + 59 * S, '14 min 59 s'],
    [0, 2 * H + 30 * M + 59 * S, '2 h 30 min'],
    [0, 7 * H + 5 * S, '7 h'],
    [4, 3 * H + 59 * M, '4 d 3 h'],
    [3, 0, '3 d'],
    [0, 50 * H, '2 d 2 h'],
  ])('%i days and %i ms are shown short', (days, ms, shown) => {
    expect(formatDuration({ days, ms })).toBe(shown)
  })

  test('what is shown reads back as the same length, when nothing was dropped', () => {
    const short = fc.record({ days: fc.integer({ min: 1, max: 30_000 }), hours: fc.integer({ min: 0, max: 23 }) })
    fc.assert(
      fc.property(short, ({ days, hours }) => {
        expect(parseDuration(formatDuration({ days, ms: hours * H }))).toEqual({ days, ms: hours * H })
      }),
    )
  })

  test('whatever is typed is a duration or a DomainError', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.stringMatching(/^(in |\+)?\d{0,14} ?[a-zA-Z]{0,8}[ ,]?\d{0,3}[a-z]{0,3}$/)),
        (text) => {
          try {
            const { days, ms } = parseDuration(text)
            expect(days >= 0 && ms >= 0 && Number.isSafeInteger(days) && Number.isSafeInteger(ms)).toBe(true)
          } catch (error) {
            expect(error).toBeInstanceOf(DomainError)
          }
        },
      ),
    )
  })
})
