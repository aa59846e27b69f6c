import type { FakeClock } from '../../src/host/fake-host.ts'
import { turn } from '../support/turn.ts'

/** Something whose timers hang on a clock of its own. */
export interface Ticking {
  readonly clock: FakeClock
  /** A machine asleep: its timers stand still. */
  readonly asleep: boolean
}

/** Far more than a life has; one that goes beyond is a program that asks without end. */
const MOST_STEPS = 60_000

interface Happening {
  at: number
  run: () => void
}

/**
 * The one time of a run, ms since its beginning. It goes from one happening to the next, a frame that arrives, a write
 * that is synced, a timer of some process, and after each lets everything go on that needs no time.
 */
export class Time {
  readonly #processes = new Set<Ticking>()
  readonly #happenings: Happening[] = []
  #now = 0
  #steps = 0

  get now(): number {
    return this.#now
  }

  add(process: Ticking): void {
    this.#processes.add(process)
  }

  /** It is dead: its timers never run. */
  remove(process: Ticking): void {
    this.#processes.delete(process)
  }

  after(ms: number, run: () => void): void {
    const happening = { at: this.#now + ms, run }
    // Those of the same instant happen in the order they were planned.
    const place = this.#happenings.findLastIndex((other) => other.at <= happening.at) + 1
    this.#happenings.splice(place, 0, happening)
  }

  async pass(ms: number): Promise<void> {
    const until = this.#now + ms
    while (this.#nextAt() <= until) await this.#step()
    this.#advanceTo(until)
    await turn()
  }

  /** Goes on until the promise has settled. Throws when that takes more than `mostMs`. */
  async until<T>(promise: Promise<T>, mostMs = 600_000): Promise<T> {
    let settled = false
    const done = () => {
      settled = true
    }
    promise.then(done, done)
    await turn()
    const latest = this.#now + mostMs
    while (!settled) {
      if (this.#nextAt() > latest) throw new Error('waited in vain')
      await this.#step()
    }
    return promise
  }

  #nextAt(): number {
    let next = this.#happenings[0]?.at ?? Number.POSITIVE_INFINITY
    for (const { clock, asleep } of this.#processes) {
      const timer = asleep ? null : clock.nextTimerAt()
      if (timer !== null) next = Math.min(next, this.#now + timer - clock.now())
    }
    return next
  }

  async #step(): Promise<void> {
    if (++this.#steps > MOST_STEPS) throw new Error(`it goes on without end, at ${this.#now} ms`)
    const at = this.#nextAt()
    const happening = this.#happenings[0]
    this.#advanceTo(at)
    await turn()
    if (happening === undefined || happening.at > at || this.#happenings[0] !== happening) return
    this.#happenings.shift()
    happening.run()
    await turn()
  }

  #advanceTo(at: number): void {
    const ms = at - this.#now
    this.#now = at
    for (const { clock, asleep } of [...this.#processes]) if (!asleep) clock.advance(ms)
  }
}
