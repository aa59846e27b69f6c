import type { Host } from '../../host/host.ts'
import { ImError } from '../../protocol/errors.ts'
import type { Connection } from '../context.ts'

/** More than this are sent away: whoever is told to come back costs nothing, whoever waits holds a connection. */
const MOST_WAITING = 128
const RETRY_AFTER_MS = 2_000

/**
 * Where the relay's half of a login is computed: one piece after another, and after each as long a rest as it took. So
 * however many want to log in at once, the devices that are logged in keep half of the relay's time.
 */
export class LoginDesk {
  readonly #host: Pick<Host, 'clock' | 'timers'>
  readonly #most: number
  readonly #waiting: (() => void)[] = []
  #restUntil = Number.NEGATIVE_INFINITY

  constructor(host: Pick<Host, 'clock' | 'timers'>, most = MOST_WAITING) {
    this.#host = host
    this.#most = most
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /** Throws RATE_LIMITED when too many wait already. Nothing is computed for a connection that has gone. */
  async run<T>(connection: Pick<Connection, 'ended'>, work: () => T): Promise<T> {
    const { clock } = this.#host
    if (this.#waiting.length === 0 && clock.monotonic() >= this.#restUntil) return this.#serve(connection, work)
    if (this.#waiting.length >= this.#most) {
      throw new ImError('RATE_LIMITED', 'Too many want to log in at once.', { retryAfterMs: RETRY_AFTER_MS })
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => {
        try {
          resolve(this.#serve(connection, work))
        } catch (error) {
          reject(error)
        }
      })
      if (this.#waiting.length === 1) this.#next()
    })
  }

  #serve<T>(connection: Pick<Connection, 'ended'>, work: () => T): T {
    if (connection.ended) throw new ImError('USAGE', 'This connection has ended.')
    const begun = this.#host.clock.monotonic()
    try {
      return work()
    } finally {
      const ended = this.#host.clock.monotonic()
      this.#restUntil = ended + (ended - begun)
    }
  }

  #next(): void {
    const wait = Math.max(0, this.#restUntil - this.#host.clock.monotonic())
    this.#host.timers.after(wait, () => {
      // It stands in the queue while it is served, so that nobody who comes meanwhile goes before the others.
      this.#waiting[0]?.()
      this.#waiting.shift()
      if (this.#waiting.length > 0) this.#next()
    })
  }
}
