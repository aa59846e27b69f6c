/** What a conversation window knows, what happens to it, and what it wants done. */
import type { BackupView, ChatPeopleView, MessageView } from '../../protocol/views.ts'
import { type Editor, EMPTY } from './editor.ts'
import type { Key } from './keys.ts'

export interface Person {
  uin: string
  name: string
}

/** What Enter makes of the edit line: a message, the sending of a due backup, or a new backup. */
export type Target =
  | { kind: 'message' }
  | { kind: 'due'; id: string; original: string }
  | { kind: 'backup'; words: string }

export interface Choice {
  key: string
  does: 'edit' | 'send' | 'snooze' | 'dismiss'
  help: string
}

export type Popup =
  | { kind: 'panel'; line: Editor; at: number }
  | { kind: 'due'; id: string; at: number }
  /** Asks when: for the text in the edit line, or until when a due one is snoozed. */
  | { kind: 'when'; snooze: string | null; send: boolean; line: Editor; preview: Note | null; isBusy: boolean }

export interface Note {
  text: string
  isBad: boolean
}

/** What goes into the terminal's scrollback, once and for all. */
export type Entry =
  | { kind: 'message'; message: MessageView; isMine: boolean; name: string }
  | { kind: 'day'; at: string }
  | { kind: 'title'; text: string }
  | { kind: 'said'; text: string; isBad: boolean }

/** A message on its way to the daemon; the key makes a second try the same message. */
export interface Outgoing {
  key: string
  to: string
  text: string
}

export interface Chat {
  readonly me: string
  readonly columns: number
  readonly rows: number
  readonly who: Person | null
  readonly people: ChatPeopleView | null
  /** Live backups for the friend, as last heard. */
  readonly backups: readonly BackupView[]
  /** Due ones that were sent, snoozed or dismissed here; the daemon's answer is on its way. */
  readonly handled: readonly string[]
  /** The due one that is offered first. */
  readonly preferred: string | null
  readonly editor: Editor
  readonly target: Target
  /** Text that stood in the edit line when a due one took its place. */
  readonly aside: string
  readonly popup: Popup | null
  readonly note: Note | null
  readonly sending: readonly Outgoing[]
  /** Counts what was sent here: part of the key. */
  readonly sent: number
  /** The newest message of the conversation, for its mark. */
  readonly last: MessageView | null
  /** Something that is no message stands under it. */
  readonly isCovered: boolean
  readonly shown: ReadonlySet<string>
  /** The day of the newest entry. */
  readonly day: string | null
  /** The newest message that was shown while nobody looked. */
  readonly unseen: string | null
  readonly isFocused: boolean
  readonly isLinked: boolean
  /** What was sent, oldest first, and which of it is shown; null: none of it. */
  readonly past: readonly string[]
  readonly pastAt: number | null
  /** What stood in the edit line before the past was looked at. */
  readonly present: string
}

export type Event =
  | { on: 'key'; key: Key }
  | { on: 'paste'; text: string }
  | { on: 'resized'; columns: number; rows: number }
  | { on: 'looked'; isFocused: boolean }
  | { on: 'linked' }
  | { on: 'unlinked'; why: string }
  | { on: 'people'; people: ChatPeopleView }
  | { on: 'backups'; uin: string; backups: readonly BackupView[] }
  | { on: 'opened'; conversation: Conversation }
  | { on: 'message'; message: MessageView }
  | { on: 'receipt'; message: MessageView }
  | { on: 'focus'; uin: string; backupId: string | null }
  | { on: 'sent'; key: string; message: MessageView }
  | { on: 'refused'; key: string; why: string }
  | { on: 'kept'; said: string }
  | { on: 'not-kept'; why: string; text: string; words: string }
  | { on: 'previewed'; words: string; preview: Note }
  /** A due one was sent, snoozed or dismissed; or was not, and then its text comes back. */
  | { on: 'handled'; said: string | null }
  | { on: 'not-handled'; id: string; text: string | null; why: string }
  | { on: 'edited'; text: string }
  /** Messages that were asked for once more. */
  | { on: 'again'; messages: readonly MessageView[] }
  | { on: 'says'; text: string; isBad: boolean }

/** A friend with all that is shown when the conversation opens. */
export interface Conversation {
  person: Person
  title: string
  messages: readonly MessageView[]
  backups: readonly BackupView[]
  draft: { text: string | null; backupId: string | null }
  /** The due one it was opened for. */
  backupId: string | null
}

export type Effect =
  | { do: 'print'; entry: Entry }
  | { do: 'send'; message: Outgoing }
  /** `text`: null, as it stands. */
  | { do: 'send-due'; id: string; text: string | null }
  | { do: 'snooze'; id: string; words: string }
  | { do: 'dismiss'; id: string }
  | { do: 'keep'; to: string; text: string; words: string; send: boolean }
  | { do: 'preview'; to: string; text: string; words: string; send: boolean; snooze: string | null }
  | { do: 'open'; who: string; backupId: string | null }
  | { do: 'read'; id: string }
  | { do: 'draft'; who: string; text: string; backupId: string | null }
  /** A key was pressed. */
  | { do: 'active'; who: string | null }
  | { do: 'list'; who: Person }
  | { do: 'history'; who: Person; limit: number }
  | { do: 'status'; status: 'online' | 'away' | 'busy' | 'invisible'; text: string | null }
  | { do: 'cancel'; id: string }
  | { do: 'resume'; id: string }
  | { do: 'undo'; id: string | null }
  /** Says what became of a due one that is due no more. */
  | { do: 'explain'; id: string }
  | { do: 'edit'; text: string }
  | { do: 'suspend' }
  | { do: 'leave' }

/** What the screen does; the daemon is asked for all the rest. */
export type ScreenEffect = Extract<Effect, { do: 'print' | 'edit' | 'suspend' | 'leave' }>
export type DaemonEffect = Exclude<Effect, ScreenEffect>

export type Step = readonly [Chat, readonly Effect[]]

export const MESSAGE: Target = { kind: 'message' }

export function newChat(me: string, size: { columns: number; rows: number }): Chat {
  return {
    me,
    ...size,
    who: null,
    people: null,
    backups: [],
    handled: [],
    preferred: null,
    editor: EMPTY,
    target: MESSAGE,
    aside: '',
    popup: null,
    note: null,
    sending: [],
    sent: 0,
    last: null,
    isCovered: false,
    shown: new Set(),
    day: null,
    unseen: null,
    isFocused: true,
    isLinked: true,
    past: [],
    pastAt: null,
    present: '',
  }
}

/** The oldest due first, but for the one that was asked for; without those that were dealt with here. */
export function dueOf({ backups, handled, preferred }: Chat): BackupView[] {
  return backups
    .filter(({ id, state, pending }) => state === 'due' && id !== null && !handled.includes(id) && !isAnswered(pending))
    .sort(
      (a, b) =>
        Number(b.id === preferred) - Number(a.id === preferred) ||
        Date.parse(a.dueAt ?? a.updatedAt) - Date.parse(b.dueAt ?? b.updatedAt),
    )
}

/** Sent, dismissed or cancelled while the relay is away: it is due there still, and dealt with here. */
function isAnswered(pending: string | null): boolean {
  return pending === 'send' || pending === 'dismiss' || pending === 'cancel'
}

/** Columns the edit line may use. */
export function editWidth({ columns }: Chat): number {
  return Math.max(4, columns - 3)
}
