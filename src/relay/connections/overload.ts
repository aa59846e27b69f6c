/** What a relay that has too much to do, or is stopping, refuses, and when it asks those it refuses to come back. */
import { ImError } from '../../protocol/errors.ts'
import type { RelayMethod } from '../../protocol/relay-api.ts'

/** So many requests at once are nobody's fault: a few connections with 64 each must not cost the others theirs. */
const MODEST_REQUESTS = 4
/** How fast clients are to come back after a stop: nobody before the first, and so many a second. */
const FIRST_BACK_MS = 500
const BACK_PER_SECOND = 100
const LONGEST_BACK_MS = 60_000

/**
 * What is answered however much there is to do: coming in, and being told what others did. Each has a bound of its own,
 * and whoever is turned away there would come again at once.
 */
const SPARED: ReadonlySet<string> = new Set<RelayMethod>([
  'hello',
  'login.start',
  'login.prove',
  'login.finish',
  'register.start',
  'register.finish',
  'session.open',
  'session.logout',
  'log.follow',
])

/**
 * Whether a request is refused while so many are under way, `own` of them of the same connection: first those who ask
 * much at once, then, at twice the bound, everybody.
 */
export function isTooMuch(method: string, own: number, underWay: number, most: number): boolean {
  return underWay > most && (own > MODEST_REQUESTS || underWay > 2 * most) && !SPARED.has(method)
}

/** Half a second to a second and a half: those who were told together do not come back together. `random`: 0 to 1. */
export function overloaded(random: number): ImError {
  const retryAfterMs = Math.round(500 + 1_000 * random)
  return new ImError('RATE_LIMITED', 'The relay has more to do than it can.', { retryAfterMs })
}

export function stopping(clients: number, random: number): ImError {
  return new ImError('RELAY_UNREACHABLE', 'The relay is stopping.', { retryAfterMs: comeBackMs(clients, random) })
}

/** How long one of so many clients is to stay away after a stop. `random`: 0 to 1. */
export function comeBackMs(clients: number, random: number): number {
  const spreadMs = Math.min(LONGEST_BACK_MS, Math.max(FIRST_BACK_MS, (clients / BACK_PER_SECOND) * 1000))
  return Math.round(FIRST_BACK_MS + spreadMs * random)
}
