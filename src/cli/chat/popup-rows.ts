/** The one popup that may be open, as rows; and where the cursor stands in them. */
import type { ChatPersonView } from '../../protocol/views.ts'
import { friendName } from '../describe/names.ts'
import type { Editor } from './editor.ts'
import type { Page } from './entry-lines.ts'
import { columns as columnsOf, cut, shown } from './graphemes.ts'
import type { Chat, Popup } from './model.ts'
import { CHOICES } from './on-popup.ts'
import { panelPeople } from './panel.ts'
import { type Line, presenceSign, type Signs, type Span, span } from './style.ts'
import { DEFAULT_SNOOZE, DEFAULT_WHEN } from './when-words.ts'

export interface PopupRows {
  lines: Line[]
  cursor: { x: number; y: number }
}

const MOST_PEOPLE = 10
const MOST_NAME = 20

export function popupRows(chat: Chat, popup: Popup, page: Page, most: number): PopupRows {
  switch (popup.kind) {
    case 'panel':
      return panelRows(chat, popup, page, most)
    case 'due':
      return dueRows(chat, popup, page)
    case 'when':
      return whenRows(chat, popup, page)
    default:
      return popup satisfies never
  }
}

function question(words: string, { text, at }: Editor, hint: string): PopupRows {
  const head = `${words} `
  const x = columnsOf(head) + columnsOf(shown(text.slice(0, at)))
  return { lines: [[span(head, 'strong'), text === '' ? span(hint, 'dim') : span(text)]], cursor: { x, y: 0 } }
}

/** The list moves so that the chosen one is seen. */
function panelRows(chat: Chat, popup: Extract<Popup, { kind: 'panel' }>, page: Page, most: number): PopupRows {
  const { lines, cursor } = question('friends', popup.line, 'type to filter')
  const people = panelPeople(chat, popup.line.text)
  const room = Math.max(1, Math.min(MOST_PEOPLE, most - 2))
  const top = Math.max(0, Math.min(popup.at - Math.floor(room / 2), people.length - room))
  const width = Math.min(MOST_NAME, Math.max(...people.map(({ friend }) => columnsOf(shown(friendName(friend)))), 2))
  const rows = people
    .slice(top, top + room)
    .map((person, index) => personRow(person, top + index === popup.at, width, page))
  const nobody =
    chat.people === null
      ? 'asking the daemon'
      : popup.line.text === ''
        ? 'nobody yet: im friend add UIN'
        : 'nobody of that name'
  const below = people.length - top - rows.length
  const more = below > 0 ? [[span(`  ${below} more`, 'dim')] as Line] : []
  return { lines: [...lines, ...(rows.length === 0 ? [[span(`  ${nobody}`, 'dim')]] : rows), ...more], cursor }
}

function personRow(person: ChatPersonView, isChosen: boolean, width: number, { signs }: Page): Line {
  const { friend } = person
  const [sign, tone] = presenceSign(friend, signs)
  const name = cut(friendName(friend), width, signs.ellipsis)
  return [
    span(isChosen ? `${signs.prompt} ` : '  ', 'strong'),
    span(`${sign} `, tone),
    span(name, isChosen ? 'strong' : 'plain'),
    span(' '.repeat(Math.max(0, width - columnsOf(name)) + 2)),
    ...wants(person, signs),
    span(friend.statusText ?? '', 'dim'),
  ]
}

/** Why one would open the conversation. */
function wants({ due, unread, backups, draft }: ChatPersonView, { dot }: Signs): Span[] {
  const words: [string, Span['tone']][] = []
  if (due > 0) words.push([`${due} due`, 'warn'])
  if (unread > 0) words.push([`${unread} unread`, 'friend'])
  if (backups > due) words.push([`${backups - due} kept`, 'dim'])
  if (draft) words.push(['draft', 'dim'])
  return words
    .flatMap(([text, tone], at) => [span(at === 0 ? '' : ` ${dot} `, 'dim'), span(text, tone)])
    .concat(span('  '))
}

function dueRows(chat: Chat, popup: Extract<Popup, { kind: 'due' }>, { signs }: Page): PopupRows {
  const [open, close] = signs.quote
  const text = chat.backups.find(({ id }) => id === popup.id)?.text ?? ''
  const choices = CHOICES.map(({ key, help }, at): Line => {
    const isChosen = at === popup.at
    const sign = isChosen ? `${signs.prompt} ` : '  '
    return [span(sign, 'strong'), span(`${key}  `, 'warn'), span(help, isChosen ? 'strong' : 'plain')]
  })
  return { lines: [[span(`${signs.due} due ${open}${text}${close}`, 'warn')], ...choices], cursor: { x: 0, y: 0 } }
}

function whenRows(chat: Chat, popup: Extract<Popup, { kind: 'when' }>, { signs }: Page): PopupRows {
  const { snooze, send, line, preview, isBusy } = popup
  const isSnooze = snooze !== null
  const [open, close] = signs.quote
  const kept: Line[] = isSnooze ? [] : [[span(`  ${open}${chat.editor.text}${close}`, 'dim')]]
  const asked = isSnooze ? question('until when?', line, DEFAULT_SNOOZE) : question('when?', line, DEFAULT_WHEN)
  const answer = span(`  ${isBusy ? 'keeping it' : (preview?.text ?? '')}`, preview?.isBad ? 'bad' : 'good')
  const what = send ? 'it is sent then; Tab: remind me' : 'you are reminded then; Tab: send it'
  const hint = isSnooze ? 'Enter snoozes, Esc gives up' : `${what}, Enter keeps it, Esc gives up`
  return {
    lines: [...kept, ...asked.lines, [answer], [span(`  ${hint}`, 'dim')]],
    cursor: { x: asked.cursor.x, y: kept.length },
  }
}
