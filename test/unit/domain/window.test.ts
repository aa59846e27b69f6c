import { describe, expect, it } from 'vitest'
import type { Weekday, Window } from '../../../src/domain/backup.ts'
import { HOUR_MS, MINUTE_MS, toRfc3339 } from '../../../src/domain/instant.ts'
import { windowEdge, windowOpen } from '../../../src/domain/window.ts'

function between(from: string, to: string, zone = 'UTC', days: readonly Weekday[] | null = null): Window {
  const minute = (text: string) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3))
  const span = { fromMinute: minute(from), toMinute: minute(to) }
  return { between: span, days, zone, onlyIfIAm: null, elseAt: null, expiresAt: null }
}

const at = (text: string) => Date.parse(text)
const edge = (window: Window, text: string, direction: 1 | -1) => {
  const found = windowEdge(window, at(text), direction)
  return found === null ? null : toRfc3339(found)
}

describe('a window', () => {
  it.each([
    ['08:00', '22:00', '2026-01-05T07:59:59Z', false],
    ['08:00', '22:00', '2026-01-05T08:00:00Z', true],
    ['08:00', '22:00', '2026-01-05T21:59:59Z', true],
    ['08:00', '22:00', '2026-01-05T22:00:00Z', false],
    ['22:00', '06:00', '2026-01-05T21:59:00Z', false],
    ['22:00', '06:00', '2026-01-05T23:00:00Z', true],
    ['22:00', '06:00', '2026-01-06T05:59:00Z', true],
    ['22:00', '06:00', '2026-01-06T06:00:00Z', false],
  ])('%s-%s at %s is open: %s', (from, to, instant, open) => {
    expect(windowOpen(between(from, to), at(instant))).toBe(open)
  })

  it('past midnight belongs to the day it opened', () => {
    const fridays = between('22:00', '06:00', 'UTC', [5])
    expect(windowOpen(fridays, at('2026-01-09T23:00:00Z'))).toBe(true)
    expect(windowOpen(fridays, at('2026-01-10T05:00:00Z'))).toBe(true)
    expect(windowOpen(fridays, at('2026-01-09T05:00:00Z'))).toBe(false)
    expect(windowOpen(fridays, at('2026-01-10T23:00:00Z'))).toBe(false)
  })

  it('follows the clocks of its zone over a change', () => {
    const berlin = between('08:00', '22:00', 'Europe/Berlin')
    expect(edge(berlin, '2026-03-28T22:00:00Z', 1)).toBe('2026-03-29T06:00:00.000Z')
    expect(edge(berlin, '2026-10-24T22:00:00Z', 1)).toBe('2026-10-25T07:00:00.000Z')
    const newYork = between('02:30', '03:00', 'America/New_York')
    expect(edge(newYork, '2026-03-08T05:00:00Z', 1)).toBe('2026-03-09T06:30:00.000Z')
    const chatham = between('00:05', '23:00', 'Pacific/Chatham')
    expect(edge(chatham, '2026-06-01T11:00:00Z', 1)).toBe('2026-06-01T11:20:00.000Z')
  })

  it('tells when it last opened and when it next changes, to the minute', () => {
    const day = between('08:07', '22:00')
    expect(edge(day, '2026-01-05T12:00:30Z', -1)).toBe('2026-01-05T08:07:00.000Z')
    expect(edge(day, '2026-01-05T12:00:30Z', 1)).toBe('2026-01-05T22:00:00.000Z')
    expect(edge(day, '2026-01-05T23:00:00Z', 1)).toBe('2026-01-06T08:07:00.000Z')
    expect(edge(between('08:00', '09:00', 'UTC', [1]), '2026-01-05T10:00:00Z', 1)).toBe('2026-01-12T08:00:00.000Z')
  })

  it('of a minute is found, and so is a pause of a minute', () => {
    expect(edge(between('09:05', '09:06'), '2026-01-05T08:00:00Z', 1)).toBe('2026-01-05T09:05:00.000Z')
    expect(edge(between('09:05', '09:06'), '2026-01-05T10:00:00Z', -1)).toBe('2026-01-05T09:06:00.000Z')
    expect(edge(between('00:00', '23:59'), '2026-01-05T10:00:00Z', 1)).toBe('2026-01-05T23:59:00.000Z')
    expect(edge(between('00:00', '23:59'), '2026-01-05T10:00:00Z', -1)).toBe('2026-01-05T00:00:00.000Z')
  })

  it('of a zone this machine does not know goes by the clock of UTC', () => {
    const here = between('08:00', '22:00', 'Mars/Olympus')
    expect(windowOpen(here, at('2026-01-05T12:00:00Z'))).toBe(true)
    expect(windowOpen(here, at('2026-01-05T23:00:00Z'))).toBe(false)
  })

  it('that is always or never open has no edge', () => {
    const always = { ...between('08:00', '22:00'), between: null }
    expect(windowOpen(always, at('2026-01-05T03:00:00Z'))).toBe(true)
    expect(edge(always, '2026-01-05T03:00:00Z', 1)).toBeNull()
    expect(edge({ ...always, days: [] }, '2026-01-05T03:00:00Z', 1)).toBeNull()
  })

  it('found at every instant of two days is where opening changes', () => {
    const window = between('22:10', '06:05', 'Australia/Lord_Howe')
    const start = at('2026-04-04T00:00:00Z')
    for (let instant = start; instant < start + 48 * HOUR_MS; instant += 37 * MINUTE_MS) {
      const next = windowEdge(window, instant, 1) ?? 0
      expect(next).toBeGreaterThan(instant)
      expect(windowOpen(window, next)).toBe(!windowOpen(window, next - MINUTE_MS))
    }
  })
})
