import { durationMs, formatDuration } from '../../domain/duration.ts'
import { DAY_MS, MINUTE_MS } from '../../domain/instant.ts'
import type { QuietView } from '../../protocol/views.ts'
import type { Context } from '../context.ts'

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `in 4 d 3 h`, `12 min ago`, `now`. */
export function distance(at: number, now: number): string {
  const ms = Math.abs(at - now)
  if (ms < 1_000) return 'now'
  const rounded = ms > MINUTE_MS ? Math.round(ms / MINUTE_MS) * MINUTE_MS : Math.round(ms / 1_000) * 1_000
  const length = formatDuration({ days: 0, ms: rounded })
  return at > now ? `in ${length}` : `${length} ago`
}

/** A wall clock (`2026-11-27T09:00`) as people write it: `Fri 27 Nov 09:00`, with the year when it is another one. */
export function wallWords(local: string, thisYear: number): string {
  const date = new Date(`${local}Z`)
  if (Number.isNaN(date.getTime())) return local
  const year = date.getUTCFullYear() === thisYear ? '' : ` ${date.getUTCFullYear()}`
  const day = `${WEEKDAYS[date.getUTCDay()]} ${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}${year}`
  return `${day} ${local.slice(11)}`
}

/** An instant on this machine's wall clock: the clock alone on the same day, else with its day. */
export function instantWords(at: number, now: number): string {
  const local = localWall(at)
  return local.slice(0, 10) === localWall(now).slice(0, 10)
    ? local.slice(11)
    : wallWords(local, new Date(now).getFullYear())
}

/** What a table shows of an instant: relative to a person, RFC 3339 to a pipe, `-` for none. */
export function instantCell({ out, io }: Pick<Context, 'out' | 'io'>, iso: string | null): string {
  if (iso === null) return '-'
  if (out.reader !== 'terminal') return iso
  const [at, now] = [Date.parse(iso), io.clock.now()]
  return Math.abs(at - now) < 7 * DAY_MS ? distance(at, now) : instantWords(at, now)
}

function localWall(at: number): string {
  const date = new Date(at)
  const two = (part: number): string => String(part).padStart(2, '0')
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`
}

/** Milliseconds as people say them: `2 h 30 min`. */
export function span(ms: number): string {
  return formatDuration({ days: 0, ms: durationMs({ days: 0, ms }) })
}

/** Quiet hours: `22:00-07:00 Europe/Berlin`. */
export function hoursWords({ from, to, zone }: QuietView): string {
  return `${from}-${to} ${zone}`
}
