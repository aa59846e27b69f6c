import type { Instant } from './instant.ts'
import { slots } from './rule.ts'
import { describeRule } from './rule-text.ts'
import { parseRule } from './rule-words.ts'
import { parseTime } from './time-words.ts'
import { formatLocal, toOffsetString } from './zone.ts'

export interface WhenPreview {
  expression: string
  zone: string
  /** RFC 3339 with the zone's offset, in order. */
  next: string[]
  /** The first one in words, with its distance; then what was decided for the writer. */
  notes: string[]
}

/** What a time, a duration or `every RULE` means. `count` is for rules. Throws what the parsers throw. */
export function previewWhen(
  expression: string,
  { now, zone, count }: { now: Instant; zone: string; count: number },
): WhenPreview {
  if (!/^\s*every\s/i.test(expression)) {
    const time = parseTime(expression, { now, zone, mode: 'future' })
    return {
      expression,
      zone: time.zone,
      next: [toOffsetString(time.at, time.zone)],
      notes: [formatMoment(time.at, time.zone, now), ...time.notes],
    }
  }
  const rule = parseRule(expression, { now, zone })
  const next = slots(rule, now, count)
  const first = next.slice(0, 1).map(({ at }) => formatMoment(at, rule.zone, now))
  return {
    expression,
    zone: rule.zone,
    next: next.map(({ at }) => toOffsetString(at, rule.zone)),
    notes: [...first, `${describeRule(rule)}.`, ...next.flatMap(({ note }) => note ?? [])],
  }
}

/** `Fri 2026-11-27 09:00 Europe/Berlin, in 4 d 3 h` */
function formatMoment(at: Instant, zone: string, now: Instant): string {
  const { weekday, local, distance } = formatLocal(at, zone, now)
  return `${weekday} ${local.replace('T', ' ')} ${zone}, ${distance}`
}
