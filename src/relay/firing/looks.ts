import type { Uin } from '../../domain/uin.ts'
import type { Timers } from '../../host/host.ts'

/** Accounts looked at at once: enough to share synced writes, few enough for what they take in memory meanwhile. */
const LOOKS_AT_ONCE = 128
/** After a failure an account is left alone this long, then looked at again; after each further one twice as long. */
const RETRY_MS = 5_000
const LONGEST_RETRY_MS = 10 * 60_000

/** How a look ended. `failed`: this account cannot be looked at now. `full`: none can, since nothing can be written. */
export type LookEnd = 'done' | 'failed' | 'full'

interface LooksOptions {
  timers: Timers
  /** Looks at one account; does not reject. */
  look: (uin: Uin) => Promise<LookEnd>
  /** How long an account is left alone before it is looked at. */
  delayMs: (uin: Uin) => number
  /** Nobody waits for a turn any more. */
  onIdle: () => void
}

/**
 * When accounts are looked at, and how many at once; of one account never two looks. While the disk is full all of them
 * wait: one is tried now and then, and when that goes well, all go on.
 */
export class Looks {
  readonly #options: LooksOptions
  /** Left alone for a moment; each can be told not to wait. */
  readonly #waiting = new Map<Uin, () => void>()
  /** To be looked at next, in this order. */
  readonly #queue = new Set<Uin>()
  /** Under way; true: something happened meanwhile. */
  readonly #underWay = new Map<Uin, boolean>()
  readonly #running = new Set<Promise<void>>()
  /** How long each that failed was left alone the last time. */
  readonly #retries = new Map<Uin, number>()
  #isFull = false
  #stopResting: (() => void) | null = null
  #closed = false

  constructor(options: LooksOptions) {
    this.#options = options
  }

  /** Accounts that are to be looked at, or are being. */
  get size(): number {
    return this.#waiting.size + this.#queue.size + this.#underWay.size
  }

  /** Those whose turn it is. */
  get queued(): number {
    return this.#queue.size
  }

  /** Its instant has come, or something happened that a look under way may not have seen. */
  touch(uin: Uin): void {
    if (this.#underWay.has(uin)) this.#underWay.set(uin, true)
    else if (!this.#waiting.has(uin) && !this.#queue.has(uin)) this.#later(uin, this.#options.delayMs(uin))
  }

  /** It need not be left alone. */
  now(uin: Uin): void {
    this.#waiting.get(uin)?.()
    this.#waiting.delete(uin)
    if (this.#underWay.has(uin)) this.#underWay.set(uin, true)
    else this.#enqueue(uin)
  }

  #later(uin: Uin, ms: number): void {
    if (this.#closed) return
    if (ms <= 0) {
      this.#enqueue(uin)
      return
    }
    const cancel = this.#options.timers.after(ms, () => {
      this.#waiting.delete(uin)
      this.#enqueue(uin)
    })
    this.#waiting.set(uin, cancel)
  }

  #enqueue(uin: Uin): void {
    if (this.#closed) return
    this.#queue.add(uin)
    this.#begin()
  }

  get #most(): number {
    if (this.#stopResting !== null) return 0
    return this.#isFull ? 1 : LOOKS_AT_ONCE
  }

  #begin(): void {
    for (const uin of this.#queue) {
      if (this.#closed || this.#underWay.size >= this.#most) return
      this.#queue.delete(uin)
      this.#underWay.set(uin, false)
      const running = this.#options.look(uin).then((end) => this.#ended(uin, end))
      this.#running.add(running)
      running.finally(() => this.#running.delete(running))
    }
  }

  #ended(uin: Uin, end: LookEnd): void {
    const touched = this.#underWay.get(uin) === true
    this.#underWay.delete(uin)
    if (this.#closed) return
    if (end === 'full') {
      this.#queue.add(uin)
      this.#rest()
      return
    }
    if (end === 'failed') this.#retry(uin)
    else {
      this.#isFull = false
      this.#retries.delete(uin)
      if (touched) this.touch(uin)
    }
    this.#begin()
    if (this.#queue.size === 0) this.#options.onIdle()
  }

  #retry(uin: Uin): void {
    const before = this.#retries.get(uin)
    const ms = before === undefined ? RETRY_MS : Math.min(before * 2, LONGEST_RETRY_MS)
    this.#retries.set(uin, ms)
    this.#later(uin, ms)
  }

  /** All that is due would fail the same way, and each try would read its account from the disk. */
  #rest(): void {
    this.#isFull = true
    this.#stopResting ??= this.#options.timers.after(RETRY_MS, () => {
      this.#stopResting = null
      this.#begin()
    })
  }

  /** Begins no more looks, and waits for those under way. */
  async close(): Promise<void> {
    this.#closed = true
    this.#stopResting?.()
    for (const cancel of this.#waiting.values()) cancel()
    await Promise.all(this.#running)
  }
}
