/** What a relay that has too much to do, or is stopping, refuses, and when it asks those it refuses to come back. */
import { ImError } from '../../protocol/errors.ts'
import type { RelayMethod } from '../../protocol/relay-api.ts'

/** So many requests at once are nobody's fault: a few connections with 64 each must not cost the others theirs. */
const MODEST_REQUESTS = 4
/** A request that had to wait so long comes too late: there is more than can be done, and each that waits makes others wait. */
const LONGEST_TURN_MS = 500
/** How fast clients are to come back after a stop: nobody before the first, and so many a second. */
const FIRST_BACK_MS = 500
const BACK_PER_SECOND = 100
const LONGEST_BACK_MS = 60_000

/**
 * What is answered however much there is to do: coming in, with all that a new terminal reads, and being told what
 * others did. Each has a bound of its own, and whoever is turned away there would come again at once, and begin anew.
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
  'log.state',
  'device.list',
])

/** How busy the relay is as it takes up a request. */
export interface Load {
  /** How long the request had waited for its turn. */
  waitedMs: number
  /** Requests that are being answered: of the same connection, and of all. */
  own: number
  underWay: number
}

/**
 * Whether a request is refused. Connections take turns, so it is those who ask much that wait long first, and everybody
 * when there are too many. The same holds where what is under way waits for the disk: beyond `most` those who ask much at
 * once, at twice that everybody.
 */
export function isTooMuch(method: string, { waitedMs, own, underWay }: Load, most: number): boolean {
  const isCrowded = underWay > most && (own > MODEST_REQUESTS || underWay > 2 * most)
  return (waitedMs > LONGEST_TURN_MS || isCrowded) && !SPARED.has(method)
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
