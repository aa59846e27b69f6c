/** What the daemon tells a conversation window, and what became of what it was asked. */
import { counted } from '../../domain/counted.ts'
import type { MessageView } from '../../protocol/views.ts'
import { editing } from './editor.ts'
import {
  type Chat,
  type Conversation,
  dueOf,
  type Effect,
  type Entry,
  type Event,
  MESSAGE,
  newChat,
  type Step,
} from './model.ts'
import { onKey, onPaste } from './on-key.ts'
import { askWhen, previewed } from './on-popup.ts'
import { cleared, draftOf, edited, given, inTurn, letGo, print, remembered, takeDue } from './steps.ts'

type EventOf<On extends Event['on']> = Extract<Event, { on: On }>

/** Everything that can happen to a window, and what comes of it. Pure. */
export function step(chat: Chat, event: Event): Step {
  return (HANDLERS[event.on] as (chat: Chat, event: Event) => Step)(chat, event)
}

const HANDLERS: { readonly [On in Event['on']]: (chat: Chat, event: EventOf<On>) => Step } = {
  key: (chat, { key }) => onKey(chat, key),
  paste: (chat, { text }) => onPaste(chat, text),
  resized: (chat, { columns, rows }) => [{ ...chat, columns, rows }, []],
  looked,
  linked,
  unlinked: (chat, { why }) => (chat.isLinked ? said({ ...chat, isLinked: false }, why, true) : [chat, []]),
  people: (chat, { people }) => [{ ...chat, people }, []],
  backups,
  opened: (chat, { conversation }) => opened(chat, conversation),
  message,
  receipt,
  focus,
  sent: (chat, { key, message: now }) => {
    const out = chat.sending.find((one) => one.key === key)
    const next = { ...chat, sending: chat.sending.filter((one) => one.key !== key) }
    return message(out === undefined ? next : remembered(next, out.text), { on: 'message', message: now })
  },
  refused,
  kept: (chat, event) => {
    const text = chat.editor.text
    if (chat.popup?.kind !== 'when' || !chat.popup.isBusy) return said(chat, event.said)
    return inTurn(
      { ...cleared(remembered(chat, text)), popup: null },
      (now) => [now, draftOf(now)],
      (now) => said(now, event.said),
    )
  },
  'not-kept': notKept,
  previewed: (chat, { words, preview }) =>
    chat.popup?.kind === 'when' && chat.popup.line.text === words
      ? [{ ...chat, popup: { ...chat.popup, preview } }, []]
      : [chat, []],
  handled: (chat, event) => (event.said === null ? [chat, []] : said(chat, event.said)),
  'not-handled': notHandled,
  edited: (chat, { text }) => edited(chat, { ...editing(text), undo: chat.editor.undo }),
  again,
  says: (chat, { text, isBad }) => said(chat, text, isBad),
}

function said(chat: Chat, text: string, isBad = false): Step {
  return print(chat, { kind: 'said', text, isBad })
}

/** Looked at again: what came meanwhile is read. */
function looked(chat: Chat, { isFocused }: EventOf<'looked'>): Step {
  const next = { ...chat, isFocused }
  if (!isFocused || chat.unseen === null) return [next, []]
  return [{ ...next, unseen: null }, [{ do: 'read', id: chat.unseen }]]
}

/** The same keys again: what the daemon has already is not sent twice. */
function linked(chat: Chat): Step {
  const again: Effect[] = chat.sending.map((one) => ({ do: 'send', message: one }))
  const next = { ...chat, isLinked: true }
  return chat.isLinked
    ? [next, again]
    : inTurn(
        next,
        (now) => said(now, 'connected again'),
        (now) => [now, again],
      )
}

function opened(chat: Chat, conversation: Conversation): Step {
  const { person, title, messages, draft, backupId } = conversation
  if (chat.who?.uin === person.uin) return focus(chat, { on: 'focus', uin: person.uin, backupId })
  // What was typed while the first conversation was being opened is not lost.
  const early = chat.who === null ? chat.editor.text : ''
  const fresh: Chat = {
    ...newChat(chat.me, chat),
    people: chat.people,
    isFocused: chat.isFocused,
    isLinked: chat.isLinked,
    sending: chat.sending,
    sent: chat.sent,
    who: person,
    backups: conversation.backups,
    preferred: backupId,
    past: messages.filter(({ from, to }) => from === chat.me && to !== chat.me).flatMap(({ text }) => text ?? []),
  }
  return inTurn(
    fresh,
    (now) => print(now, { kind: 'title', text: title }),
    (now) => messages.reduce<Step>((sum, one) => add(sum, one), [now, []]),
    (now) => readUpTo(now, messages),
    (now) => prefilled(now, { ...draft, text: `${draft.text ?? ''}${early}` || null }),
    (now) => [now, early === '' ? [] : draftOf(now)],
  )
}

function add([chat, effects]: Step, one: MessageView): Step {
  const [next, more] = entered(chat, one)
  return [next, [...effects, ...more]]
}

/** What was written before stays; else the due one stands in the edit line. */
function prefilled(chat: Chat, { text, backupId }: Conversation['draft']): Step {
  const [first] = dueOf(chat)
  if (text === null) return first === undefined ? [chat, []] : takeDue(chat, first)
  const began = dueOf(chat).find(({ id }) => id === backupId)
  const target =
    began?.id == null || began.text === null ? MESSAGE : ({ kind: 'due', id: began.id, original: began.text } as const)
  return [{ ...chat, editor: editing(text), target }, []]
}

function again(chat: Chat, { messages }: EventOf<'again'>): Step {
  return inTurn(
    { ...chat, shown: new Set(), day: null },
    (now) => print(now, { kind: 'title', text: `the last ${counted(messages.length, 'message')} once more` }),
    (now) => messages.reduce<Step>((sum, one) => add(sum, one), [now, []]),
    (now) => [{ ...now, shown: new Set([...chat.shown, ...now.shown]) }, []],
    (now) => said(now, 'that was all'),
  )
}

/** One message into the scrollback, once; a new day is said before it. */
function entered(chat: Chat, one: MessageView): Step {
  if (chat.shown.has(one.id)) return [chat.last?.id === one.id ? { ...chat, last: one } : chat, []]
  const day = new Date(one.at).toDateString()
  const isMine = one.from === chat.me
  const name = isMine ? 'me' : (chat.who?.name ?? one.from)
  const entries: Entry[] = day === chat.day ? [] : [{ kind: 'day', at: one.at }]
  entries.push({ kind: 'message', message: one, isMine, name })
  const next = { ...chat, shown: new Set(chat.shown).add(one.id), day, last: one, isCovered: false }
  return [next, entries.map((entry) => ({ do: 'print', entry }))]
}

/** Shown is read, when somebody looks. */
function readUpTo(chat: Chat, messages: readonly MessageView[]): Step {
  const newest = messages.findLast(({ from, to, read }) => !read && (from !== chat.me || to === chat.me))
  if (newest === undefined) return [chat, []]
  return chat.isFocused ? [chat, [{ do: 'read', id: newest.id }]] : [{ ...chat, unseen: newest.id }, []]
}

function message(chat: Chat, { message: one }: EventOf<'message'>): Step {
  const friend = one.from === chat.me ? one.to : one.from
  if (chat.who === null || friend !== chat.who.uin) return [chat, []]
  return inTurn(
    chat,
    (now) => entered(now, one),
    (now) => readUpTo(now, [one]),
  )
}

/** How far they have it: the mark of the newest message, if that is mine. */
function receipt(chat: Chat, { message: one }: EventOf<'receipt'>): Step {
  if (chat.last?.id !== one.id) return [chat, []]
  const next = { ...chat, last: one }
  if (one.state !== 'failed' || chat.last.state === 'failed') return [next, []]
  return restored(next, one.text ?? '', `not sent: ${one.error?.message ?? 'refused'}`)
}

/** A reminder was opened: its text stands in the edit line, unless something else does. */
function focus(chat: Chat, { uin, backupId }: EventOf<'focus'>): Step {
  if (chat.who?.uin !== uin) return [{ ...chat, popup: null }, [{ do: 'open', who: uin, backupId }]]
  const next = { ...chat, preferred: backupId, handled: chat.handled.filter((id) => id !== backupId) }
  const [first] = dueOf(next)
  const isFree = chat.editor.text === '' && chat.target.kind === 'message' && chat.popup === null
  return isFree && first !== undefined ? takeDue(next, first) : [next, []]
}

/** What is due no more disappears here; a text that was changed stays, as a message. */
function backups(chat: Chat, { uin, backups: live }: EventOf<'backups'>): Step {
  if (chat.who?.uin !== uin) return [chat, []]
  const due = new Set(dueOf({ ...chat, backups: live, handled: [] }).map(({ id }) => id))
  const next: Chat = {
    ...chat,
    backups: live,
    handled: chat.handled.filter((id) => due.has(id)),
    popup: chat.popup?.kind === 'due' && !due.has(chat.popup.id) ? null : chat.popup,
  }
  const { target } = chat
  if (target.kind !== 'due' || due.has(target.id)) return [next, []]
  const untouched = chat.editor.text === target.original
  const freed: Chat = untouched ? letGo(next)[0] : { ...next, target: MESSAGE }
  return [freed, [{ do: 'explain', id: target.id }, ...draftOf(freed)]]
}

function refused(chat: Chat, { key, why }: EventOf<'refused'>): Step {
  const out = chat.sending.find((one) => one.key === key)
  const next = { ...chat, sending: chat.sending.filter((one) => one.key !== key) }
  if (out === undefined || out.to !== chat.who?.uin) return said(next, `not sent: ${why}`, true)
  return restored(next, out.text, `not sent: ${why}`)
}

/** A text that did not go comes back, and why it did not is said. */
function restored(chat: Chat, text: string, why: string): Step {
  return inTurn(
    given(chat, text),
    (now) => [now, draftOf(now)],
    (now) => said(now, now.editor.text === text ? why : `${why}; the text is kept: Up brings it back`, true),
  )
}

function notKept(chat: Chat, { why, text, words }: EventOf<'not-kept'>): Step {
  const { popup } = chat
  if (popup?.kind === 'when')
    return [{ ...chat, popup: { ...popup, isBusy: false, preview: { text: why, isBad: true } } }, []]
  const [back, effects] = restored(chat, text, `not kept: ${why}`)
  if (back.editor.text !== text) return [back, effects]
  const [asked, more] = previewed({ ...back, popup: askWhen(words, null) })
  return [asked, [...effects, ...more]]
}

function notHandled(chat: Chat, { id, text, why }: EventOf<'not-handled'>): Step {
  const next = { ...chat, handled: chat.handled.filter((one) => one !== id) }
  if (text === null) return said(next, why, true)
  const still = dueOf(next).find((one) => one.id === id)
  const isFree = next.editor.text === '' && next.target.kind === 'message'
  if (still === undefined || !isFree) return restored(next, text, why)
  return inTurn(
    takeDue(next, still)[0],
    (now) => edited(now, editing(text)),
    (now) => said(now, why, true),
  )
}
