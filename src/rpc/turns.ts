/** A frame's work is a fraction of a millisecond; whoever comes in waits for about ten of these. */
const TURN_MS = 5

/** Somebody whose frames wait to be taken. */
export interface InLine {
  /** It has said little yet: it is coming in. */
  readonly isNew: boolean
  /** Takes the first of them; whether there are more. */
  takeOne(): boolean
}

/**
 * Whose frame is taken next, over all connections of a server, one at a time of each. There are three lines, and each has
 * every third turn: of those that are coming in, of those that have just come into line, and of those that have had more
 * waiting all along. So nobody who comes in waits for those who are in, nor who asks little for those who ask much. After
 * some milliseconds the event loop has its turn, in which connections are accepted and read and answers leave.
 */
export class Turns {
  readonly #clock: { monotonic(): number }
  readonly #new = new Line()
  readonly #arrived = new Line()
  readonly #staying = new Line()
  #isRunning = false

  constructor(clock: { monotonic(): number }) {
    this.#clock = clock
  }

  /** It has frames now, and had none before. Where nobody is in line the first of them is taken at once. */
  join(one: InLine): void {
    if (!this.#isRunning) {
      this.#runSoon()
      this.#serve(one)
    } else if (one.isNew) this.#new.push(one)
    else this.#arrived.push(one)
  }

  #runSoon(): void {
    this.#isRunning = true
    // biome-ignore lint/style/noRestrictedGlobals: no time passes; it is the event loop's own turn, as `process.nextTick` is
    setImmediate(() => this.#run())
  }

  #run(): void {
    const until = this.#clock.monotonic() + TURN_MS
    do {
      this.#serve(this.#new.shift())
      this.#serve(this.#arrived.shift())
      this.#serve(this.#staying.shift())
    } while (this.#clock.monotonic() < until && !this.#isEmpty)
    if (this.#isEmpty) this.#isRunning = false
    else this.#runSoon()
  }

  #serve(one: InLine | undefined): void {
    if (one?.takeOne()) this.#staying.push(one)
  }

  get #isEmpty(): boolean {
    return this.#new.isEmpty && this.#arrived.isEmpty && this.#staying.isEmpty
  }
}

/** So many that have been served a line still holds. */
const MOST_SERVED = 1_000

/** First in, first out; an array's own `shift` moves all that is behind. */
class Line {
  #ones: InLine[] = []
  #next = 0

  get isEmpty(): boolean {
    return this.#next === this.#ones.length
  }

  push(one: InLine): void {
    this.#ones.push(one)
  }

  shift(): InLine | undefined {
    const one = this.#ones[this.#next]
    if (one === undefined) return undefined
    this.#next++
    if (this.isEmpty || this.#next === MOST_SERVED) {
      this.#ones = this.#ones.slice(this.#next)
      this.#next = 0
    }
    return one
  }
}
