/** What is written and not sent goes to the daemon a moment after it was typed, the newest for each friend. */
import type { Timers } from '../../host/host.ts'
import type { LocalParams } from '../../protocol/local-api.ts'

type Draft = LocalParams<'draft.put'>

const WAIT_MS = 300

export class Drafts {
  readonly #waiting = new Map<string, Draft>()
  readonly #timers: Timers
  readonly #put: (draft: Draft) => Promise<unknown>
  #cancel: (() => void) | null = null
  #last: Promise<void> = Promise.resolve()

  constructor(timers: Timers, put: (draft: Draft) => Promise<unknown>) {
    this.#timers = timers
    this.#put = put
  }

  note(draft: Draft): void {
    this.#waiting.set(draft.who, draft)
    this.#cancel ??= this.#timers.after(WAIT_MS, () => void this.flush())
  }

  /** Resolves when the daemon has them all, or cannot be reached; then they wait. */
  flush(): Promise<void> {
    this.#cancel?.()
    this.#cancel = null
    this.#last = this.#last.then(() => this.#putAll())
    return this.#last
  }

  async #putAll(): Promise<void> {
    for (const [who, draft] of [...this.#waiting]) {
      try {
        await this.#put(draft)
        if (this.#waiting.get(who) === draft) this.#waiting.delete(who)
      } catch {
        // The next flush tries again: when the daemon is back, or something is typed.
      }
    }
  }
}
