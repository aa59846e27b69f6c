/** The conversation line by line: nothing is drawn twice, and every mark is a word. */
import { createInterface } from 'node:readline'
import { visible } from '../../domain/clean-text.ts'
import type { Context } from '../context.ts'
import { messageText } from '../describe/message.ts'
import { friendName } from '../describe/names.ts'
import { instantWords } from '../describe/time.ts'
import { editInEditor } from '../input/editor.ts'
import type { Face, Hands } from './conversation.ts'
import type { Chat, Entry, ScreenEffect } from './model.ts'
import { panelPeople } from './panel.ts'
import { why } from './session.ts'
import { offered } from './steps.ts'

const key = (name: string) => ({ on: 'key', key: { name, text: '' } }) as const

export function openPlain({ io, out }: Context, { tell, chat }: Hands): Face {
  const lines = createInterface({ input: process.stdin, terminal: false })
  const teller = plainTeller((text) => out.lines(text))
  let leave = (): void => {}
  const left = new Promise<void>((resolve) => {
    leave = resolve
  })
  /** The text that Enter sends, once it has been read out. */
  let readOut: string | null = null
  /** A line is on its way through the edit line, and is not to be read out. */
  let isSaying = false

  const show = (now: Chat): void => {
    teller.tell(now)
    if (isSaying) return
    if (now.popup !== null && now.popup.kind !== 'panel') {
      tell(key('esc'))
      return
    }
    const next = now.editor.text === '' && now.target.kind === 'message' ? offered(now) : null
    if (next?.text != null && now.who !== null) tell({ on: 'focus', uin: now.who.uin, backupId: next.id })
    else if (now.editor.text !== '' && now.editor.text !== readOut && !teller.knows(now.editor.text)) readAloud(now)
  }
  const readAloud = ({ editor, target }: Chat): void => {
    readOut = editor.text
    teller.learn(editor.text)
    const what = target.kind === 'due' ? 'due, not sent yet' : 'not sent yet'
    const others = target.kind === 'due' ? ', /snooze 10m or /dismiss puts it off' : ''
    out.lines(`${what}:\n${editor.text}\n(Enter sends this, e edits it${others}; anything else is a new message)`)
  }
  const typed = (line: string): void => {
    const now = chat()
    if (now.popup?.kind === 'panel') choose(line)
    else if (line === 'e') tell(key('ctrl+g'))
    else if (line !== '') say(now, line)
    else if (now.editor.text !== '') enter(now)
  }
  /** What was not read out since the last line is read out first: an Enter too many sends nothing. */
  const enter = (now: Chat): void => {
    if (readOut === now.editor.text) tell(key('enter'))
    else readAloud(now)
  }
  /** A line of its own; what waits to be sent goes on waiting. */
  const say = (now: Chat, line: string): void => {
    readOut = null
    const { target, editor, who } = now
    isSaying = true
    if (target.kind === 'due') tell(key('esc'))
    tell({ on: 'edited', text: line })
    tell(key('enter'))
    if (chat().target.kind === 'message' && chat().who?.uin === who?.uin) {
      tell({ on: 'edited', text: '' })
      if (target.kind === 'due' && who !== null) tell({ on: 'focus', uin: who.uin, backupId: target.id })
      if (target.kind === 'message' || chat().target.kind === 'due') tell({ on: 'edited', text: editor.text })
    }
    isSaying = false
    show(chat())
  }
  const choose = (line: string): void => {
    tell(key('ctrl+u'))
    tell({ on: 'paste', text: line })
    tell(key('enter'))
  }
  const edit = async (text: string): Promise<void> => {
    lines.pause()
    try {
      tell({ on: 'edited', text: (await editInEditor(io, text)).replace(/\r?\n$/, '') })
    } catch (error) {
      out.lines(await why(error))
    }
    lines.resume()
  }
  lines.on('line', typed)
  lines.on('close', () => leave())
  const performers: { [D in ScreenEffect['do']]: (effect: Extract<ScreenEffect, { do: D }>) => void } = {
    print: ({ entry }) => out.lines(entryText(entry, io.clock.now())),
    edit: ({ text }) => void edit(text),
    suspend: () => {},
    leave: () => leave(),
  }
  return {
    perform: (effect) => (performers[effect.do] as (effect: ScreenEffect) => void)(effect),
    show,
    left,
    close: async () => lines.close(),
  }
}

/** Says once what a window would keep on the screen. */
function plainTeller(say: (text: string) => void) {
  let mark = ''
  let note: string | null = null
  let presence: string | null = null
  let listed = false
  const known = new Set<string>()
  return {
    knows: (text: string) => known.has(text),
    learn: (text: string) => known.add(text),
    tell: (chat: Chat): void => {
      const { last, me, who, people } = chat
      const isMine = last !== null && last.from === me && last.to !== me
      const nextMark = isMine ? `${last.id} ${last.state}` : ''
      if (isMine && nextMark !== mark) say(`(${last.state})`)
      mark = nextMark
      if (chat.note !== null && chat.note.text !== note) say(chat.note.text)
      note = chat.note?.text ?? null
      const friend = people?.people.find((one) => one.friend.uin === who?.uin)?.friend
      const nextPresence = friend === undefined ? null : `${friendName(friend)} is ${friend.presence ?? 'not shared'}`
      if (nextPresence !== null && presence !== null && nextPresence !== presence) say(`(${nextPresence})`)
      presence = nextPresence
      if (chat.popup?.kind === 'panel' && people !== null && !listed) {
        listed = true
        say([...panelPeople(chat, '').map(personText), 'with whom? a name, or the beginning of one'].join('\n'))
      }
      if (chat.popup === null) listed = false
    },
  }
}

function personText({ friend, unread, due }: ReturnType<typeof panelPeople>[number]): string {
  const wants = [due > 0 ? `${due} due` : null, unread > 0 ? `${unread} unread` : null].filter((one) => one !== null)
  return [`${friendName(friend)}, ${friend.presence ?? 'presence not shared'}`, ...wants].join(', ')
}

function entryText(entry: Entry, now: number): string {
  switch (entry.kind) {
    case 'day':
      return new Date(entry.at).toDateString()
    case 'title':
    case 'said':
      return entry.text
    case 'message': {
      const { message, name } = entry
      const failed = message.state === 'failed' ? ` (not sent: ${message.error?.message ?? 'refused'})` : ''
      return `${instantWords(Date.parse(message.at), now)} ${visible(name)}: ${messageText(message)}${failed}`
    }
    default:
      return entry satisfies never
  }
}
