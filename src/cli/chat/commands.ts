/** `/name words`: what can be said in place of a text. */
import { EMPTY } from './editor.ts'
import type { Chat, Effect, Person, Step } from './model.ts'
import { begunBy } from './panel.ts'
import { helpLines, type SlashName, slashNamed } from './slash.ts'
import { cleared, draftOf, edited, inTurn, letGo, noted, offered, print } from './steps.ts'
import { plannedOf } from './when-words.ts'

/** `rest`: the line after the name; `below`: the lines under it. */
type Run = (chat: Chat, rest: string, below: string, who: Person) => Step

/** The edit line is empty again, and this is done. */
function done(chat: Chat, ...effects: Effect[]): Step {
  return inTurn(
    chat,
    (now) => edited(now, EMPTY),
    (now) => [now, effects],
  )
}

const status =
  (status: 'online' | 'away' | 'busy' | 'invisible'): Run =>
  (chat, rest) =>
    done(chat, { do: 'status', status, text: rest === '' ? null : rest })

/** For one of the backups that /backups lists. */
const named =
  (what: 'cancel' | 'resume'): Run =>
  (chat, rest) =>
    rest === '' ? noted(chat, 'which? /backups lists them') : done(chat, { do: what, id: rest })

function lines(chat: Chat, rows: readonly string[]): Step {
  const said = rows.map((text) => (now: Chat) => print(now, { kind: 'said', text, isBad: false }))
  return inTurn(chat, (now) => done(now), ...said)
}

/** The due one that is meant: the one in the edit line, else the one offered. */
function withDue(chat: Chat, then: (id: string) => Step): Step {
  const id = chat.target.kind === 'due' ? chat.target.id : offered(chat)?.id
  return id === undefined || id === null ? noted(chat, 'nothing is due here') : then(id)
}

function handled(chat: Chat, id: string, effect: Effect): Step {
  const [now, effects] = done({ ...chat, handled: [...chat.handled, id] })
  return inTurn(now, letGoOf(id), (next) => [next, [...effects, effect]])
}

const letGoOf =
  (id: string) =>
  (chat: Chat): Step =>
    chat.target.kind === 'due' && chat.target.id === id ? letGo(chat) : [chat, []]

function keep(chat: Chat, rest: string, below: string, who: Person): Step {
  if (rest === '') return noted(chat, 'when? /backup at 9am, /backup in 2h, /backup online, /backup every friday 17:00')
  if (below.trim() !== '') {
    const now = cleared(chat)
    return [now, [{ do: 'keep', to: who.uin, text: below, ...plannedOf(rest) }, ...draftOf(now)]]
  }
  const [now, effects] = done(chat)
  return [{ ...now, target: { kind: 'backup', words: rest } }, effects]
}

const RUN: Readonly<Record<SlashName, Run>> = {
  backup: keep,
  backups: (chat, _rest, _below, who) => done(chat, { do: 'list', who }),
  send: (chat) => withDue(chat, (id) => handled(chat, id, { do: 'send-due', id, text: null })),
  snooze: (chat, rest) =>
    rest === ''
      ? noted(chat, 'until when? /snooze 10m, /snooze tomorrow 9am')
      : withDue(chat, (id) => handled(chat, id, { do: 'snooze', id, words: rest })),
  dismiss: (chat) => withDue(chat, (id) => handled(chat, id, { do: 'dismiss', id })),
  cancel: named('cancel'),
  resume: named('resume'),
  undo: (chat, rest) => done(chat, { do: 'undo', id: rest === '' ? null : rest }),
  open: (chat, rest) =>
    rest === ''
      ? noted(chat, 'whom? /open WHO')
      : done(chat, { do: 'open', who: begunBy(chat, rest) ?? rest, backupId: null }),
  history: (chat, rest, _below, who) =>
    /^\d{0,5}$/.test(rest) && Number(rest || 200) > 0
      ? done(chat, { do: 'history', who, limit: Math.min(Number(rest || 200), 10_000) })
      : noted(chat, `${rest} is no number: /history 200`),
  online: status('online'),
  away: status('away'),
  busy: status('busy'),
  invisible: status('invisible'),
  help: (chat) => lines(chat, helpLines()),
  quit: (chat) => done(chat, { do: 'leave' }),
}

/** A line that begins with one slash. What is no command is told, and the text stays. */
export function runSlash(chat: Chat, text: string, who: Person): Step {
  const [line = '', ...below] = text.split('\n')
  const [, name = '', rest = ''] = /^\/(\S*)\s*(.*)$/.exec(line) ?? []
  const command = slashNamed(name)
  if (command === null) {
    return noted(chat, `there is no command /${name}; /help lists them, //${name} sends the line as text`)
  }
  return RUN[command](chat, rest.trim(), below.join('\n'), who)
}
