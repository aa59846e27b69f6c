import type { Uin } from '../../domain/uin.ts'
import type { FireResult, RelayParams } from '../../protocol/relay-api.ts'

export type FireRequest = RelayParams<'backup.fire'>

export type Fire = (request: FireRequest) => Promise<FireResult>

interface Ask {
  request: Omit<FireRequest, 'seenSeq'>
  to: Uin
  dueSince: number
}

interface FireQueueOptions {
  /** Asks the relay to fire; a word: it cannot be asked now. */
  relay: () => Fire | 'behind' | 'away'
  /** How far the log has been read here. */
  seenSeq: () => number
  answered: (request: FireRequest, result: FireResult) => void
  failed: (request: FireRequest, error: unknown) => void
}

/** Fire requests under way at once. */
const FIRES_AT_ONCE = 16

/** Asks in due order, a bounded number at once, one at a time for each friend, so that their order is kept. */
export class FireQueue {
  readonly #options: FireQueueOptions
  #asks: Ask[] = []
  readonly #busy = new Set<Uin>()
  #underWay = 0
  #closed = false

  constructor(options: FireQueueOptions) {
    this.#options = options
  }

  /** Takes its place among those that wait; `pump` sends it on its way. */
  add(ask: Ask): void {
    const after = this.#asks.findLastIndex((other) => other.dueSince <= ask.dueSince) + 1
    this.#asks.splice(after, 0, ask)
  }

  /** Forgets what waits; what is under way ends by itself. */
  clear(): void {
    this.#asks = []
  }

  close(): void {
    this.#closed = true
    this.clear()
  }

  pump(): void {
    const { relay, seenSeq, answered, failed } = this.#options
    while (this.#underWay < FIRES_AT_ONCE) {
      const fire = relay()
      const index = this.#asks.findIndex((ask) => !this.#busy.has(ask.to))
      const ask = this.#asks[index]
      if (typeof fire === 'string' || ask === undefined) return
      this.#asks.splice(index, 1)
      this.#underWay++
      this.#busy.add(ask.to)
      const sent = { ...ask.request, seenSeq: seenSeq() }
      fire(sent)
        .then(
          (result) => answered(sent, result),
          (error: unknown) => failed(sent, error),
        )
        .finally(() => {
          this.#underWay--
          this.#busy.delete(ask.to)
          if (!this.#closed) this.pump()
        })
    }
  }
}
