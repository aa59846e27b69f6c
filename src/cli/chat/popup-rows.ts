/** The one popup that may be open, as rows; and where the cursor stands in them. */
import type { ChatPersonView } from '../../protocol/views.ts'
import { friendName } from '../describe/names.ts'
import type { Page } from './entry-lines.ts'
import { columns as columnsOf, cut, shown } from './graphemes.ts'
import type { Chat, Popup } from './model.ts'
import { CHOICES } from './on-popup.ts'
import { panelPeople } from './panel.ts'
import { cutRow, type Line, presenceSign, type Signs, type Span, span } from './style.ts'
import { DEFAULT_WHEN } from './when-words.ts'

export interface PopupRows {
  lines: Line[]
  cursor: { x: number; y: number }
}

const MOST_PEOPLE = 10

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

function question(words: string, line: Popup & { kind: 'panel' | 'when' }, hint: string, page: Page): PopupRows {
  const { text, at } = line.line
  const head = `${words} `
  const rest = text === '' ? span(hint, 'dim') : span(shown(text))
  const x = columnsOf(head) + columnsOf(shown(text.slice(0, at)))
  return {
    lines: [cutRow([span(head, 'strong'), rest], page)],
    cursor: { x: Math.min(x, page.columns - 1), y: 0 },
  }
}

/** The list moves so that the chosen one is seen. */
function panelRows(chat: Chat, popup: Extract<Popup, { kind: 'panel' }>, page: Page, most: number): PopupRows {
  const { lines, cursor } = question('friends', popup, 'type to filter', page)
  const people = panelPeople(chat, popup.line.text)
  const room = Math.max(1, Math.min(MOST_PEOPLE, most - 2))
  const top = Math.max(0, Math.min(popup.at - Math.floor(room / 2), people.length - room))
  const width = Math.max(...people.map(({ friend }) => columnsOf(friendName(friend))), 2)
  const rows = people
    .slice(top, top + room)
    .map((person, index) => personRow(person, { isChosen: top + index === popup.at, width: Math.min(width, 20) }, page))
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

function personRow(
  person: ChatPersonView,
  { isChosen, width }: { isChosen: boolean; width: number },
  page: Page,
): Line {
  const { signs } = page
  const { friend } = person
  const [sign, tone] = presenceSign(friend, signs)
  const name = cut(shown(friendName(friend)), width, signs.ellipsis)
  return cutRow(
    [
      span(isChosen ? `${signs.prompt} ` : '  ', 'strong'),
      span(`${sign} `, tone),
      span(name, isChosen ? 'strong' : 'plain'),
      span(' '.repeat(Math.max(0, width - columnsOf(name)) + 2)),
      ...wants(person, signs),
      span(friend.statusText === null ? '' : shown(friend.statusText).replaceAll('\n', ' '), 'dim'),
    ],
    page,
  )
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

function dueRows(chat: Chat, popup: Extract<Popup, { kind: 'due' }>, page: Page): PopupRows {
  const { signs } = page
  const [open, close] = signs.quote
  const text = chat.backups.find(({ id }) => id === popup.id)?.text ?? ''
  const title = `${signs.due} due ${open}${shown(text).replaceAll('\n', ' ')}${close}`
  const choices = CHOICES.map(({ key, help }, at): Line => {
    const isChosen = at === popup.at
    return [
      span(isChosen ? `${signs.prompt} ` : '  ', 'strong'),
      span(`${key}  `, 'warn'),
      span(help, isChosen ? 'strong' : 'plain'),
    ]
  })
  const lines = [
    [span(cut(title, page.columns - 1, signs.ellipsis), 'warn')],
    ...choices.map((line) => cutRow(line, page)),
  ]
  return { lines, cursor: { x: 0, y: 0 } }
}

function whenRows(chat: Chat, popup: Extract<Popup, { kind: 'when' }>, page: Page): PopupRows {
  const isSnooze = popup.snooze !== null
  const { lines, cursor } = question(isSnooze ? 'until when?' : 'when?', popup, isSnooze ? '10m' : DEFAULT_WHEN, page)
  const { preview } = popup
  const what = popup.send ? 'it is sent then' : 'you are reminded then'
  const hint = isSnooze
    ? 'Enter snoozes, Esc gives up'
    : `${what}; Tab: ${popup.send ? 'remind me' : 'send it'}, Enter keeps it, Esc gives up`
  const answer = popup.isBusy ? 'keeping it' : (preview?.text ?? '')
  const text = span(
    `  ${cut(shown(answer).replaceAll('\n', ' '), page.columns - 3, page.signs.ellipsis)}`,
    preview?.isBad ? 'bad' : 'good',
  )
  const kept = isSnooze
    ? []
    : [
        cutRow(
          [
            span(
              `  ${page.signs.quote[0]}${shown(chat.editor.text).replaceAll('\n', ' ')}${page.signs.quote[1]}`,
              'dim',
            ),
          ],
          page,
        ),
      ]
  return {
    lines: [...kept, ...lines, [text], cutRow([span(`  ${hint}`, 'dim')], page)],
    cursor: { x: cursor.x, y: cursor.y + kept.length },
  }
}
