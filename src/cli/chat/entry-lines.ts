/** What goes into the scrollback, as rows of the screen. */
import { messageText } from '../describe/message.ts'
import { columns, cut, shown } from './graphemes.ts'
import { wrap } from './layout.ts'
import type { Entry } from './model.ts'
import { type Line, type Signs, span, type Tone } from './style.ts'

export interface Page {
  columns: number
  signs: Signs
  /** Columns the names take. */
  nameWidth: number
}

/** Below this, names stand on a row of their own and texts get all there is. */
const NARROW = 50
const MOST_NAME = 16
const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

export function nameWidth(name: string): number {
  return Math.max(2, Math.min(MOST_NAME, columns(shown(name))))
}

/** Where texts begin. */
function textColumn(page: Page): number {
  return page.columns < NARROW ? 2 : CLOCK + page.nameWidth + 2
}

/** `09:12` and two blanks. */
const CLOCK = 7

export function entryLines(entry: Entry, page: Page): Line[] {
  const { signs } = page
  switch (entry.kind) {
    case 'title':
      return [[], ...prefixed(entry.text, { sign: '', tone: 'strong' }, page)]
    case 'day':
      return [[], [span(cut(dayRule(entry.at, signs), page.columns - 1, signs.ellipsis), 'dim')]]
    case 'said':
      return prefixed(
        entry.text,
        entry.isBad ? { sign: `${signs.failed} `, tone: 'bad' } : { sign: `${signs.dot} `, tone: 'dim' },
        page,
      )
    case 'message': {
      const { message, isMine, name } = entry
      const lines = spoken({ at: message.at, name, tone: isMine ? 'me' : 'friend' }, messageText(message), page)
      if (message.state !== 'failed') return lines
      const why = `${signs.failed} not sent: ${message.error?.message ?? 'refused'}`
      return [...lines, ...wrap(why, page.columns - textColumn(page) - 1).map((text) => indented(text, 'bad', page))]
    }
    default:
      return entry satisfies never
  }
}

/** A clock, a name, and the text beside them, or below where the screen is narrow. */
export function spoken(by: { at: string; name: string; tone: Tone }, text: string, page: Page): Line[] {
  const clock = clockOf(by.at)
  const rows = wrap(text, page.columns - textColumn(page) - 1)
  if (page.columns < NARROW) {
    const name = cut(by.name, page.columns - 7, page.signs.ellipsis)
    return [[span(`${clock} `, 'dim'), span(name, by.tone)], ...rows.map((row) => indented(row, 'plain', page))]
  }
  const name = cut(by.name, page.nameWidth, page.signs.ellipsis)
  const gap = ' '.repeat(page.nameWidth - columns(name) + 2)
  const [first = '', ...others] = rows
  return [
    [span(`${clock}  `, 'dim'), span(name, by.tone), span(gap + first)],
    ...others.map((row) => indented(row, 'plain', page)),
  ]
}

export function indented(text: string, tone: Tone, page: Page): Line {
  return text === '' ? [] : [span(' '.repeat(textColumn(page))), span(text, tone)]
}

function prefixed(text: string, { sign, tone }: { sign: string; tone: Tone }, page: Page): Line[] {
  const width = columns(sign)
  return wrap(text, page.columns - width - 1).map((row, at) => [
    span((at === 0 ? sign : ' '.repeat(width)) + row, tone),
  ])
}

function clockOf(iso: string): string {
  const date = new Date(iso)
  return `${two(date.getHours())}:${two(date.getMinutes())}`
}

function two(part: number): string {
  return String(part).padStart(2, '0')
}

function dayRule(iso: string, { rule }: Signs): string {
  const date = new Date(iso)
  const day = `${WEEKDAYS[date.getDay()]} ${date.getDate()} ${MONTHS[date.getMonth()]} ${date.getFullYear()}`
  return `${rule.repeat(2)} ${day} ${rule.repeat(2)}`
}
