import type { Host } from '../../host/host.ts'
import type { Connection } from '../context.ts'

/**
 * Connections that have not logged in yet, in the order they came. Those who never do displace each other, not those
 * who do, and each has only so long. All have the same time, so whoever came first is over first: one timer serves all.
 */
export class Newcomers {
  readonly #host: Pick<Host, 'clock' | 'timers'>
  readonly #most: number
  readonly #deadlineMs: number
  /** When the time of each is over, on the monotonic clock. */
  readonly #until = new Map<Connection, number>()
  #cancel: (() => void) | null = null

  constructor(host: Pick<Host, 'clock' | 'timers'>, most: number, deadlineMs: number) {
    this.#host = host
    this.#most = most
    this.#deadlineMs = deadlineMs
  }

  add(connection: Connection): void {
    this.#until.set(connection, this.#host.clock.monotonic() + this.#deadlineMs)
    this.#cancel ??= this.#host.timers.after(this.#deadlineMs, () => this.#look())
    const [longest] = this.#until.keys()
    if (this.#until.size <= this.#most || longest === undefined) return
    this.#until.delete(longest)
    longest.peer.close(1013, 'too many before a login')
  }

  /** It has logged in, or has gone. */
  delete(connection: Connection): void {
    this.#until.delete(connection)
  }

  #look(): void {
    this.#cancel = null
    const now = this.#host.clock.monotonic()
    for (const [connection, until] of this.#until) {
      if (until > now) {
        this.#cancel = this.#host.timers.after(until - now, () => this.#look())
        return
      }
      this.#until.delete(connection)
      if (connection.session === null) connection.peer.close(4001, 'no login in time')
    }
  }

  close(): void {
    this.#cancel?.()
    this.#until.clear()
  }
}
