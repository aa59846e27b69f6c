/** What may deserve a popup, and what a popup is. */
import type { Uin } from '../../domain/uin.ts'
import type { PresenceChange } from '../mirror/presence-book.ts'

/** Something that happened. Names and texts are those the user knows; a null text cannot be read here. */
export type Notable =
  | { kind: 'presence'; change: PresenceChange; name: string; notify: 'on' | 'off' | 'once' }
  /** `mine`: from another device of this account. */
  | { kind: 'message'; uin: Uin; n: number; name: string; text: string | null; mine: boolean }
  /** `chosen`: the owner named its time, so quiet hours do not hold it. `mine`: it is for the owner alone. */
  | {
      kind: 'due'
      id: string
      occurrence: number
      uin: Uin
      to: string
      text: string | null
      mine: boolean
      shownHere: boolean
      chosen: boolean
    }
  | { kind: 'countdown'; id: string; occurrence: number; uin: Uin; to: string; text: string | null; seconds: number }
  /** Something did not go, and will not by itself. `missed`: its moment has passed. */
  | { kind: 'trouble'; id: string | null; uin: Uin; to: string; why: string; missed: boolean }
  | { kind: 'key'; uin: Uin; name: string }

/** What a popup is about, and with it how long it has a meaning. */
export type About =
  | { kind: 'messages'; uin: Uin; upTo: number }
  | { kind: 'backup'; uin: Uin; id: string; occurrence: number; state: 'due' | 'armed' }
  | { kind: 'friend'; uin: Uin }

/** What can be done from a popup. */
export type Button = 'open' | 'send' | 'snooze' | 'dismiss'

/** Words for the screen, and all a channel needs to show them. */
export interface Popup {
  kind: Notable['kind'] | 'digest' | 'done'
  title: string
  body: string
  urgency: 'low' | 'normal' | 'critical'
  /** Of popups with one tag only the newest stays on the screen. */
  tag: string
  about: About | null
  /** The first is also what a click on the popup itself does. */
  buttons: readonly Button[]
  /** What to type where there are no buttons. */
  hint: string
  /** Whose it is, as far as the owner wants that told. */
  nick: string | null
  /** What it stands for. */
  of: readonly Notable[]
}

export function aboutOf(notable: Notable): About | null {
  switch (notable.kind) {
    case 'presence':
      return { kind: 'friend', uin: notable.change.uin }
    case 'message':
      return { kind: 'messages', uin: notable.uin, upTo: notable.n }
    case 'due':
    case 'countdown': {
      const { id, occurrence, uin, kind } = notable
      return { kind: 'backup', uin, id, occurrence, state: kind === 'due' ? 'due' : 'armed' }
    }
    case 'trouble':
    case 'key':
      return { kind: 'friend', uin: notable.uin }
    default:
      return notable satisfies never
  }
}

/** Never off, never held, never part of a digest. */
export function isAlarm({ kind }: Notable): boolean {
  return kind === 'key' || kind === 'countdown'
}
