import { ACTIVE_FOR_MS, NEVER_SEEN, nextPresence, type PresenceFact, statusOf } from '../../domain/presence.ts'
import type { Uin } from '../../domain/uin.ts'
import type { Host } from '../../host/host.ts'
import type { SettingRecord } from '../../protocol/records.ts'
import type { FriendPresence } from '../../protocol/relay-api.ts'
import type { Accounts } from '../accounts/accounts.ts'
import { throughVeil } from '../accounts/veil.ts'
import type { RelayConfig } from '../config.ts'
import { type Entry, PresenceEntries } from './presence-entries.ts'

interface Told {
  toViewer: (viewer: Uin, presence: FriendPresence) => void
  onFact: (uin: Uin) => void
}

/** After a failed write, as with a full disk. */
const RETRY_MS = 5_000

/**
 * Who is online, as their friends see them. Owns the debounce (a device that hung up counts for some seconds more),
 * the idle timer (active devices grow idle), and the doubt after a relay start.
 */
export class PresenceBoard {
  readonly #entries: PresenceEntries
  readonly #timers = new Set<() => void>()
  readonly #startedAt: { wall: number; monotonic: number }
  readonly #host: Host
  readonly #accounts: Accounts
  readonly #config: RelayConfig
  readonly #told: Told
  #closed = false

  /** `most`: how many accounts may be in memory before those that are not needed are let go. */
  constructor(host: Host, accounts: Accounts, config: RelayConfig, told: Told, most?: number) {
    this.#host = host
    this.#accounts = accounts
    this.#config = config
    this.#told = told
    this.#entries = new PresenceEntries(host.clock, accounts, (entry) => this.#loaded(entry), most)
    this.#startedAt = { wall: host.clock.now(), monotonic: host.clock.monotonic() }
  }

  /** Accounts in memory. */
  get size(): number {
    return this.#entries.size
  }

  /** A timer that ends with the board. */
  #after(ms: number, run: () => void): () => void {
    if (this.#closed) return () => {}
    const cancel = () => {
      this.#timers.delete(cancel)
      stop()
    }
    const stop = this.#host.timers.after(ms, () => {
      this.#timers.delete(cancel)
      run()
    })
    this.#timers.add(cancel)
    return cancel
  }

  #doubtMs(): number {
    return this.#startedAt.monotonic + this.#config.unknownForMs - this.#host.clock.monotonic()
  }

  /** Whoever was online, and does not come back within the time, is offline after all. */
  #loaded(entry: Entry): void {
    if (entry.known) return
    const doubtMs = this.#doubtMs()
    if (doubtMs <= 0) this.#refresh(entry)
    else this.#after(doubtMs, () => this.#refresh(entry))
  }

  /** Makes sure the facts of these accounts are in memory, so that `seenBy` can answer. */
  async fetch(uins: Iterable<Uin>): Promise<void> {
    await Promise.all([...new Set(uins)].map((uin) => this.#entries.fetch(uin)))
  }

  /** A fact about `uin` as `viewer` may see it; `unknown` when not fetched, no friend, or in doubt. */
  seenBy(viewer: Uin, uin: Uin): PresenceFact | 'unknown' {
    const entry = this.#entries.at(uin)
    if (entry === undefined) return 'unknown'
    if (viewer === uin) return entry.known ? entry.fact : 'unknown'
    const friend = entry.friends.get(viewer)
    if (friend?.state !== 'friend') return 'unknown'
    if (!entry.known && !friend.hide) return 'unknown'
    return throughVeil(entry.fact, entry.veils[viewer])
  }

  /** Everything the viewer may see. Whatever changes after is told. */
  async snapshot(viewer: Uin): Promise<{ me: PresenceFact; friends: FriendPresence[] }> {
    const { friends } = await this.#entries.fetch(viewer)
    await this.fetch([...friends.values()].filter((friend) => friend.state === 'friend').map(({ uin }) => uin))
    const view = (uin: Uin) => {
      const fact = this.seenBy(viewer, uin)
      return fact === 'unknown' ? null : fact
    }
    const seen = [...friends.values()].filter((friend) => friend.state === 'friend')
    return { me: view(viewer) ?? NEVER_SEEN, friends: seen.map(({ uin }) => ({ uin, presence: view(uin) })) }
  }

  async connected(uin: Uin, deviceId: string, person: boolean): Promise<void> {
    const entry = await this.#entries.fetch(uin)
    const before = entry.devices.get(deviceId)
    before?.cancelGone?.()
    // The relay has forgotten who was active; that somebody comes back must not look like growing idle.
    const lastActive = before?.activeAt ?? (this.#wasOnline(entry) ? this.#startedAt.wall : null)
    entry.devices.set(deviceId, { activeAt: person ? this.#host.clock.now() : lastActive, cancelGone: null })
    this.#refresh(entry)
  }

  #wasOnline(entry: Entry): boolean {
    return !entry.known && entry.fact.status === 'online'
  }

  async active(uin: Uin, deviceId: string): Promise<void> {
    const entry = await this.#entries.fetch(uin)
    const device = entry.devices.get(deviceId)
    if (device === undefined) return
    device.activeAt = this.#host.clock.now()
    this.#refresh(entry)
  }

  /** `atOnce`: a logout. Otherwise the device counts for a moment more, in case it comes back. */
  async disconnected(uin: Uin, deviceId: string, atOnce: boolean): Promise<void> {
    const entry = await this.#entries.fetch(uin)
    const device = entry.devices.get(deviceId)
    if (device === undefined) return
    device.cancelGone?.()
    const gone = () => {
      entry.devices.delete(deviceId)
      this.#refresh(entry)
    }
    if (atOnce) gone()
    else device.cancelGone = this.#after(this.#config.offlineDelayMs, gone)
  }

  async settingChanged(uin: Uin, setting: SettingRecord): Promise<void> {
    const entry = await this.#entries.fetch(uin)
    entry.setting = setting
    this.#refresh(entry)
  }

  /** A friendship began, ended, or hides: the friend sees the account as it now may. Nobody else is told anything. */
  async friendChanged(uin: Uin, viewer: Uin): Promise<void> {
    const entry = await this.#entries.fetch(uin)
    const { friend, veils } = await this.#accounts.read(uin, (view) => ({
      friend: view.friend(viewer),
      veils: view.veils,
    }))
    if (friend === undefined) return
    const wasFriend = entry.friends.get(viewer)?.state === 'friend'
    entry.friends.set(viewer, friend)
    entry.veils = veils
    if (!wasFriend && friend.state !== 'friend') return
    const seen = this.seenBy(viewer, uin)
    this.#told.toViewer(viewer, { uin, presence: seen === 'unknown' ? null : seen })
    this.#told.onFact(uin)
  }

  #refresh(entry: Entry): void {
    if (!entry.known && entry.devices.size === 0 && this.#doubtMs() > 0) return
    const now = this.#host.clock.now()
    const status = statusOf(entry.setting.status, entry.devices.values(), now)
    const next = nextPresence(entry.fact, status, entry.setting.statusText, now)
    const changed = next !== entry.fact
    const learned = !entry.known
    entry.fact = next
    entry.known = true
    this.#growIdleLater(entry, now)
    if (!changed && !learned) return
    this.#tell(entry, next, changed)
  }

  #tell(entry: Entry, fact: PresenceFact, changed: boolean): void {
    entry.storing++
    entry.stored = entry.stored
      .then(() => this.#storeAndTell(entry, fact, changed))
      .catch((cause: unknown) => {
        this.#host.log.error('presence not stored', { cause: String(cause) })
        this.#after(RETRY_MS, () => this.#tell(entry, entry.fact, true))
      })
      .finally(() => entry.storing--)
  }

  async #storeAndTell(entry: Entry, fact: PresenceFact, changed: boolean): Promise<void> {
    if (changed) await this.#accounts.one(entry.uin, (account) => account.putPresence(fact))
    // Its own devices too: a backup may wait until its owner is away, and only they can say whether its words have come.
    this.#told.toViewer(entry.uin, { uin: entry.uin, presence: fact })
    for (const friend of entry.friends.values()) {
      if (friend.state !== 'friend' || friend.hide) continue
      const presence = throughVeil(fact, entry.veils[friend.uin])
      this.#told.toViewer(friend.uin, { uin: entry.uin, presence })
    }
    this.#told.onFact(entry.uin)
  }

  #growIdleLater(entry: Entry, now: number): void {
    entry.cancelIdle?.()
    entry.cancelIdle = null
    if (entry.fact.status !== 'online') return
    const activeAt = Math.max(...[...entry.devices.values()].map((device) => device.activeAt ?? 0))
    const remaining = activeAt + ACTIVE_FOR_MS - now
    if (remaining > 0) entry.cancelIdle = this.#after(remaining, () => this.#refresh(entry))
  }

  /** Friends who may see this account, for whoever wants to look at what they wait for. */
  async watchersOf(uin: Uin): Promise<Uin[]> {
    const entry = await this.#entries.fetch(uin)
    return [...entry.friends.values()].filter((friend) => friend.state === 'friend').map((friend) => friend.uin)
  }

  close(): void {
    this.#closed = true
    for (const cancel of [...this.#timers]) cancel()
  }
}
