import type { HeldReason, PresenceTurn } from '../../domain/backup.ts'
import { formatDuration } from '../../domain/duration.ts'
import { DAY_MS, type Instant, MINUTE_MS, SECOND_MS } from '../../domain/instant.ts'
import type { Reason } from '../../domain/reason.ts'
import type { Uin } from '../../domain/uin.ts'

export interface WhyContext {
  now: Instant
  clock: Clock
  /** The name the user knows somebody by. */
  name: (uin: Uin) => string
}

/** What the clocks of a zone show; with the date when it is not within a day. */
export type Clock = (at: Instant) => string

/** The clock of a zone, as seen from now. */
export type ClockOf = (zone: string, now: Instant) => Clock

/** To make a formatter takes as long as all else of an answer: the last is kept, and the next caller mostly is of the same zone. */
export function zoneClocks(): ClockOf {
  let last: { zone: string; dated: Intl.DateTimeFormat } | null = null
  const formatter = (zone: string): Intl.DateTimeFormat => {
    if (last?.zone !== zone) last = { zone, dated: datedIn(zone) }
    return last.dated
  }
  return (zone, now) => clockOf(() => formatter(zone), now)
}

function datedIn(zone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-CA', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })
}

/** One for all that is shown at once: what many wait for is one minute. */
function clockOf(dated: () => Intl.DateTimeFormat, now: Instant): Clock {
  const minutes = new Map<number, { date: string; time: string }>()
  const shown = (at: Instant) => {
    const parts = dated().formatToParts(at)
    const part = (type: string) => parts.find((one) => one.type === type)?.value ?? ''
    return { date: `${part('year')}-${part('month')}-${part('day')}`, time: `${part('hour')}:${part('minute')}` }
  }
  return (at) => {
    const minute = Math.floor(at / MINUTE_MS)
    const known = minutes.get(minute) ?? shown(at)
    minutes.set(minute, known)
    return Math.abs(at - now) < DAY_MS ? known.time : `${known.date} ${known.time}`
  }
}

const TURNS: Readonly<Record<PresenceTurn, string>> = {
  online: 'come online next',
  away: 'go away next',
  back: 'be back next',
  offline: 'go offline next',
}

/** Of the owner, as the one a message is for. */
const oneself = (who: string) => (who === 'you' ? 'yourself' : who)

/** Whole seconds, as a clock counts them down: 0 when it is over. */
function leftMs({ at }: Reason, { now }: WhyContext): number {
  return Math.ceil(Math.max(0, (at ?? now) - now) / SECOND_MS) * SECOND_MS
}

/** One reason as a part of a sentence. */
export function reasonText(reason: Reason, context: WhyContext): string {
  const who = reason.who === null ? 'anyone' : context.name(reason.who)
  const at = reason.at === null ? '' : context.clock(reason.at)
  const since = reason.status === null || at === '' ? '' : `; ${reason.status} since ${at}`
  switch (reason.code) {
    case 'MANUAL':
      return 'waits for you'
    case 'TIME_AHEAD':
      return `waits for ${at}`
    case 'FRIEND_NOT_ONLINE':
      return `waits for ${who} to be online${since}`
    case 'NO_TURN_YET':
      return `waits for ${who} to ${TURNS[reason.turn ?? 'online']}${since}`
    case 'PRESENCE_UNKNOWN':
      return `waits for ${who}, who cannot be seen now`
    case 'NO_MESSAGE_YET':
      return `waits for a message from ${who}`
    case 'WORDS_SEALED':
      return `waits for words from ${who} that cannot be seen here`
    case 'NO_SEND_YET':
      return reason.who === null ? 'waits for your next message' : `waits for your next message to ${oneself(who)}`
    case 'NOT_READ_YET':
      return `waits until ${who} has read`
    case 'UNKNOWN_HERE':
      return 'waits for something that cannot be seen here'
    case 'WINDOW_CLOSED':
      return at === '' ? 'waits for its window' : `waits for its window, which opens at ${at}`
    case 'QUIET_HOURS':
      return `waits for the end of quiet hours, ${at}`
    case 'COUNTDOWN':
      return `goes in ${formatDuration({ days: 0, ms: leftMs(reason, context) })} unless you cancel it`
    case 'SNOOZED':
      return `snoozed until ${at}`
    case 'SLOT_PASSED':
      return `its slot of ${at} has passed`
    case 'OWN_STATE':
      return `waits until you are ${reason.turn ?? 'away'}${reason.status === null ? '' : `; you are ${reason.status}`}`
    case 'REPLIED':
      return `${who} has written since`
    case 'EXPIRED':
      return `expired at ${at}`
    case 'LATE':
      return `its moment was ${at}`
    case 'NOW':
      return 'its moment is now'
    default:
      return reason.code satisfies never
  }
}

const HELD: Readonly<Record<HeldReason, string>> = {
  PAUSED: 'you paused it',
  REPLIED: 'they have written since',
  LOOP_CAP: 'too many automatic messages in a short time',
  KEY_CHANGED: "the friend's key has changed",
  NOT_FRIENDS: 'you are not friends any more',
  RESTORED: 'the relay was restored from an older state',
  IMPORTED_LATE: 'its moment had passed when it was imported',
  CONFLICT: 'it keeps the text of a change that lost to another',
  UNDONE_LATE: 'its moment passed before it was brought back',
}

export function heldText(reason: HeldReason | null): string {
  return reason === null ? 'held' : `held: ${HELD[reason]}`
}

/** The same, and when it ends by itself. */
export function heldUntilText(reason: HeldReason | null, until: Instant | null, { clock }: WhyContext): string {
  return `${heldText(reason)}${until === null ? '' : ` until ${clock(until)}`}`
}
