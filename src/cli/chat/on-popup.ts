/** Keys while a popup is open. */
import { type EditCommand, type EMPTY, edit, editing, insert } from './editor.ts'
import { commandOf, type Key } from './keys.ts'
import type { Chat, Choice, Effect, Popup, Step } from './model.ts'
import { panelPeople } from './panel.ts'
import { inTurn, letGo, noted, takeDue } from './steps.ts'
import { DEFAULT_SNOOZE } from './when-words.ts'

type PopupOf<Kind extends Popup['kind']> = Extract<Popup, { kind: Kind }>

export const CHOICES: readonly Choice[] = [
  { key: 'e', does: 'edit', help: 'edit it, then Enter sends it' },
  { key: 's', does: 'send', help: 'send it as it stands' },
  { key: 'z', does: 'snooze', help: 'snooze it: asks until when' },
  { key: 'd', does: 'dismiss', help: 'dismiss it: it is not sent' },
]

export function onPopupKey(chat: Chat, popup: Popup, key: Key): Step {
  if (key.name === 'esc') return closed(chat)
  switch (popup.kind) {
    case 'panel':
      return onPanelKey(chat, popup, key)
    case 'due':
      return onDueKey(chat, popup, key)
    case 'when':
      return onWhenKey(chat, popup, key)
    default:
      return popup satisfies never
  }
}

function closed(chat: Chat): Step {
  return chat.who === null
    ? noted(chat, 'Enter opens a conversation, Ctrl+C leaves', false)
    : [{ ...chat, popup: null }, []]
}

/** The place in a list after a key; its ends meet. */
function moved(at: number, key: Key, length: number): number {
  const by = ({ up: -1, 'ctrl+p': -1, 'shift+tab': -1, down: 1, 'ctrl+n': 1, tab: 1 } as Record<string, number>)[
    key.name
  ]
  return by === undefined || length === 0 ? at : (at + by + length) % length
}

function onPanelKey(chat: Chat, popup: PopupOf<'panel'>, key: Key): Step {
  const people = panelPeople(chat, popup.line.text)
  if (key.name === 'enter') {
    const person = people[popup.at]
    if (person === undefined) return noted(chat, 'nobody of that name')
    return [{ ...chat, popup: null }, [{ do: 'open', who: person.friend.uin, backupId: null }]]
  }
  const line = lineAfter(popup.line, key)
  const at = line.text === popup.line.text ? moved(popup.at, key, people.length) : 0
  return [{ ...chat, popup: { ...popup, line, at } }, []]
}

function onDueKey(chat: Chat, popup: PopupOf<'due'>, key: Key): Step {
  const choice = CHOICES.find((one) => one.key === key.name) ?? (key.name === 'enter' ? CHOICES[popup.at] : undefined)
  if (choice === undefined) return [{ ...chat, popup: { ...popup, at: moved(popup.at, key, CHOICES.length) } }, []]
  const { id } = popup
  const backup = chat.backups.find((one) => one.id === id)
  if (backup === undefined) return [{ ...chat, popup: null }, []]
  const closed = { ...chat, popup: null }
  switch (choice.does) {
    case 'edit':
      return chat.target.kind === 'due' && chat.target.id === id ? [closed, []] : takeDue(closed, backup)
    case 'send':
      return handling(closed, id, { do: 'send-due', id, text: null })
    case 'dismiss':
      return handling(closed, id, { do: 'dismiss', id })
    case 'snooze':
      return previewed({ ...chat, popup: askWhen(DEFAULT_SNOOZE, id) })
    default:
      return choice.does satisfies never
  }
}

/** Dealt with here: it is offered no more, unless the daemon says no. */
function handling(chat: Chat, id: string, effect: Effect): Step {
  const now: Chat = { ...chat, handled: [...chat.handled, id] }
  return inTurn(
    now,
    (next) => (next.target.kind === 'due' && next.target.id === id ? letGo(next) : [next, []]),
    (next) => [next, [effect]],
  )
}

export function askWhen(words: string, snooze: string | null, send = false): PopupOf<'when'> {
  return { kind: 'when', snooze, send, line: editing(words), preview: null, isBusy: false }
}

function onWhenKey(chat: Chat, popup: PopupOf<'when'>, key: Key): Step {
  if (popup.isBusy) return [chat, []]
  if (key.name === 'enter') return decided(chat, popup)
  const isToggle = key.name === 'tab' && popup.snooze === null
  const line = isToggle ? popup.line : lineAfter(popup.line, key)
  if (!isToggle && line.text === popup.line.text) return [{ ...chat, popup: { ...popup, line } }, []]
  return previewed({ ...chat, popup: { ...popup, line, send: isToggle ? !popup.send : popup.send, preview: null } })
}

function decided(chat: Chat, popup: PopupOf<'when'>): Step {
  const words = popup.line.text
  if (popup.snooze !== null) {
    return handling({ ...chat, popup: null }, popup.snooze, { do: 'snooze', id: popup.snooze, words })
  }
  const to = chat.who?.uin ?? ''
  const keep: Effect = { do: 'keep', to, text: chat.editor.text, words, send: popup.send }
  return [{ ...chat, popup: { ...popup, isBusy: true } }, [keep]]
}

/** Asks the daemon what the words would mean. */
export function previewed(chat: Chat): Step {
  const { popup, who, editor } = chat
  if (popup?.kind !== 'when' || who === null) return [chat, []]
  const { snooze, send, line } = popup
  return [chat, [{ do: 'preview', to: who.uin, text: editor.text, words: line.text, send, snooze }]]
}

/** Keys of the edit line that make sense in a single line. */
const LINE_COMMANDS: ReadonlySet<string> = new Set<EditCommand>([
  'left',
  'right',
  'word-left',
  'word-right',
  'line-start',
  'line-end',
  'backspace',
  'delete',
  'cut-word',
  'cut-word-after',
  'cut-to-start',
  'cut-to-end',
  'yank',
  'undo',
])

function lineAfter(line: typeof EMPTY, key: Key): typeof EMPTY {
  if (key.text !== '') return insert(line, key.text)
  const command = commandOf(key.name)
  return command !== null && LINE_COMMANDS.has(command)
    ? edit(line, command as EditCommand, Number.MAX_SAFE_INTEGER)
    : line
}

/** What is pasted into a popup is one line. */
export function pasted(chat: Chat, popup: Popup, text: string): Step {
  if (popup.kind === 'due') return [chat, []]
  const line = insert(popup.line, text.replaceAll('\n', ' ').slice(0, 256))
  return previewed({ ...chat, popup: { ...popup, line } })
}
