import type { PresenceFact } from '../../domain/presence.ts'
import type { Uin } from '../../domain/uin.ts'
import type { FriendPresence } from '../../protocol/relay-api.ts'

/** A change a friend made while we watched; what we found on connecting is none. */
export interface PresenceChange {
  uin: Uin
  /** Null: it was not known. */
  before: PresenceFact | null
  after: PresenceFact
}

/** More friends than anybody has: a relay that tells of ever new ones is not listened to. */
const MOST_FRIENDS = 10_000

/** Where friends are. After a lost link the last is still shown, marked stale, but nothing fires on it. */
export class PresenceBook {
  #me: PresenceFact | null = null
  #facts = new Map<Uin, PresenceFact>()
  #live = false

  get live(): boolean {
    return this.#live
  }

  /** What may be shown: the newest that was heard. */
  shown(uin: Uin): PresenceFact | null {
    return this.#facts.get(uin) ?? null
  }

  /** What may be built on. */
  fact(uin: Uin): PresenceFact | 'unknown' {
    return this.#live ? (this.#facts.get(uin) ?? 'unknown') : 'unknown'
  }

  me(): PresenceFact | 'unknown' {
    return this.#live ? (this.#me ?? 'unknown') : 'unknown'
  }

  snapshot(me: PresenceFact, friends: readonly FriendPresence[]): void {
    this.#me = me
    this.#facts = new Map(friends.flatMap(({ uin, presence }) => (presence === null ? [] : [[uin, presence]])))
    this.#live = true
  }

  /** Null when nothing can be told: it became unknown, or is my own. */
  change({ uin, presence }: FriendPresence, me: Uin): PresenceChange | null {
    if (uin === me) {
      this.#me = presence
      return null
    }
    const before = this.#facts.get(uin) ?? null
    if (presence === null) {
      this.#facts.delete(uin)
      return null
    }
    if (before === null && this.#facts.size >= MOST_FRIENDS) return null
    this.#facts.set(uin, presence)
    return { uin, before, after: presence }
  }

  lost(): void {
    this.#live = false
  }

  forget(): void {
    this.lost()
    this.#me = null
    this.#facts = new Map()
  }
}
