import type { Told } from '../mirror/mirror.ts'
import type { PresenceChange } from '../mirror/presence-book.ts'

export type Happening =
  | { kind: 'told'; told: Told }
  | { kind: 'presence'; change: PresenceChange; at: number }
  /** A backup is about to be sent: cancel stops it. */
  | { kind: 'countdown'; id: string; at: number }

/** Tells whoever listens what has happened, and that something they may look at has changed. */
export class WatchBus {
  readonly #listeners = new Set<(happening: Happening) => void>()
  readonly #changed = new Set<() => void>()

  /** Returns the way to stop. */
  listen(listener: (happening: Happening) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  publish(happenings: readonly Happening[]): void {
    for (const happening of happenings) for (const tell of [...this.#listeners]) tell(happening)
    this.changed()
  }

  /** Anything that views are made of has moved. */
  changed(): void {
    for (const tell of [...this.#changed]) tell()
  }

  onChange(listener: () => void): () => void {
    this.#changed.add(listener)
    return () => this.#changed.delete(listener)
  }
}
