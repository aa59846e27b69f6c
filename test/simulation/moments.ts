/** Whether the moment of a backup has come, and whether something keeps it: told from the logs, without the engine. */
import type { Condition, QuietHours, Window } from '../../src/domain/backup.ts'
import type { PresenceFact } from '../../src/domain/presence.ts'
import type { BackupRecord } from '../../src/protocol/records.ts'
import { accountOf, type Ending, entriesOf, friendBefore } from './ending.ts'
import type { AtRelay } from './state.ts'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

/** A record, and where it lies. */
export interface Owned {
  uin: string
  state: AtRelay
  record: BackupRecord
}

/** A stretch of the owner's log: after one number, before another, and not later than an instant. */
interface Stretch {
  after: number
  before?: number
  by?: number
}

/** Whether there is such a message. `from` or `to`: null is anybody. */
function message(
  ending: Ending,
  { uin, state }: Owned,
  { from, to, words }: { from: string; to: string | null; words: boolean },
  { after, before = Number.POSITIVE_INFINITY, by = Number.POSITIVE_INFINITY }: Stretch,
): boolean {
  return entriesOf(state, 'message').some(
    ({ seq, at, message }) =>
      seq > after &&
      seq < before &&
      at <= by &&
      message.from === from &&
      (to === null || message.to === to) &&
      (from !== uin || !message.automatic) &&
      (!words || (ending.texts.get(message.id) ?? '').includes('alpha')),
  )
}

function marked(
  { state }: Owned,
  who: string,
  n: number,
  { before = Infinity, by = Infinity }: Omit<Stretch, 'after'>,
) {
  return entriesOf(state, 'mark').some(
    ({ seq, at, mark }) => mark.friend === who && mark.friendRead >= n && seq < before && at <= by,
  )
}

function turned(turn: string, { status, statusSince, onlineSince }: PresenceFact, armedAt: number): number | null {
  const since = statusSince > armedAt ? statusSince : null
  switch (turn) {
    case 'online':
      return status !== 'offline' && onlineSince !== null && onlineSince > armedAt ? onlineSince : null
    case 'away':
    case 'offline':
      return status === turn ? since : null
    default:
      return status === 'online' && onlineSince !== null && onlineSince < statusSince ? since : null
  }
}

/** Whether a condition has held since `long` or before. */
export function heldSince(ending: Ending, owned: Owned, condition: Condition, long: number): boolean {
  const { record, state } = owned
  const after = record.armedSeq
  switch (condition.kind) {
    case 'time':
      return condition.at <= long
    case 'every':
      return condition.slot <= long
    case 'presence': {
      const { presence } = accountOf(ending, condition.who)[1]
      if (presence === null || friendBefore(state, condition.who)?.state !== 'friend') return false
      if (condition.turns === null) return presence.status === 'online' && presence.statusSince <= long
      const since = turned(condition.turns, presence, record.armedAt)
      return since !== null && since <= long
    }
    case 'message': {
      const { from, sealed: words } = condition
      // Words of somebody with other keys are not read before those have been compared.
      const unknown =
        words && ending.book.newKeys.some(({ account }) => account.uin === from || account.uin === owned.uin)
      return !unknown && message(ending, owned, { from, to: null, words }, { after, by: long })
    }
    case 'my-send':
      return message(ending, owned, { from: owned.uin, to: condition.to, words: false }, { after, by: long })
    case 'read':
      return marked(owned, condition.who, condition.n, { by: long })
    default:
      return condition satisfies never
  }
}

/** Whether a condition certainly had not held yet when entry `seq` was written. */
export function heldNotYet(ending: Ending, owned: Owned, condition: Condition, seq: number): boolean {
  const { record, state, uin } = owned
  const after = record.armedSeq
  switch (condition.kind) {
    case 'time':
      return condition.at > (state.log[seq - 1]?.at ?? 0)
    case 'every':
      return false
    case 'presence': {
      const { presence } = accountOf(ending, condition.who)[1]
      const neverLeft = presence !== null && presence.onlineSince !== null && presence.onlineSince <= record.armedAt
      return condition.turns === 'online' && neverLeft
    }
    case 'message': {
      const { from, sealed: words } = condition
      return !message(ending, owned, { from, to: null, words }, { after, before: seq })
    }
    case 'my-send':
      return !message(ending, owned, { from: uin, to: condition.to, words: false }, { after, before: seq })
    case 'read':
      return !marked(owned, condition.who, condition.n, { before: seq })
    default:
      return condition satisfies never
  }
}

/** All spans of a run are of UTC. */
function inSpan({ fromMinute, toMinute }: { fromMinute: number; toMinute: number }, at: number): boolean {
  const minute = Math.floor((((at % DAY_MS) + DAY_MS) % DAY_MS) / MINUTE_MS)
  const passesMidnight = toMinute <= fromMinute
  return passesMidnight ? minute >= fromMinute || minute < toMinute : minute >= fromMinute && minute < toMinute
}

export function windowIsOpen({ between, days }: Pick<Window, 'between' | 'days'>, at: number): boolean {
  if (between !== null && !inSpan(between, at)) return false
  const openedYesterday =
    between !== null &&
    between.toMinute <= between.fromMinute &&
    inSpan({ fromMinute: 0, toMinute: between.toMinute }, at)
  const weekday = new Date(openedYesterday ? at - DAY_MS : at).getUTCDay()
  return days === null || (days as readonly number[]).includes(weekday === 0 ? 7 : weekday)
}

function windowOpenSince(window: Window | null, long: number, now: number): boolean {
  if (window === null) return true
  for (let at = long; at <= now; at += 10_000) if (!windowIsOpen(window, at)) return false
  return true
}

/** The quiet hours that bear on a record, before an entry of the log or in the end. */
export function quietBefore({ state, record }: Owned, seq = Number.POSITIVE_INFINITY): QuietHours[] {
  const setting = entriesOf(state, 'setting').findLast((entry) => entry.seq < seq)?.setting
  const friend = friendBefore(state, record.plan.to, seq)
  return [setting?.quiet ?? null, friend?.quiet ?? null].filter((hours) => hours !== null)
}

export function inQuiet(hours: readonly QuietHours[], at: number): boolean {
  return hours.some((span) => inSpan(span, at))
}

function quietLately(owned: Owned, long: number, now: number): boolean {
  if (owned.record.plan.action.kind !== 'send') return false
  for (let at = long; at <= now; at += 10_000) if (inQuiet(quietBefore(owned), at)) return true
  return false
}

export function replied(
  ending: Ending,
  owned: Owned,
  { before = Infinity, by = Infinity }: Omit<Stretch, 'after'>,
): boolean {
  const { plan, armedSeq } = owned.record
  if (plan.unless.reply === null) return false
  return message(ending, owned, { from: plan.to, to: null, words: false }, { after: armedSeq, before, by })
}

/** Longer than anything waits that has nothing to wait for. */
const PATIENCE_MS = 40_000

/** What an armed record should long have become something else for; null: it may well wait on. */
export function overdue(ending: Ending, owned: Owned): string | null {
  const { record, state } = owned
  const { trigger, action, window, unless } = record.plan
  const countdown = action.kind === 'send' ? (action.countdownMs ?? 0) : 0
  const long = ending.now - PATIENCE_MS - countdown
  if (window?.expiresAt != null && window.expiresAt <= long) return 'is armed though it has long expired'
  if (record.resumeAt !== null && record.resumeAt <= long) return 'is armed though its snooze is long over'
  if (record.final) return null
  if (unless.reply !== null && unless.reply !== 'remind' && replied(ending, owned, { by: long })) {
    return 'is armed though they have long replied'
  }
  if (quietLately(owned, long, ending.now)) return null
  if (window?.elseAt != null && window.elseAt <= long) return 'is armed though its deadline has long come'
  const held = trigger.conditions.map((condition) => heldSince(ending, owned, condition, long))
  const due = trigger.match === 'any' ? held.includes(true) : held.length > 0 && !held.includes(false)
  const me = state.presence
  const meFits = window?.onlyIfIAm == null || (me?.status === window.onlyIfIAm && me.statusSince <= long)
  if (!due || !meFits || !windowOpenSince(window, long, ending.now)) return null
  return 'is armed though its moment has long come'
}
