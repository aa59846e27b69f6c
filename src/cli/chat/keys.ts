/** Every key of the conversation window: what it does, and its line of help. */
import type { EditCommand } from './editor.ts'

/** What keys do outside the edit line. */
export type WindowCommand =
  | 'send'
  | 'keep'
  | 'due'
  | 'panel'
  | 'complete'
  | 'back'
  | 'older'
  | 'newer'
  | 'editor'
  | 'leave'
  | 'leave-or-delete'
  | 'suspend'

export type KeyCommand = WindowCommand | EditCommand

export interface KeySpec {
  keys: readonly string[]
  does: KeyCommand
  help: string
}

export const KEYS: readonly KeySpec[] = [
  { keys: ['enter'], does: 'send', help: 'send the text; one that began as a due backup is sent as that backup' },
  { keys: ['alt+enter', 'ctrl+j'], does: 'newline', help: 'a new line' },
  { keys: ['ctrl+b'], does: 'keep', help: 'keep the text as a backup: asks when' },
  { keys: ['ctrl+o'], does: 'due', help: 'the backup that is due: edit, send, snooze or dismiss it' },
  { keys: ['ctrl+p'], does: 'panel', help: 'friends: type to filter, Enter opens, Esc goes back' },
  { keys: ['tab'], does: 'complete', help: 'after a slash: complete the command, the friend, the id' },
  { keys: ['esc'], does: 'back', help: 'close what is open; let go of a due backup, which stays due' },
  { keys: ['up'], does: 'older', help: 'a row up; from the first row, what was sent before' },
  { keys: ['down'], does: 'newer', help: 'a row down; from the last row, what was sent after' },
  { keys: ['left'], does: 'left', help: 'a character back' },
  { keys: ['right', 'ctrl+f'], does: 'right', help: 'a character on' },
  { keys: ['alt+b', 'ctrl+left', 'alt+left'], does: 'word-left', help: 'a word back' },
  { keys: ['alt+f', 'ctrl+right', 'alt+right'], does: 'word-right', help: 'a word on' },
  { keys: ['ctrl+a', 'home'], does: 'line-start', help: 'to the start of the line' },
  { keys: ['ctrl+e', 'end'], does: 'line-end', help: 'to the end of the line' },
  { keys: ['backspace'], does: 'backspace', help: 'delete the character before' },
  { keys: ['delete'], does: 'delete', help: 'delete the character here' },
  { keys: ['ctrl+w', 'alt+backspace'], does: 'cut-word', help: 'cut the word before' },
  { keys: ['alt+d'], does: 'cut-word-after', help: 'cut the word after' },
  { keys: ['ctrl+u'], does: 'cut-to-start', help: 'cut to the start of the line' },
  { keys: ['ctrl+k'], does: 'cut-to-end', help: 'cut to the end of the line' },
  { keys: ['ctrl+y'], does: 'yank', help: 'bring back what was cut last' },
  { keys: ['ctrl+_', 'alt+u'], does: 'undo', help: 'undo' },
  { keys: ['ctrl+g'], does: 'editor', help: 'edit the text in $EDITOR' },
  { keys: ['ctrl+d'], does: 'leave-or-delete', help: 'delete the character here; in an empty line, leave' },
  { keys: ['ctrl+c'], does: 'leave', help: 'leave; text that is not sent is kept' },
  { keys: ['ctrl+z'], does: 'suspend', help: 'suspend; fg comes back' },
]

const BY_KEY: ReadonlyMap<string, KeyCommand> = new Map(
  KEYS.flatMap(({ keys, does }) => keys.map((key) => [key, does] as const)),
)

export function commandOf(key: string): KeyCommand | null {
  return BY_KEY.get(key) ?? null
}

/** One key press: its name as the table spells it, and what it types (nothing for a key that is no character). */
export interface Key {
  name: string
  text: string
}

/** What `node:readline` tells of a key. */
export interface Keypress {
  name?: string | undefined
  sequence?: string | undefined
  ctrl?: boolean | undefined
  meta?: boolean | undefined
  shift?: boolean | undefined
}

const NAMES: Readonly<Record<string, string>> = { return: 'enter', enter: 'ctrl+j', escape: 'esc' }
const UNNAMED: Readonly<Record<string, string>> = { '\x1f': 'ctrl+_' }

export function keyOf(character: string | undefined, { name, sequence = '', ctrl, meta, shift }: Keypress): Key {
  const text = character ?? sequence
  const bare = NAMES[name ?? ''] ?? UNNAMED[sequence] ?? name ?? ''
  const types = !ctrl && !meta && isText(text)
  const prefix = `${ctrl ? 'ctrl+' : ''}${meta && bare !== 'esc' ? 'alt+' : ''}${shift && !types ? 'shift+' : ''}`
  return { name: types ? text : prefix + bare, text: types ? text : '' }
}

function isText(text: string): boolean {
  const first = text.codePointAt(0) ?? 0
  return first >= 0x20 && first !== 0x7f && !(first >= 0x80 && first < 0xa0)
}
