/** Whether what a backup waits for holds: each condition a predicate over facts since this occurrence was armed. */
import type { Condition, PresenceCondition, QuietHours } from './backup.ts'
import type { Instant } from './instant.ts'
import type { PresenceFact } from './presence.ts'
import { type Reason, reason } from './reason.ts'
import type { Uin } from './uin.ts'

/** The first thing of its kind after the backup was armed: when, and where in the owner's log. */
export interface Sighting {
  at: Instant
  seq: number
}

/** What the evaluating side can see. `unknown`: it cannot; null: it can, and there is none. */
export interface Facts {
  presence(who: Uin): PresenceFact | 'unknown'
  /** The first message from the friend, after arming, that matches condition number `index`. */
  message(index: number): Sighting | null | 'unknown'
  /** The owner's first message after arming that is not automatic. */
  mySend(to: Uin | null): Sighting | null | 'unknown'
  /** When the friend had read up to message `n`. */
  read(who: Uin, n: number): Sighting | null | 'unknown'
  /** The first message from the recipient after arming. */
  reply(): Sighting | null | 'unknown'
  /** The owner, as others see them. */
  me(): PresenceFact | 'unknown'
  /** The owner's quiet hours and those for the recipient: none, one or both. */
  quiet(): readonly QuietHours[]
}

/** Whom a condition is about; null: nobody, or anybody. */
export function namedBy(condition: Condition): Uin | null {
  switch (condition.kind) {
    case 'presence':
    case 'read':
      return condition.who
    case 'message':
      return condition.from
    case 'my-send':
      return condition.to
    case 'time':
    case 'every':
      return null
    default:
      return condition satisfies never
  }
}

export type Holding =
  | { holds: 'yes'; since: Instant }
  | { holds: 'no' | 'unknown'; reason: Reason; lookAt: Instant | null }

const no = (why: Reason, lookAt: Instant | null = null): Holding => ({ holds: 'no', reason: why, lookAt })
const unknown = (why: Reason): Holding => ({ holds: 'unknown', reason: why, lookAt: null })
const yes = (since: Instant): Holding => ({ holds: 'yes', since })

function atInstant(at: Instant, now: Instant): Holding {
  return now >= at ? yes(at) : no(reason('TIME_AHEAD', { at }), at)
}

function seen(sighting: Sighting | null | 'unknown', missing: Reason, hidden: Reason): Holding {
  if (sighting === 'unknown') return unknown(hidden)
  return sighting === null ? no(missing) : yes(sighting.at)
}

/** Whether the change a condition waits for has happened, and still stands. */
function turned(turn: PresenceCondition['turns'], fact: PresenceFact, armedAt: Instant): boolean {
  const entered = fact.statusSince > armedAt
  switch (turn) {
    case 'online':
      return fact.status !== 'offline' && fact.onlineSince !== null && fact.onlineSince > armedAt
    case 'away':
      return fact.status === 'away' && entered
    case 'back':
      return fact.status === 'online' && entered && fact.onlineSince !== null && fact.statusSince > fact.onlineSince
    case 'offline':
      return fact.status === 'offline' && entered
    case null:
      return false
    default:
      return turn satisfies never
  }
}

function presenceHolds(condition: PresenceCondition, facts: Facts, armedAt: Instant): Holding {
  const who = condition.who
  const fact = facts.presence(who)
  if (fact === 'unknown') return unknown(reason('PRESENCE_UNKNOWN', { who }))
  const about = { who, status: fact.status, at: fact.statusSince }
  if (condition.turns === null) {
    return fact.status === 'online' ? yes(fact.statusSince) : no(reason('FRIEND_NOT_ONLINE', about))
  }
  if (!turned(condition.turns, fact, armedAt)) return no(reason('NO_TURN_YET', { ...about, turn: condition.turns }))
  return yes(condition.turns === 'online' ? (fact.onlineSince ?? fact.statusSince) : fact.statusSince)
}

/** One condition of an occurrence. `index` is its place in the trigger. */
export function conditionHolds(
  condition: Condition,
  index: number,
  armedAt: Instant,
  facts: Facts,
  now: Instant,
): Holding {
  switch (condition.kind) {
    case 'time':
      return atInstant(condition.at, now)
    case 'every':
      return atInstant(condition.slot, now)
    case 'presence':
      return presenceHolds(condition, facts, armedAt)
    case 'message': {
      const who = condition.from
      return seen(facts.message(index), reason('NO_MESSAGE_YET', { who }), reason('WORDS_SEALED', { who }))
    }
    case 'my-send': {
      const who = condition.to
      return seen(facts.mySend(who), reason('NO_SEND_YET', { who }), reason('UNKNOWN_HERE', { who }))
    }
    case 'read': {
      const who = condition.who
      return seen(facts.read(who, condition.n), reason('NOT_READ_YET', { who }), reason('UNKNOWN_HERE', { who }))
    }
    default:
      return condition satisfies never
  }
}
