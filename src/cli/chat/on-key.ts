/** Keys in the conversation. */

import { runSlash } from './commands.ts'
import { complete } from './complete.ts'
import { type EditCommand, edit, editing, insert, isAtEdge } from './editor.ts'
import { commandOf, type Key, type KeyCommand, type WindowCommand } from './keys.ts'
import { type Chat, type Effect, editWidth, type Step } from './model.ts'
import { askWhen, onPopupKey, pasted, previewed } from './on-popup.ts'
import { cleared, draftOf, edited, inTurn, letGo, noted, offered } from './steps.ts'
import { plannedOf } from './when-words.ts'

/** More than any relay takes in one message; a larger paste is refused whole. */
export const MOST_BYTES = 64 * 1024

export function onKey(chat: Chat, key: Key): Step {
  const [next, effects] = pressed(seen({ ...chat, note: null }), key)
  return [next, [{ do: 'active', who: next.who?.uin ?? null }, ...effects]]
}

/** A key says that somebody looks. */
function seen(chat: Chat): Chat {
  return chat.isFocused ? chat : { ...chat, isFocused: true }
}

const ALWAYS: ReadonlySet<KeyCommand> = new Set<KeyCommand>(['leave', 'suspend'])

function pressed(chat: Chat, key: Key): Step {
  const command = commandOf(key.name)
  if (chat.popup !== null && !(command !== null && ALWAYS.has(command))) return onPopupKey(chat, chat.popup, key)
  if (command !== null) return isWindowCommand(command) ? WINDOW[command](chat) : editKey(chat, command)
  if (key.text === '') return [chat, []]
  if (Buffer.byteLength(chat.editor.text) >= MOST_BYTES) return noted(chat, 'no message can be longer')
  return edited(chat, insert(chat.editor, key.text))
}

export function onPaste(chat: Chat, raw: string): Step {
  const text = raw.replace(/\r\n?/g, '\n').replaceAll('\0', '')
  if (chat.popup !== null) return pasted(chat, chat.popup, text)
  if (Buffer.byteLength(chat.editor.text) + Buffer.byteLength(text) > MOST_BYTES) {
    return noted(chat, 'that paste is too long for a message; nothing was put in')
  }
  return edited({ ...chat, note: null }, insert(chat.editor, text))
}

function editKey(chat: Chat, command: EditCommand): Step {
  return edited({ ...chat, pastAt: chat.pastAt }, edit(chat.editor, command, editWidth(chat)))
}

const WINDOW: Readonly<Record<WindowCommand, (chat: Chat) => Step>> = {
  send,
  keep,
  due,
  panel: (chat) => [{ ...chat, popup: { kind: 'panel', line: editing(''), at: 0 } }, []],
  complete,
  back: letGo,
  older: (chat) => (isAtEdge(chat.editor, editWidth(chat), 'up') ? through(chat, -1) : editKey(chat, 'up')),
  newer: (chat) => (isAtEdge(chat.editor, editWidth(chat), 'down') ? through(chat, 1) : editKey(chat, 'down')),
  editor: (chat) => (chat.who === null ? [chat, []] : [chat, [{ do: 'edit', text: chat.editor.text }]]),
  leave: (chat) => [chat, [{ do: 'leave' }]],
  'leave-or-delete': (chat) => (chat.editor.text === '' ? [chat, [{ do: 'leave' }]] : editKey(chat, 'delete')),
  suspend: (chat) => [chat, [{ do: 'suspend' }]],
}

function isWindowCommand(command: KeyCommand): command is WindowCommand {
  return Object.hasOwn(WINDOW, command)
}

function send(chat: Chat): Step {
  const { who, editor, target } = chat
  if (who === null) return noted(chat, 'with whom? Ctrl+P lists your friends')
  if (editor.text.trim() === '') {
    return target.kind === 'message' ? [chat, []] : noted(chat, 'there is no text; Esc lets go of it')
  }
  switch (target.kind) {
    case 'due': {
      const text = editor.text === target.original ? null : editor.text
      const handled = [...chat.handled, target.id]
      return gone({ ...chat, handled }, { do: 'send-due', id: target.id, text })
    }
    case 'backup':
      return gone(chat, { do: 'keep', to: who.uin, text: editor.text, ...plannedOf(target.words) })
    case 'message':
      if (/^\/(?!\/)/.test(editor.text)) return runSlash(chat, editor.text, who)
      return sendMessage(chat, who.uin, editor.text.replace(/^\/\//, '/'))
    default:
      return target satisfies never
  }
}

/** The text goes; what was put aside for it, if anything, is the draft now. */
function gone(chat: Chat, effect: Effect): Step {
  const next = cleared(chat)
  return [next, [effect, ...draftOf(next)]]
}

function sendMessage(chat: Chat, to: string, text: string): Step {
  const message = { key: String(chat.sent + 1), to, text }
  return gone({ ...chat, sent: chat.sent + 1, sending: [...chat.sending, message] }, { do: 'send', message })
}

function keep(chat: Chat): Step {
  if (chat.who === null) return [chat, []]
  if (chat.target.kind === 'due') return due(chat)
  if (chat.editor.text.trim() === '') return noted(chat, 'write the text first, then Ctrl+B asks when')
  const words = chat.target.kind === 'backup' ? chat.target.words : ''
  return previewed({ ...chat, popup: askWhen(words, null) })
}

function due(chat: Chat): Step {
  const id = chat.target.kind === 'due' ? chat.target.id : (offered(chat)?.id ?? null)
  return id === null ? noted(chat, 'nothing is due here') : [{ ...chat, popup: { kind: 'due', id, at: 0 } }, []]
}

/** Through what was sent before; beyond its newest end lies what stood in the edit line. */
function through(chat: Chat, by: -1 | 1): Step {
  const { past, pastAt, editor } = chat
  if (chat.target.kind === 'due' || past.length === 0) return [chat, []]
  const at = (pastAt ?? past.length) + by
  if (at < 0 || at > past.length) return [chat, []]
  const present = pastAt === null ? editor.text : chat.present
  const text = past[at] ?? present
  return inTurn({ ...chat, present, pastAt: at === past.length ? null : at }, (now) =>
    edited(now, { ...editing(text), cut: editor.cut }),
  )
}
