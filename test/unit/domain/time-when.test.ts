import { expect, test } from 'vitest'
import { previewWhen } from '../../../src/domain/when.ts'

const context = { now: Date.parse('2026-11-23T05:00:00Z'), zone: 'Europe/Berlin', count: 3 }

test('a time is previewed with its offset, its weekday and its distance', () => {
  expect(previewWhen('fri 9:00', context)).toEqual({
    expression: 'fri 9:00',
    zone: 'Europe/Berlin',
    next: ['2026-11-27T09:00:00+01:00'],
    notes: ['Fri 2026-11-27 09:00 Europe/Berlin, in 4 d 3 h'],
  })
})

test('a length of time is previewed like the instant it ends at', () => {
  expect(previewWhen('in 2h30m', context).next).toEqual(['2026-11-23T08:30:00+01:00'])
})

test('a rule is previewed with as many slots as asked for, and what it means', () => {
  expect(previewWhen('every weekday 8:30', { ...context, count: 6 })).toEqual({
    expression: 'every weekday 8:30',
    zone: 'Europe/Berlin',
    next: [23, 24, 25, 26, 27, 30].map((day) => `2026-11-${day}T08:30:00+01:00`),
    notes: [
      'Mon 2026-11-23 08:30 Europe/Berlin, in 2 h 30 min',
      'every week on Monday to Friday at 08:30 Europe/Berlin.',
    ],
  })
})

test('what was decided about a skipped clock is among the notes', () => {
  const spring = { ...context, now: Date.parse('2027-03-27T12:00Z') }
  const note = '02:30 does not exist on 2027-03-28 in Europe/Berlin; 03:30 is taken.'
  expect(previewWhen('tomorrow 2:30', spring).notes).toContain(note)
  expect(previewWhen('every day 2:30', spring).notes).toContain(note)
})

test('a rule without its "every" is refused with the way to write it', () => {
  expect(() => previewWhen('weekday 8:30', context)).toThrow(expect.objectContaining({ code: 'BAD_TIME' }))
})
