import type { Instant } from '../domain/instant.ts'
import { ACTIVE_FOR_MS, type DevicePresence, nextPresence, type PresenceFact, statusOf } from '../domain/presence.ts'
import type { Uin } from '../domain/uin.ts'
import type { Host } from '../host/host.ts'
import type { FriendRecord, SettingRecord } from '../protocol/records.ts'
import type { FriendPresence } from '../protocol/relay-api.ts'
import type { Accounts } from './accounts.ts'
import type { RelayConfig } from './config.ts'

interface Entry {
  uin: Uin
  fact: PresenceFact
  /** False shortly after a relay start, for whoever was online and has not come back yet. */
  known: boolean
  setting: SettingRecord
  friends: Map<Uin, FriendRecord>
  devices: Map<string, DevicePresence>
  /** The last device has gone, but it is not told yet. */
  lingering: DevicePresence | null
  cancelLingering: (() => void) | null
  cancelIdle: (() => void) | null
  /** Presence is told in the order it was stored. */
  stored: Promise<void>
}

const NEVER_SEEN: PresenceFact = { status: 'offline', onlineSince: null, statusSince: 0, statusText: null }

/**
 * Who is online, as their friends see them. Owns the debounce (offline is told some seconds after the last device has
 * gone), the idle timer (active devices grow idle), and the doubt after a relay start.
 */
export class PresenceBoard {
  readonly #entries = new Map<Uin, Promise<Entry>>()
  readonly #ready = new Map<Uin, Entry>()
  readonly #startedAt: Instant
  readonly #host: Host
  readonly #accounts: Accounts
  readonly #config: RelayConfig
  readonly #told: { toFriend: (viewer: Uin, presence: FriendPresence) => void; onFact: (uin: Uin) => void }

  constructor(
    host: Host,
    accounts: Accounts,
    config: RelayConfig,
    told: { toFriend: (viewer: Uin, presence: FriendPresence) => void; onFact: (uin: Uin) => void },
  ) {
    this.#host = host
    this.#accounts = accounts
    this.#config = config
    this.#told = told
    this.#startedAt = host.clock.now()
  }

  #entry(uin: Uin): Promise<Entry> {
    const known = this.#entries.get(uin)
    if (known !== undefined) return known
    const loading = this.#load(uin)
    this.#entries.set(uin, loading)
    loading.catch(() => this.#entries.delete(uin))
    return loading
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
        devices: new Map(),
        lingering: null,
        cancelLingering: null,
        cancelIdle: null,
        stored: Promise.resolve(),
      }
    })
    this.#ready.set(uin, entry)
    if (!entry.known) this.#settleLater(entry)
    return entry
  }

  /** Whoever does not come back within the time is offline after all. */
  #settleLater(entry: Entry): void {
    const remaining = this.#startedAt + this.#config.unknownForMs - this.#host.clock.now()
    const settle = () => {
      if (!entry.known) this.#refresh(entry)
    }
    if (remaining <= 0) settle()
    else this.#host.timers.after(remaining, settle)
  }

  /** Makes sure the facts of these accounts are in memory, so that `seenBy` can answer. */
  async fetch(uins: Iterable<Uin>): Promise<void> {
    await Promise.all([...new Set(uins)].map((uin) => this.#entry(uin)))
  }

  /** A fact about `uin` as `viewer` may see it; `unknown` when not fetched, no friend, or in doubt. */
  seenBy(viewer: Uin, uin: Uin): PresenceFact | 'unknown' {
    const entry = this.#ready.get(uin)
    if (entry === undefined) return 'unknown'
    if (viewer === uin) return entry.known ? entry.fact : 'unknown'
    const friend = entry.friends.get(viewer)
    if (friend?.state !== 'friend') return 'unknown'
    if (friend.hide) return NEVER_SEEN
    return entry.known ? entry.fact : 'unknown'
  }

  async snapshot(viewer: Uin, friends: readonly Uin[]): Promise<{ me: PresenceFact; friends: FriendPresence[] }> {
    await this.fetch([viewer, ...friends])
    const view = (uin: Uin) => {
      const fact = this.seenBy(viewer, uin)
      return fact === 'unknown' ? null : fact
    }
    return { me: view(viewer) ?? NEVER_SEEN, friends: friends.map((uin) => ({ uin, presence: view(uin) })) }
  }

  async connected(uin: Uin, deviceId: string, person: boolean): Promise<void> {
    const entry = await this.#entry(uin)
    entry.cancelLingering?.()
    const before = entry.devices.get(deviceId) ?? entry.lingering
    entry.lingering = null
    const now = this.#host.clock.now()
    entry.devices.set(deviceId, { activeAt: person ? now : (before?.activeAt ?? null) })
    this.#refresh(entry)
  }

  async active(uin: Uin, deviceId: string): Promise<void> {
    const entry = await this.#entry(uin)
    if (!entry.devices.has(deviceId)) return
    entry.devices.set(deviceId, { activeAt: this.#host.clock.now() })
    this.#refresh(entry)
  }

  /** `atOnce`: a logout. Otherwise the account stays as it is for a moment, in case the device comes back. */
  async disconnected(uin: Uin, deviceId: string, atOnce: boolean): Promise<void> {
    const entry = await this.#entry(uin)
    const device = entry.devices.get(deviceId)
    if (device === undefined) return
    entry.devices.delete(deviceId)
    if (entry.devices.size > 0 || atOnce) {
      this.#refresh(entry)
      return
    }
    entry.lingering = device
    entry.cancelLingering = this.#host.timers.after(this.#config.offlineDelayMs, () => {
      entry.lingering = null
      entry.cancelLingering = null
      this.#refresh(entry)
    })
  }

  async settingChanged(uin: Uin, setting: SettingRecord): Promise<void> {
    const entry = await this.#entry(uin)
    entry.setting = setting
    this.#refresh(entry)
  }

  /** A friendship began, ended, or hides: the friend sees the account as it now may. */
  async friendChanged(uin: Uin, friend: FriendRecord): Promise<void> {
    const entry = await this.#entry(uin)
    entry.friends.set(friend.uin, friend)
    const seen = this.seenBy(friend.uin, uin)
    this.#told.toFriend(friend.uin, { uin, presence: seen === 'unknown' ? null : seen })
    this.#told.onFact(uin)
  }

  #refresh(entry: Entry): void {
    const now = this.#host.clock.now()
    const devices = entry.lingering === null ? entry.devices.values() : [entry.lingering]
    const status = statusOf(entry.setting.status, devices, now)
    const next = nextPresence(entry.fact, status, entry.setting.statusText, now)
    const changed = next !== entry.fact
    const learned = !entry.known
    entry.fact = next
    entry.known = true
    this.#growIdleLater(entry, now)
    if (!changed && !learned) return
    entry.stored = entry.stored.then(async () => {
      if (changed) await this.#accounts.one(entry.uin, (account) => account.putPresence(next))
      for (const friend of entry.friends.values()) {
        if (friend.state === 'friend' && !friend.hide)
          this.#told.toFriend(friend.uin, { uin: entry.uin, presence: next })
      }
      this.#told.onFact(entry.uin)
    })
    entry.stored.catch((cause: unknown) => this.#host.log.error('presence not stored', { cause: String(cause) }))
  }

  #growIdleLater(entry: Entry, now: Instant): void {
    entry.cancelIdle?.()
    entry.cancelIdle = null
    if (entry.fact.status !== 'online') return
    const activeAt = Math.max(...[...entry.devices.values()].map((device) => device.activeAt ?? 0))
    const remaining = activeAt + ACTIVE_FOR_MS - now
    if (remaining > 0) entry.cancelIdle = this.#host.timers.after(remaining, () => this.#refresh(entry))
  }

  /** Friends who may see this account, for whoever wants to look at what they wait for. */
  async watchersOf(uin: Uin): Promise<Uin[]> {
    const entry = await this.#entry(uin)
    return [...entry.friends.values()].filter((friend) => friend.state === 'friend').map((friend) => friend.uin)
  }

  close(): void {
    for (const entry of this.#ready.values()) {
      entry.cancelIdle?.()
      entry.cancelLingering?.()
    }
  }
}
