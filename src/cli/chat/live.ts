/** The few rows under the scrollback: what is on its way, a popup, the status, the edit line. */
import { counted } from '../../domain/counted.ts'
import type { MessageView } from '../../protocol/views.ts'
import { friendName } from '../describe/names.ts'
import { indented, type Page, spoken } from './entry-lines.ts'
import { cut } from './graphemes.ts'
import { cursorIn, editRows } from './layout.ts'
import { type Chat, editWidth } from './model.ts'
import { popupRows } from './popup-rows.ts'
import { offered } from './steps.ts'
import { cutRow, type Line, presenceSign, type Signs, type Span, span } from './style.ts'

export interface Live {
  lines: readonly Line[]
  /** Where the terminal's cursor stands, counted from the first of the lines. */
  cursor: { x: number; y: number }
}

/** Rows of the edit line that are shown at once. */
const MOST_EDIT_ROWS = 10
const MOST_SENDING = 3
/** Columns of a message that is named by its beginning. */
const MOST_QUOTED = 24

export function liveRows(chat: Chat, page: Page, now: string): Live {
  const most = Math.max(2, chat.rows - 1)
  const status = statusRow(chat, page)
  if (chat.popup !== null && chat.popup.kind !== 'due') {
    const { lines, cursor } = popupRows(chat, chat.popup, page, most - 3)
    const head: Line[] = [[], ...noteRows(chat, page)]
    const live = { lines: [...head, ...lines, status], cursor: { x: cursor.x, y: cursor.y + head.length } }
    return fitted(live, page, most)
  }
  const above = [
    ...sendingRows(chat, page, now),
    ...markRows(chat, page),
    [],
    ...(chat.popup === null ? [] : popupRows(chat, chat.popup, page, most - 4).lines),
    ...(chat.popup === null ? targetRows(chat, page) : []),
    ...noteRows(chat, page),
    status,
  ]
  const { rows, cursor } = editPart(chat, page.signs, Math.min(MOST_EDIT_ROWS, Math.max(1, most - above.length)))
  return fitted({ lines: [...above, ...rows], cursor: { x: cursor.x, y: cursor.y + above.length } }, page, most)
}

/** What does not fit goes: rows from the top, since the edit line is what is needed, and text from the right. */
function fitted({ lines, cursor }: Live, page: Page, most: number): Live {
  const over = Math.max(0, lines.length - most)
  return {
    lines: lines.slice(over).map((line) => cutRow(line, page)),
    cursor: { x: Math.min(cursor.x, page.columns - 1), y: Math.max(0, cursor.y - over) },
  }
}

function editPart(
  chat: Chat,
  { prompt, ellipsis }: Signs,
  most: number,
): { rows: Line[]; cursor: { x: number; y: number } } {
  const { text, at } = chat.editor
  const all = editRows(text, editWidth(chat))
  const cursor = cursorIn(all, text, at)
  const top = Math.min(Math.max(0, cursor.row - most + 1), Math.max(0, all.length - most))
  const rows = all.slice(top, top + most).map(({ shown }, index): Line => {
    const sign = index > 0 ? ' ' : top > 0 ? ellipsis.slice(0, 1) : prompt
    return [span(`${sign} `, chat.target.kind === 'due' ? 'warn' : 'strong'), span(shown)]
  })
  return { rows, cursor: { x: cursor.column + 2, y: cursor.row - top } }
}

/** On its way to the daemon: there in a moment, or waiting for it. */
function sendingRows({ sending, who }: Chat, page: Page, now: string): Line[] {
  return sending
    .filter(({ to }) => to === who?.uin)
    .slice(-MOST_SENDING)
    .flatMap(({ text }) => spoken({ at: now, name: 'me', tone: 'dim' }, text, page).slice(0, 3))
}

const MARKS = {
  queued: ['queued', 'queued; goes when the relay answers', 'warn'],
  sent: ['sent', 'sent', 'dim'],
  delivered: ['delivered', 'delivered', 'dim'],
  read: ['delivered', 'read', 'good'],
  failed: ['failed', 'failed', 'bad'],
} as const

/** How far my newest message has come, while nobody has written since. Its words, where it does not stand right above. */
function markRows({ last, me, sending, who, isCovered }: Chat, page: Page): Line[] {
  const isSending = sending.some(({ to }) => to === who?.uin)
  if (last === null || last.from !== me || last.to === me || isSending) return []
  const { ellipsis } = page.signs
  const words = isCovered ? cut(last.text ?? '', MOST_QUOTED, ellipsis) : ''
  return [indented(markWords(last, page.signs, words), MARKS[last.state][2], page)]
}

/** `of`: what the message says; '' where that is plain to see. */
function markWords({ state }: Pick<MessageView, 'state'>, signs: Signs, of = ''): string {
  const [sign, words] = MARKS[state]
  const [open, close] = signs.quote
  return `${signs[sign]} ${of === '' ? '' : `${open}${of}${close} `}${words}`
}

/** What Enter does when it is not a plain message, or what is offered. */
function targetRows(chat: Chat, { columns, signs }: Page): Line[] {
  const row = (text: string): Line[] => [[span(cut(`${signs.due} ${text}`, columns - 1, signs.ellipsis), 'warn')]]
  if (chat.target.kind === 'due')
    return row(`due: Enter sends it ${signs.dot} Ctrl+O snooze, dismiss ${signs.dot} Esc lets go of it`)
  if (chat.target.kind === 'backup')
    return row(`write what is to be kept (${chat.target.words}); Enter keeps it, Esc gives up`)
  const backup = offered(chat)
  if (backup === null) return []
  const [open, close] = signs.quote
  return row(`Ctrl+O: due ${open}${(backup.text ?? 'a text this device cannot read').replaceAll('\n', ' ')}${close}`)
}

function noteRows({ note }: Chat, { columns, signs }: Page): Line[] {
  if (note === null) return []
  return [
    [
      span(
        cut(`${note.isBad ? signs.failed : signs.dot} ${note.text}`, columns - 1, signs.ellipsis),
        note.isBad ? 'bad' : 'dim',
      ),
    ],
  ]
}

/** Friend, presence, what is kept, what waits, what is unread elsewhere. */
function statusRow(chat: Chat, page: Page): Line {
  const { signs } = page
  const parts: Span[] = [...friendPart(chat, signs)]
  const add = (text: string, tone: Span['tone'] = 'dim'): void => {
    if (parts.length > 0) parts.push(span(` ${signs.dot} `, 'dim'))
    parts.push(span(text, tone))
  }
  const { people, who } = chat
  if (!chat.isLinked) add('the daemon is gone; connecting', 'bad')
  else if (people !== null && !people.me.connected)
    add(`relay away${people.waiting > 0 ? `, ${people.waiting} kept here` : ''}`, 'warn')
  if (chat.backups.length > 0) add(counted(chat.backups.length, 'backup'))
  const others = (people?.people ?? []).filter(({ friend, unread }) => unread > 0 && friend.uin !== who?.uin)
  if (others.length > 0) {
    const unread = others.reduce((sum, one) => sum + one.unread, 0)
    add(`${unread} unread: ${others.map(({ friend }) => friendName(friend)).join(', ')}`, 'friend')
  }
  if (people?.me.status === 'away' || people?.me.status === 'busy' || people?.me.status === 'invisible')
    add(`you are ${people.me.status}`)
  if (who === null) add(chat.popup === null ? 'opening' : 'Enter opens, Esc goes back, Ctrl+C leaves')
  else if (chat.editor.text === '') add('Ctrl+P friends, /help')
  return parts
}

function friendPart({ who, me, people }: Chat, signs: Signs): Span[] {
  if (who === null) return []
  if (who.uin === me) return [span('notes to myself', 'strong')]
  const friend = people?.people.find((one) => one.friend.uin === who.uin)?.friend
  if (friend === undefined) return [span(who.name, 'strong')]
  const [sign, tone] = presenceSign(friend, signs)
  const text = friend.statusText === null ? '' : `: ${friend.statusText}`
  const stale = friend.stale && friend.presence !== null ? ' as last heard' : ''
  return [
    span(`${sign} `, tone),
    span(who.name, 'strong'),
    span(` ${friend.presence ?? 'presence not shared'}${stale}${text.replaceAll('\n', ' ')}`, 'dim'),
  ]
}
