import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DomainError } from '../../../src/domain/rule-error.ts'
import { parseTime, readsAsTime } from '../../../src/domain/time-words.ts'
import { previewWhen } from '../../../src/domain/when.ts'
import { ZONES } from '../../support/intl-zone.ts'
import { wallToInstant } from '../../support/wall.ts'

const word = fc.constantFrom(
  ...'today tomorrow yesterday mon tue fri sunday next last on at in + 24 31 29 dec feb jan 2026 2027'.split(' '),
  ...'9am 12am 02:30 01:30 00:00 23:59:59 noon midnight 2h 30m 3d 2w 90 an hour ago every day'.split(' '),
  ...'2026-12-24 2027-03-28 2026-12-24T18:00 2026-12-24T18:00:00Z +01:00 @1800000000 UTC Europe/Berlin 12/24'.split(
    ' ',
  ),
)
const day = fc.constantFrom('', 'today', 'tomorrow', 'sun', 'next mon', '29 feb', '28 mar', '25 oct', '2026-10-25')
const clock = fc.constantFrom('', '00:00', '1:30', '02:30', '2:59:59', '9am', 'noon', '23:45')
const text = fc.oneof(
  fc.tuple(day, clock).map((words) => words.join(' ')),
  fc.array(word, { maxLength: 4 }).map((words) => words.join(' ')),
  fc.string({ maxLength: 24 }),
  fc.string({ unit: 'binary', maxLength: 12 }),
)
const moment = fc.record({
  now: fc.integer({ min: Date.UTC(1990, 0), max: Date.UTC(2090, 0) }),
  zone: fc.constantFrom(...ZONES),
})

/** What a function throws may only be a DomainError. */
function orRefused<T>(run: () => T): T | null {
  try {
    return run()
  } catch (error) {
    expect(error).toBeInstanceOf(DomainError)
    return null
  }
}

test('whatever is typed is a time on the right side of now, told as the clocks show it, or a DomainError', () => {
  fc.assert(
    fc.property(text, moment, fc.constantFrom('future', 'until', 'since'), (typed, context, mode) => {
      const parsed = orRefused(() => parseTime(typed, { ...context, mode }))
      if (parsed === null) return
      if (mode === 'since') expect(parsed.at).toBeLessThanOrEqual(context.now)
      else expect(parsed.at).toBeGreaterThan(context.now)
      const shown = wallToInstant(parsed.local, parsed.zone)
      expect([shown.at, shown.again]).toContain(Math.floor(parsed.at / 1_000) * 1_000)
    }),
    { numRuns: 3_000 },
  )
})

test('every text can be asked whether it reads as a time, and all that --at takes does', () => {
  fc.assert(
    fc.property(text, moment, (typed, context) => {
      const reads = readsAsTime(typed, context)
      if (orRefused(() => parseTime(typed, { ...context, mode: 'future' })) !== null) expect(reads).toBe(true)
    }),
    { numRuns: 2_000 },
  )
})

test('every expression can be previewed, or is refused', () => {
  fc.assert(
    fc.property(text, moment, (typed, context) => {
      orRefused(() => previewWhen(typed, { ...context, count: 3 }))
    }),
    { numRuns: 1_000 },
  )
})
