import { type DevicePresence, NEVER_SEEN, type PresenceFact } from '../../domain/presence.ts'
import type { Uin } from '../../domain/uin.ts'
import type { Clock } from '../../host/host.ts'
import type { FriendRecord, SettingRecord } from '../../protocol/records.ts'
import type { Accounts } from '../accounts/accounts.ts'
import type { Veil } from '../accounts/veil.ts'

interface Device extends DevicePresence {
  /** Set while it has hung up and may come back. */
  cancelGone: (() => void) | null
}

/** An account's presence, with all that it follows from. */
export interface Entry {
  uin: Uin
  fact: PresenceFact
  /** False shortly after a relay start, for whoever was online and has not come back yet. */
  known: boolean
  setting: SettingRecord
  friends: Map<Uin, FriendRecord>
  veils: Readonly<Record<string, Veil>>
  devices: Map<string, Device>
  cancelIdle: (() => void) | null
  /** Presence is told in the order it was stored. */
  stored: Promise<void>
  storing: number
  usedAt: number
}

/** Beyond this many, accounts that are offline and were not asked for lately leave memory. */
const MOST = 20_000
const USED_LATELY_MS = 60_000

/** The accounts whose presence is in memory: read when first asked for, let go when they can be read again just as they are. */
export class PresenceEntries {
  readonly #loading = new Map<Uin, Promise<Entry>>()
  readonly #ready = new Map<Uin, Entry>()
  readonly #clock: Clock
  readonly #accounts: Accounts
  readonly #loaded: (entry: Entry) => void
  #sweepAt: number

  constructor(clock: Clock, accounts: Accounts, loaded: (entry: Entry) => void, most = MOST) {
    this.#clock = clock
    this.#accounts = accounts
    this.#loaded = loaded
    this.#sweepAt = most
  }

  get size(): number {
    return this.#ready.size
  }

  /** Undefined: it has not been fetched. */
  at(uin: Uin): Entry | undefined {
    return this.#ready.get(uin)
  }

  async fetch(uin: Uin): Promise<Entry> {
    const known = this.#loading.get(uin)
    const loading = known ?? this.#load(uin)
    if (known === undefined) {
      this.#loading.set(uin, loading)
      loading.catch(() => this.#loading.delete(uin))
    }
    const entry = await loading
    entry.usedAt = this.#clock.monotonic()
    return entry
  }

  async #load(uin: Uin): Promise<Entry> {
    const entry = await this.#accounts.read(uin, (view): Entry => {
      const fact = view.presence ?? NEVER_SEEN
      return {
        uin,
        fact,
        known: fact.status === 'offline',
        setting: view.setting,
        friends: new Map(view.friends().map((friend) => [friend.uin, friend])),
        veils: view.veils,
        devices: new Map(),
        cancelIdle: null,
        stored: Promise.resolve(),
        storing: 0,
        usedAt: this.#clock.monotonic(),
      }
    })
    if (this.#ready.size >= this.#sweepAt) this.#sweep()
    this.#ready.set(uin, entry)
    this.#loaded(entry)
    return entry
  }

  #sweep(): void {
    const lately = this.#clock.monotonic() - USED_LATELY_MS
    for (const [uin, { devices, known, storing, usedAt }] of this.#ready) {
      if (devices.size > 0 || !known || storing > 0 || usedAt > lately) continue
      this.#ready.delete(uin)
      this.#loading.delete(uin)
    }
    this.#sweepAt = Math.max(this.#sweepAt, this.#ready.size * 2)
  }
}
