import { MINUTE_MS } from '../../domain/instant.ts'
import type { PresenceChange } from '../mirror/presence-book.ts'
import { isAlarm, type Notable, type Popup } from './notable.ts'
import { digest, type Preview, popupFor, popupForMessages } from './popup-words.ts'

/** What the owner wants to see. */
export interface NotifySettings {
  messages: boolean
  friends: boolean
  preview: Preview
}

/** When each friend's coming online (`presence:UIN`), and messages of each (`message:UIN`), were last told. */
export type NotifyState = ReadonlyMap<string, number>

export interface Decision {
  popups: readonly Popup[]
  /** Told together with what else comes of the same friend, when there may be another popup. */
  later: readonly Notable[]
  state: NotifyState
}

/** One popup for each friend in this time, whatever they send and however often they come and go. */
const FRIEND_EVERY_MS = 10 * MINUTE_MS
/** More than this at once becomes one digest. */
const SEPARATE = 3

/** A friend who was seen offline is there; what was not known before is no change. */
function cameOnline({ before, after }: PresenceChange): boolean {
  return before !== null && before.status === 'offline' && after.status !== 'offline'
}

function isWorth(notable: Notable, settings: NotifySettings): boolean {
  switch (notable.kind) {
    case 'message':
      return settings.messages
    case 'presence':
      return settings.friends && notable.notify !== 'off' && cameOnline(notable.change)
    case 'due':
      return !notable.shownHere
    case 'key':
    case 'countdown':
    case 'trouble':
      return true
    default:
      return notable satisfies never
  }
}

/** Whose turn it is: notes to oneself and all that is no chatter are told each time. */
function turnOf(notable: Notable): string | null {
  if (notable.kind === 'presence') return `presence:${notable.change.uin}`
  return notable.kind === 'message' && !notable.mine ? `message:${notable.uin}` : null
}

/**
 * What of a batch of happenings is shown. Pure: the state says when friends were last told of. `away`: nobody was
 * looking when they happened.
 */
export function decidePopups(
  state: NotifyState,
  batch: readonly Notable[],
  now: number,
  settings: NotifySettings,
  { away = false }: { away?: boolean } = {},
): Decision {
  const told = new Map(state)
  const later: Notable[] = []
  const worth: Notable[] = []
  for (const notable of batch.filter((one) => isWorth(one, settings))) {
    const turn = turnOf(notable)
    const last = turn === null ? undefined : state.get(turn)
    if (last === undefined || now - last >= FRIEND_EVERY_MS) {
      const again = notable.kind === 'presence' && turn !== null && told.get(turn) === now
      if (turn !== null) told.set(turn, now)
      if (!again) worth.push(notable)
    } else if (notable.kind === 'message') later.push(notable)
  }
  return { popups: popupsFor(worth, settings.preview, away), later, state: told }
}

/** Alarms each for itself; reminders too while they are few, since each has its buttons; the rest, if many, in one. */
function popupsFor(worth: readonly Notable[], preview: Preview, away: boolean): Popup[] {
  const alarms = worth.filter(isAlarm)
  const due = worth.filter(({ kind }) => kind === 'due')
  const rest = worth.filter((one) => !isAlarm(one) && one.kind !== 'due')
  const single = ofEach(rest, preview)
  const isTogether = due.length > SEPARATE || single.length > SEPARATE || (away && single.length > 1)
  const folded = [...(due.length > SEPARATE ? due : []), ...rest]
  return [
    ...alarms.map((one) => popupFor(one, preview)),
    ...(due.length > SEPARATE ? [] : due.map((one) => popupFor(one, preview))),
    ...(isTogether && folded.length > 0 ? [digest(folded, preview)] : single),
  ]
}

/** One popup for each happening, but one for all messages of a friend. */
function ofEach(rest: readonly Notable[], preview: Preview): Popup[] {
  const messages = rest.filter((one) => one.kind === 'message')
  const senders = [...new Set(messages.map(({ uin }) => uin))]
  const bundled = senders.map((sender) => messages.filter(({ uin }) => uin === sender))
  const others = rest.filter(({ kind }) => kind !== 'message')
  return [
    ...bundled.map((all) => popupForMessages(all, preview)).filter((one) => one !== null),
    ...others.map((one) => popupFor(one, preview)),
  ]
}

/** Friends whose `once` is used up by a popup. */
export function usedUp({ of }: Popup): PresenceChange['uin'][] {
  return of.flatMap((one) => (one.kind === 'presence' && one.notify === 'once' ? [one.change.uin] : []))
}
