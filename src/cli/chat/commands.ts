/** `/name words`: what can be said in place of a text. */
import { EMPTY } from './editor.ts'
import { KEYS } from './keys.ts'
import type { Chat, Effect, Person, Step } from './model.ts'
import { cleared, draftOf, edited, inTurn, letGo, noted, offered, print } from './steps.ts'
import { plannedOf } from './when-words.ts'

export interface SlashCommand {
  name: string
  words: string
  help: string
  /** `rest`: the line after the name; `below`: the lines under it. */
  run: (chat: Chat, rest: string, below: string, who: Person) => Step
}

/** The edit line is empty again, and this is done. */
function done(chat: Chat, ...effects: Effect[]): Step {
  return inTurn(
    chat,
    (now) => edited(now, EMPTY),
    (now) => [now, effects],
  )
}

function statusCommand(status: 'online' | 'away' | 'busy' | 'invisible', help: string): SlashCommand {
  const run: SlashCommand['run'] = (chat, rest) => done(chat, { do: 'status', status, text: rest === '' ? null : rest })
  return { name: status, words: '[TEXT]', help, run }
}

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

export const SLASH: readonly SlashCommand[] = [
  {
    name: 'backup',
    words: 'WHEN',
    help: 'what you write next is kept until then; /backup send WHEN is sent then',
    run: keep,
  },
  {
    name: 'backups',
    words: '',
    help: 'what is kept for this friend',
    run: (chat, _rest, _below, who) => done(chat, { do: 'list', who }),
  },
  {
    name: 'send',
    words: '',
    help: 'send what is due as it stands',
    run: (chat) => withDue(chat, (id) => handled(chat, id, { do: 'send-due', id, text: null })),
  },
  {
    name: 'snooze',
    words: 'WHEN',
    help: 'what is due is due again then: /snooze 10m',
    run: (chat, rest) =>
      rest === ''
        ? noted(chat, 'until when? /snooze 10m, /snooze tomorrow 9am')
        : withDue(chat, (id) => handled(chat, id, { do: 'snooze', id, words: rest })),
  },
  {
    name: 'dismiss',
    words: '',
    help: 'end what is due without sending it',
    run: (chat) => withDue(chat, (id) => handled(chat, id, { do: 'dismiss', id })),
  },
  {
    name: 'cancel',
    words: 'ID',
    help: 'end a backup before it is due',
    run: (chat, rest) =>
      rest === '' ? noted(chat, 'which? /backups lists them') : done(chat, { do: 'cancel', id: rest }),
  },
  {
    name: 'undo',
    words: '[ID]',
    help: 'bring back what was cancelled or dismissed last',
    run: (chat, rest) => done(chat, { do: 'undo', id: rest === '' ? null : rest }),
  },
  {
    name: 'open',
    words: 'WHO',
    help: 'the conversation with another friend',
    run: (chat, rest) =>
      rest === '' ? noted(chat, 'whom? /open WHO') : done(chat, { do: 'open', who: rest, backupId: null }),
  },
  {
    name: 'history',
    words: '[N]',
    help: 'the last N messages once more (200)',
    run: (chat, rest, _below, who) =>
      /^\d{0,5}$/.test(rest) && rest !== '0'
        ? done(chat, { do: 'history', who, limit: rest === '' ? 200 : Math.min(Number(rest), 10_000) })
        : noted(chat, `${rest} is no number: /history 200`),
  },
  statusCommand('online', 'be shown as online'),
  statusCommand('away', 'be shown as away'),
  statusCommand('busy', 'be shown as busy'),
  statusCommand('invisible', 'be shown as offline'),
  { name: 'help', words: '', help: 'keys and commands', run: (chat) => lines(chat, helpLines()) },
  { name: 'quit', words: '', help: 'leave', run: (chat) => done(chat, { do: 'leave' }) },
]

/** A line that begins with one slash. What is no command is told, and the text stays. */
export function runSlash(chat: Chat, text: string, who: Person): Step {
  const [line = '', ...below] = text.split('\n')
  const [, name = '', rest = ''] = /^\/(\S*)\s*(.*)$/.exec(line) ?? []
  const command = SLASH.find((one) => one.name === name)
  if (command === undefined) {
    return noted(chat, `there is no command /${name}; /help lists them, //${name} sends the line as text`)
  }
  return command.run(chat, rest.trim(), below.join('\n'), who)
}

/** As `/help`, `im help chat` and docs/chat.md show them. */
export function helpLines(): string[] {
  const rows = SLASH.map(({ name, words, help }) => [`/${name} ${words}`.trim(), help] as const)
  const keys = KEYS.map(({ keys, help }) => [keys.map(keyName).join(', '), help] as const)
  return [...table(rows), ...table([['//text', 'sends a line that begins with a slash']]), ...table(keys)]
}

function table(rows: readonly (readonly [string, string])[]): string[] {
  return rows.map(([head, help]) => `${head.padEnd(HEAD)} ${help}`)
}

const HEAD = 28

/** `ctrl+p` as people write it: `Ctrl+P`. */
export function keyName(key: string): string {
  const parts = key.split('+').map((part) => (part === '' ? '+' : part.charAt(0).toUpperCase() + part.slice(1)))
  return parts.join('+')
}
