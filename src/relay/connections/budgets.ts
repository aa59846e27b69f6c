import type { Clock } from '../../host/host.ts'
import { ImError } from '../../protocol/errors.ts'

interface Bucket {
  tokens: number
  at: number
}

const SWEEP_AT = 10_000

/** Token buckets by key: `perSecond` tokens flow in, at most `burst` stay. Full buckets are forgotten. */
export class Budgets {
  readonly #clock: Clock
  readonly #perSecond: number
  readonly #burst: number
  readonly #buckets = new Map<string, Bucket>()
  #sweepAt = SWEEP_AT

  constructor(clock: Clock, perSecond: number, burst: number) {
    this.#clock = clock
    this.#perSecond = perSecond
    this.#burst = burst
  }

  /** Takes that many tokens, all there can be at most, or throws RATE_LIMITED saying when there will be enough. */
  take(key: string, amount: number): void {
    const cost = Math.min(amount, this.#burst)
    const now = this.#clock.monotonic()
    const bucket = this.#buckets.get(key) ?? { tokens: this.#burst, at: now }
    const tokens = Math.min(this.#burst, bucket.tokens + ((now - bucket.at) / 1000) * this.#perSecond)
    if (this.#buckets.size >= this.#sweepAt) this.#forgetFull(now)
    if (tokens < cost) {
      const retryAfterMs = Math.ceil(((cost - tokens) / this.#perSecond) * 1000)
      this.#buckets.set(key, { tokens, at: now })
      throw new ImError('RATE_LIMITED', 'Too many changes at once.', { retryAfterMs })
    }
    this.#buckets.set(key, { tokens: tokens - cost, at: now })
  }

  #forgetFull(now: number): void {
    for (const [key, bucket] of this.#buckets) {
      if (bucket.tokens + ((now - bucket.at) / 1000) * this.#perSecond >= this.#burst) this.#buckets.delete(key)
    }
    // So that many buckets that stay are not looked through each time.
    this.#sweepAt = Math.max(SWEEP_AT, this.#buckets.size * 2)
  }
}
