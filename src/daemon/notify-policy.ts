import { MINUTE_MS } from '../domain/instant.ts'
import type { Uin } from '../domain/uin.ts'
import type { PresenceChange } from './presence-book.ts'

/** What may deserve a popup. Names and texts are those the user knows. */
export type Notable =
  | { kind: 'presence'; change: PresenceChange; name: string; notify: 'on' | 'off' | 'once' }
  | { kind: 'message'; from: Uin; name: string; text: string | null; read: boolean }
  /** `chosen`: the owner named its time, so quiet hours do not hold it. */
  | {
      kind: 'due'
      id: string
      occurrence: number
      to: string
      text: string | null
      shownHere: boolean
      chosen: boolean
    }
  | { kind: 'countdown'; id: string; to: string; text: string | null; seconds: number }
  /** Something did not go, and will not by itself. */
  | { kind: 'trouble'; id: string | null; to: string; why: string }
  | { kind: 'key'; uin: Uin; name: string }

export interface Popup {
  title: string
  body: string
  urgency: 'normal' | 'critical'
}

/** What the owner wants to see. `preview`: the texts of messages. */
export interface NotifySettings {
  messages: boolean
  friends: boolean
  preview: boolean
}

/** When each friend's coming online was last told. */
export type NotifyState = ReadonlyMap<Uin, number>

export interface Decision {
  popups: readonly Popup[]
  /** Friends whose `once` is used up. */
  turnOff: readonly Uin[]
  state: NotifyState
}

const ONLINE_EVERY_MS = 10 * MINUTE_MS
/** More than this at once, as after sleep, becomes one digest. */
const SEPARATE = 3

/** A friend who was seen offline is there; what was not known before is no change. */
function cameOnline({ before, after }: PresenceChange): boolean {
  return before !== null && before.status === 'offline' && after.status !== 'offline'
}

function count(n: number, one: string, many: string): string {
  return n === 1 ? `1 ${one}` : `${n} ${many}`
}

function popupFor(notable: Notable, { preview }: NotifySettings): Popup {
  switch (notable.kind) {
    case 'presence':
      return { title: `${notable.name} is online`, body: notable.change.after.statusText ?? '', urgency: 'normal' }
    case 'message':
      return {
        title: notable.name,
        body: preview ? (notable.text ?? 'A message this device cannot read.') : 'A new message.',
        urgency: 'normal',
      }
    case 'countdown':
      return {
        title: `Going to ${notable.to} in ${notable.seconds} s`,
        body: `${notable.text ?? ''}\nim backup cancel ${notable.id.slice(0, 6)} stops it`.trim(),
        urgency: 'critical',
      }
    case 'trouble':
      return { title: `Not sent: ${notable.to}`, body: notable.why, urgency: 'normal' }
    case 'due':
      return {
        title: `Reminder: ${notable.to}`,
        body: notable.text ?? 'A reminder this device cannot read.',
        urgency: 'critical',
      }
    case 'key':
      return {
        title: `The key of ${notable.name} has changed`,
        body: `Nothing is sent to them until you say yes: im friend verify ${notable.uin}`,
        urgency: 'critical',
      }
    default:
      return notable satisfies never
  }
}

function digest(worth: readonly Notable[]): Popup {
  const due = worth.filter((one) => one.kind === 'due').length
  const messages = worth.filter((one) => one.kind === 'message')
  const friends = worth.filter((one) => one.kind === 'presence').length
  const troubles = worth.filter((one) => one.kind === 'trouble').length
  const senders = [...new Set(messages.map((one) => one.name))]
  const from = `from ${senders.slice(0, 3).join(', ')}${senders.length > 3 ? ' and others' : ''}`
  const parts = [
    due > 0 ? count(due, 'reminder', 'reminders') : null,
    messages.length > 0 ? `${count(messages.length, 'message', 'messages')} ${from}` : null,
    troubles > 0 ? `${count(troubles, 'backup', 'backups')} not sent: im backup list --all` : null,
    friends > 0 ? `${count(friends, 'friend', 'friends')} online` : null,
  ]
  const body = parts.filter((part) => part !== null).join('; ')
  return { title: 'While you were away', body, urgency: due > 0 ? 'critical' : 'normal' }
}

/** Never off, never held, never part of a digest. */
export function isAlarm({ kind }: Notable): boolean {
  return kind === 'key' || kind === 'countdown'
}

/** What of a batch of happenings is shown. Pure: the state says when friends were last told of. */
export function decidePopups(
  state: NotifyState,
  batch: readonly Notable[],
  now: number,
  settings: NotifySettings,
): Decision {
  const told = new Map(state)
  const turnOff: Uin[] = []
  const worth = batch.filter((notable) => {
    switch (notable.kind) {
      case 'message':
        return settings.messages && !notable.read
      case 'due':
        return !notable.shownHere
      case 'key':
      case 'countdown':
      case 'trouble':
        return true
      case 'presence': {
        const { uin } = notable.change
        const last = told.get(uin)
        if (!settings.friends || notable.notify === 'off' || turnOff.includes(uin) || !cameOnline(notable.change))
          return false
        if (last !== undefined && now - last < ONLINE_EVERY_MS) return false
        told.set(uin, now)
        if (notable.notify === 'once') turnOff.push(uin)
        return true
      }
      default:
        return notable satisfies never
    }
  })
  const alarms = worth.filter(isAlarm)
  const others = worth.filter((one) => !isAlarm(one))
  const shown = others.length > SEPARATE ? [digest(others)] : others.map((one) => popupFor(one, settings))
  const popups = [...alarms.map((one) => popupFor(one, settings)), ...shown]
  return { popups, turnOff, state: told }
}
