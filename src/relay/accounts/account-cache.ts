import type { Uin } from '../../domain/uin.ts'
import type { AccountState } from './account-state.ts'

/** Objects kept in memory, over all accounts. */
const CACHED_OBJECTS = 250_000
/** Of those, what accounts may hold that nobody is connected to: looked at once and not again for long, mostly. */
const GUESTS_SHARE = 1 / 8
/** What one of them takes, about. */
const OBJECT_BYTES = 1_024
/** What an account with nothing in it weighs. */
const EMPTY_WEIGHT = 8
/** Of a backup that is over only its id and its end are kept. */
const ENDED_BYTES = 128
/** Of a message whose place is not in a row yet. */
const PLACE_BYTES = 24

function weightOf({ live, ended, friends, marks, sent, head, indexed }: AccountState): number {
  const bytes = ended.size * ENDED_BYTES + (head - indexed) * PLACE_BYTES + (sent?.bytes ?? 0)
  return EMPTY_WEIGHT + live.size + friends.size + marks.size + bytes / OBJECT_BYTES
}

interface Cached {
  state: AccountState
  weight: number
}

/** Accounts up to a weight; the one used longest ago leaves first, the one just used never. */
class Shelf {
  readonly #most: number
  readonly #cached = new Map<Uin, Cached>()
  #weight = 0

  constructor(most: number) {
    this.#most = most
  }

  get(uin: Uin): AccountState | undefined {
    return this.#cached.get(uin)?.state
  }

  put(uin: Uin, state: AccountState): void {
    const weight = weightOf(state)
    this.#cached.set(uin, { state, weight })
    this.#weight += weight
    for (const oldest of this.#cached.keys()) {
      if (this.#weight <= this.#most || oldest === uin) return
      this.drop(oldest)
    }
  }

  drop(uin: Uin): void {
    this.#weight -= this.#cached.get(uin)?.weight ?? 0
    this.#cached.delete(uin)
  }
}

/**
 * The accounts in memory. Those nobody is connected to have a shelf of their own: however many of them come due at once,
 * they displace each other, and not those in use.
 */
export class AccountCache {
  readonly #isConnected: (uin: Uin) => boolean
  readonly #hosts: Shelf
  readonly #guests: Shelf

  constructor(isConnected: (uin: Uin) => boolean, most = CACHED_OBJECTS) {
    this.#isConnected = isConnected
    this.#hosts = new Shelf(most)
    this.#guests = new Shelf(most * GUESTS_SHARE)
  }

  get(uin: Uin): AccountState | undefined {
    return this.#hosts.get(uin) ?? this.#guests.get(uin)
  }

  /** Takes it in, or notes that it was used. */
  keep(uin: Uin, state: AccountState): void {
    this.drop(uin)
    const shelf = this.#isConnected(uin) ? this.#hosts : this.#guests
    shelf.put(uin, state)
  }

  drop(uin: Uin): void {
    this.#hosts.drop(uin)
    this.#guests.drop(uin)
  }
}
