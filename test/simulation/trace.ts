import { createHash } from 'node:crypto'

/** Everything that happened, in order: as a hash always, as lines for people when somebody will read them. */
export class Trace {
  readonly #hash = createHash('sha256')
  readonly #keep: number
  readonly #lines: string[] = []
  #now: () => number = () => 0

  /** `keep`: how many of the last lines are kept. */
  constructor(keep: number) {
    this.#keep = keep
  }

  useClock(now: () => number): void {
    this.#now = now
  }

  /** `text` is hashed whole and shown short. */
  note(what: string, text = ''): void {
    const at = this.#now()
    this.#hash.update(`${at} ${what} ${text}\n`)
    if (this.#keep === 0) return
    this.#lines.push(`${clockOf(at)} ${what} ${text.length > 400 ? `${text.slice(0, 400)}…` : text}`)
    if (this.#lines.length > this.#keep * 2) this.#lines.splice(0, this.#keep)
  }

  get tail(): readonly string[] {
    return this.#lines.slice(-this.#keep)
  }

  digest(): string {
    return this.#hash.copy().digest('hex')
  }
}

function clockOf(ms: number): string {
  const minutes = String(Math.floor(ms / 60_000)).padStart(3, '0')
  return `+${minutes}:${((ms % 60_000) / 1000).toFixed(3).padStart(6, '0')}`
}
