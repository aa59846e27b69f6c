import type { PresenceTurn } from './backup.ts'
import type { Instant } from './instant.ts'
import type { Presence } from './presence.ts'
import type { Uin } from './uin.ts'

/** Why a backup stands as it does. Codes are API. */
export type ReasonCode =
  | 'MANUAL'
  | 'TIME_AHEAD'
  | 'FRIEND_NOT_ONLINE'
  | 'NO_TURN_YET'
  | 'PRESENCE_UNKNOWN'
  | 'NO_MESSAGE_YET'
  | 'WORDS_SEALED'
  | 'NO_SEND_YET'
  | 'NOT_READ_YET'
  | 'UNKNOWN_HERE'
  | 'WINDOW_CLOSED'
  | 'QUIET_HOURS'
  | 'COUNTDOWN'
  | 'SNOOZED'
  | 'SLOT_PASSED'
  | 'OWN_STATE'
  | 'REPLIED'
  | 'EXPIRED'
  | 'LATE'
  | 'NOW'

/** Why, in a form that can be shown with names: `who`, `turn` and `at` are what the sentence speaks of. */
export interface Reason {
  code: ReasonCode
  who: Uin | null
  status: Presence | null
  turn: PresenceTurn | null
  at: Instant | null
}

export function reason(code: ReasonCode, about: Partial<Omit<Reason, 'code'>> = {}): Reason {
  return { code, who: null, status: null, turn: null, at: null, ...about }
}
