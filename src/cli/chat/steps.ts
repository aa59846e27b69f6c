/** Small steps that keys and events share. Each is a whole one: what it changes and what it wants done. */
import type { BackupView } from '../../protocol/views.ts'
import { type Editor, EMPTY, editing } from './editor.ts'
import { type Chat, dueOf, type Effect, type Entry, MESSAGE, type Step } from './model.ts'

/** Several steps, one after another. */
export function inTurn(chat: Chat, ...steps: readonly ((chat: Chat) => Step)[]): Step {
  const effects: Effect[] = []
  let now = chat
  for (const step of steps) {
    const [next, wanted] = step(now)
    now = next
    effects.push(...wanted)
  }
  return [now, effects]
}

export function noted(chat: Chat, text: string, isBad = true): Step {
  return [{ ...chat, note: { text, isBad } }, []]
}

/** What is no message, into the scrollback. */
export function print(chat: Chat, entry: Exclude<Entry, { kind: 'message' }>): Step {
  return [{ ...chat, isCovered: true }, [{ do: 'print', entry }]]
}

/** Another text in the edit line; it is kept as the draft. */
export function edited(chat: Chat, editor: Editor): Step {
  const next = { ...chat, editor }
  return [next, editor.text === chat.editor.text ? [] : draftOf(next)]
}

/** What would have to be kept if the window were gone now. A due text nobody has touched lies at the relay. */
export function draftOf({ who, editor, target, aside }: Chat): Effect[] {
  if (who === null) return []
  const isDue = target.kind === 'due'
  const untouched = isDue && editor.text === target.original
  const text = untouched ? aside : editor.text
  return [{ do: 'draft', who: who.uin, text, backupId: isDue && !untouched ? target.id : null }]
}

/** Its text stands in the edit line; what stood there is put aside. */
export function takeDue(chat: Chat, backup: BackupView): Step {
  const { id, text } = backup
  if (id === null || text === null) return noted(chat, 'this device cannot read that backup')
  const aside = chat.target.kind === 'due' ? chat.aside : chat.editor.text
  const target = { kind: 'due', id, original: text } as const
  return [{ ...chat, target, aside, editor: editing(text), popup: null, pastAt: null }, []]
}

/** The edit line is a message again, with what was put aside. */
export function letGo(chat: Chat): Step {
  if (chat.target.kind !== 'due') return [{ ...chat, target: MESSAGE }, []]
  const next: Chat = { ...chat, target: MESSAGE, editor: editing(chat.aside), aside: '' }
  return [next, draftOf(next)]
}

/** The text has gone: an empty edit line, or what was put aside for it. */
export function cleared(chat: Chat): Chat {
  const editor = chat.aside === '' ? { ...EMPTY, cut: chat.editor.cut } : editing(chat.aside)
  return { ...chat, editor, aside: '', target: MESSAGE, pastAt: null, present: '' }
}

/** For the past, newest last, none twice in a row. */
export function remembered(chat: Chat, text: string): Chat {
  return chat.past.at(-1) === text ? chat : { ...chat, past: [...chat.past, text].slice(-MOST_PAST) }
}

const MOST_PAST = 100

/** Text that did not go: into the edit line if that is empty, else where `up` finds it. */
export function given(chat: Chat, text: string): Chat {
  if (chat.editor.text === '' && chat.target.kind === 'message') return { ...chat, editor: editing(text) }
  return remembered(chat, text)
}

/** What is offered now; not the one that stands in the edit line. */
export function offered(chat: Chat): BackupView | null {
  const { target } = chat
  return dueOf(chat).find(({ id }) => target.kind !== 'due' || id !== target.id) ?? null
}
