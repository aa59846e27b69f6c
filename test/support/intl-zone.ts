/**
 * A second opinion on zones, made of `Intl.DateTimeFormat` and plain arithmetic alone, so that the tests of time do
 * not ask the library under test. Wall clocks are epoch ms as if the zone were UTC.
 */
export interface IntlZone {
  offset(at: number): number
  /** The first instant that shows this wall clock; in a gap, the one moved forward by the length of the gap. */
  instant(wall: number): number
}

const DAY = 86_400_000

export function intlZone(zone: string): IntlZone {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  const known = new Map<number, number>()

  function measure(at: number): number {
    const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]))
    const part = (name: Intl.DateTimeFormatPartTypes) => parts.get(name) ?? Number.NaN
    const shown = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'))
    return shown - Math.floor(at / 1_000) * 1_000
  }

  /** Offsets change on whole quarter hours of UTC; one measurement each is enough. */
  function offset(at: number): number {
    const quarter = Math.floor(at / 900_000) * 900_000
    const found = known.get(quarter) ?? measure(quarter)
    known.set(quarter, found)
    return found
  }

  function instant(wall: number): number {
    const day = Math.floor(wall / DAY) * DAY
    const offsets = [...new Set([-1, 0, 1, 2].map((days) => offset(day + days * DAY)))]
    if (offsets.length === 1) return wall - offset(day)
    const showing = offsets.map((candidate) => wall - candidate).filter((at) => at + offset(at) === wall)
    // In a gap the offset before it counts, which is the smaller one.
    return showing.length > 0 ? Math.min(...showing) : wall - Math.min(...offsets)
  }

  return { offset, instant }
}

/** `2026-11-23T10:00` as a wall clock. */
export function wall(text: string): number {
  return Date.parse(`${text}Z`)
}

/** The zones whose clocks do odd things: half hours, half-hour summer time, changes at midnight, a skipped day. */
export const ZONES = [
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kolkata',
  'Australia/Lord_Howe',
  'America/Sao_Paulo',
  'Pacific/Apia',
  'UTC',
  'America/Havana',
  'Africa/Cairo',
  'Africa/Casablanca',
] as const
