import type { Instant } from './instant.ts'
import type { Uin } from './uin.ts'

/** Where a backup stands. `life.ts` holds the legal steps between them. */
export type BackupState =
  | 'armed'
  | 'held'
  | 'due'
  | 'sent'
  | 'dismissed'
  | 'cancelled'
  | 'missed'
  | 'expired'
  | 'failed'

export type HeldReason =
  | 'PAUSED'
  | 'REPLIED'
  | 'LOOP_CAP'
  | 'KEY_CHANGED'
  | 'NOT_FRIENDS'
  | 'RESTORED'
  | 'IMPORTED_LATE'
  | 'CONFLICT'
  | 'UNDONE_LATE'

/** What happens when the backup comes due. */
export type Action =
  | { kind: 'remind' }
  | { kind: 'send'; countdownMs: number | null }
  /** A command; only the device it was written on runs it. */
  | { kind: 'run'; device: string }

/** Not before an instant, or at it. `local` is the wall clock it came from, `zone` its IANA zone. */
export interface TimeCondition {
  kind: 'time'
  at: Instant
  local: string
  zone: string
}

/**
 * A recurrence. `slot` is the instant this occurrence stands for, `next` the one after it, null when there is none; the
 * relay alone moves them. `done` counts the slots that are over; `count` is how many there are in all.
 */
export interface EveryCondition {
  kind: 'every'
  rule: string
  zone: string
  until: Instant | null
  count: number | null
  done: number
  slot: Instant
  next: Instant | null
}

export type PresenceTurn = 'online' | 'away' | 'back' | 'offline'

/** `is`: a state, now or later. `turns`: a change after the occurrence was armed. Exactly one is set. */
export type PresenceCondition =
  | { kind: 'presence'; who: Uin; is: 'online'; turns: null }
  | { kind: 'presence'; who: Uin; is: null; turns: PresenceTurn }

/**
 * A message from a friend. Words and pattern are sealed in the private envelope; `sealed` only says that there are
 * some, so that whoever cannot read them knows that it does not know.
 */
export interface MessageCondition {
  kind: 'message'
  from: Uin
  sealed: boolean
}

/** My own next message that is not automatic: to anyone (null) or to one friend. */
export interface MySendCondition {
  kind: 'my-send'
  to: Uin | null
}

/** The friend has read my message number `n` of our conversation. */
export interface ReadCondition {
  kind: 'read'
  who: Uin
  n: number
}

export type Condition =
  | TimeCondition
  | EveryCondition
  | PresenceCondition
  | MessageCondition
  | MySendCondition
  | ReadCondition

/** No condition at all: manual, which nothing but the owner fires. */
export interface Trigger {
  match: 'all' | 'any'
  conditions: readonly Condition[]
}

/** Weekdays as ISO 8601 numbers them: 1 is Monday, 7 is Sunday. */
export type Weekday = 1 | 2 | 3 | 4 | 5 | 6 | 7

/**
 * When firing is allowed at all. `between` is half open, in minutes since midnight of `zone`, and may pass midnight.
 * `elseAt` does the action at that instant whatever the window says; `expiresAt` ends the backup.
 */
export interface Window {
  between: { fromMinute: number; toMinute: number } | null
  days: readonly Weekday[] | null
  zone: string
  onlyIfIAm: 'away' | 'offline' | null
  elseAt: Instant | null
  expiresAt: Instant | null
}

/** What a message from the recipient since arming does to the backup. */
export interface Unless {
  reply: 'cancel' | 'hold' | 'remind' | null
}

/** Later than `graceMs` after the moment all held: `then` is done instead of the action. */
export interface Late {
  graceMs: number
  then: 'send' | 'remind' | 'drop'
}

export const DEFAULT_LATE: Late = { graceMs: 10 * 60_000, then: 'remind' }

/** The part of a backup the relay can read and both sides evaluate. */
export interface BackupPlan {
  to: Uin
  trigger: Trigger
  action: Action
  window: Window | null
  unless: Unless
  late: Late
  /** Event triggers re-arm after each firing; `done` counts those. */
  repeat: { until: Instant | null; count: number | null; done: number } | null
}

/** Hours of a zone's clock in which nothing is sent or shown by itself; half open, may pass midnight. */
export interface QuietHours {
  fromMinute: number
  toMinute: number
  zone: string
}

/**
 * One arming of a backup, numbered from 1. `armedSeq` is the account's log position when it was armed. `resumeAt` is
 * when it goes on by itself: a snoozed one is due again then, a paused one is armed again. `final`: it has fired and
 * nothing follows; a series is final with its last turn.
 */
export interface Arming {
  occurrence: number
  armedAt: Instant
  armedSeq: number
  resumeAt: Instant | null
  final: boolean
}
