/** `at 9am`, `in 2h`, `every friday 17:00`, `online`: the words of the command line without its dashes. */
import type { WhenParams } from '../../protocol/local-params.ts'

/** What waits for the friend, as `--when-online` and its like do. */
const STATES: Readonly<Record<string, WhenParams>> = {
  online: { whenOnline: true },
  'when online': { whenOnline: true },
  'next online': { nextSignon: true },
  'next signon': { nextSignon: true },
  'next signoff': { nextSignoff: true },
  'next away': { nextAway: true },
  'next back': { nextBack: true },
  read: { whenRead: true },
  manual: {},
}

/** What is asked when nothing is said: the same as `im backup add WHO` on a terminal. */
export const DEFAULT_WHEN = 'online'
export const DEFAULT_SNOOZE = '10m'

/** Words without a first word of ours are a time: the daemon says what is wrong with it. */
export function whenOf(words: string): WhenParams {
  const typed = words.trim().replace(/\s+/g, ' ')
  const state = STATES[(typed === '' ? DEFAULT_WHEN : typed).toLowerCase()]
  if (state !== undefined) return state
  const [, first = '', rest = ''] = /^(at|in|every) (.+)$/i.exec(typed) ?? []
  switch (first.toLowerCase()) {
    case 'in':
      return { in: rest }
    case 'every':
      return { every: rest }
    case 'at':
      return { at: rest }
    default:
      return { at: typed }
  }
}

/** `send at 9am` sends, `remind at 9am` and `at 9am` remind. */
export function plannedOf(words: string): { words: string; send: boolean } {
  const [, action, rest = ''] = /^(send|remind)(?:\s+(.*))?$/is.exec(words.trim()) ?? []
  return action === undefined ? { words: words.trim(), send: false } : { words: rest, send: /^send$/i.test(action) }
}
