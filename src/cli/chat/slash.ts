/** What can be said in place of a text, and how help shows it and the keys. No code of the window: `im help` reads this. */
import { KEYS } from './keys.ts'

export const SLASH = [
  { name: 'backup', words: 'WHEN', help: 'what you write next is kept until then; /backup send WHEN: is sent then' },
  { name: 'backups', words: '', help: 'what is kept for this friend' },
  { name: 'send', words: '', help: 'send what is due as it stands' },
  { name: 'snooze', words: 'WHEN', help: 'what is due is due again then: /snooze 10m' },
  { name: 'dismiss', words: '', help: 'end what is due without sending it' },
  { name: 'cancel', words: 'ID', help: 'end a backup before it is due' },
  { name: 'resume', words: 'ID', help: 'arm a held backup again' },
  { name: 'undo', words: '[ID]', help: 'bring back what was cancelled or dismissed last' },
  { name: 'open', words: 'WHO', help: 'the conversation with another friend' },
  { name: 'history', words: '[N]', help: 'the last N messages once more (200)' },
  { name: 'online', words: '[TEXT]', help: 'be shown as online' },
  { name: 'away', words: '[TEXT]', help: 'be shown as away' },
  { name: 'busy', words: '[TEXT]', help: 'be shown as busy' },
  { name: 'invisible', words: '[TEXT]', help: 'be shown as offline' },
  { name: 'help', words: '', help: 'keys and commands' },
  { name: 'quit', words: '', help: 'leave' },
] as const

export type SlashName = (typeof SLASH)[number]['name']

export function slashNamed(name: string): SlashName | null {
  return SLASH.find((one) => one.name === name)?.name ?? null
}

type HelpRow = readonly [head: string, help: string]

export function slashRows(): HelpRow[] {
  const rows = SLASH.map(({ name, words, help }): HelpRow => [`/${name} ${words}`.trim(), help])
  return [...rows, ['//text', 'sends a line that begins with a slash']]
}

export function keyRows(): HelpRow[] {
  return KEYS.map(({ keys, help }) => [keys.map(keyName).join(', '), help])
}

const HEAD = 29

/** As `/help` and `im help chat` show them. */
export function helpLines(): string[] {
  return [...slashRows(), ...keyRows()].map(([head, help]) => `${head.padEnd(HEAD)}${help}`)
}

/** `ctrl+p` as people write it: `Ctrl+P`. */
function keyName(key: string): string {
  return key.replace(/(^|\+)([a-z])/g, (_, plus: string, letter: string) => plus + letter.toUpperCase())
}
