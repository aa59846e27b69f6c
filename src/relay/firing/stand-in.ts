import type { Uin } from '../../domain/uin.ts'
import type { Host } from '../../host/host.ts'
import { type Store, StoreError } from '../../store/store.ts'
import type { Accounts } from '../accounts/accounts.ts'
import type { RelayConfig } from '../config.ts'
import type { PresenceBoard } from '../connections/presence-board.ts'
import type { Sessions } from '../connections/sessions.ts'
import type { Meter } from '../meter.ts'
import { relayFacts } from './facts.ts'
import { fire, stopReason, verdictAlone } from './firing.ts'
import { type LookEnd, Looks } from './looks.ts'

/** No wait is longer: a clock that was set, or a machine that slept, is noticed by then. */
const LONGEST_WAIT_MS = 30_000
/** Accounts that wait for their look; when they have had it, the next ones are read. */
const ACCOUNTS_AT_ONCE = 1_000
/** Firings of one account under way at once: they share the synced writes, and the locks keep them in order. */
const FIRINGS_AT_ONCE = 64

interface Ready {
  id: string
  to: Uin
  rev: number
  occurrence: number
  since: number
}

interface Look {
  /** What had been asked for when it began. */
  asked: number
  ready: Ready[]
  next: number | null
}

/**
 * The relay in place of the owner's terminals: looks at an account when an instant comes, or when something happened
 * that one of its backups may wait for, and fires through the same transaction as a device would. With a terminal
 * connected it looks a little later, so that normally the terminal has done it.
 */
export class StandIn {
  readonly #host: Host
  readonly #store: Store
  readonly #accounts: Accounts
  readonly #board: PresenceBoard
  readonly #config: RelayConfig
  readonly #meter: Meter | null
  readonly #looks: Looks
  #timer: { at: number; cancel: () => void } | null = null
  /** More accounts are due than have been read. */
  #hasMore = false
  #closed = false
  /** Reading of the wake index under way; `close` waits for it. */
  #checking: Promise<void> = Promise.resolve()
  /** Another reading follows it. */
  #checksAgain = false

  constructor(
    host: Host,
    store: Store,
    accounts: Accounts,
    board: PresenceBoard,
    sessions: Sessions,
    config: RelayConfig,
    meter: Meter | null,
  ) {
    this.#host = host
    this.#store = store
    this.#accounts = accounts
    this.#board = board
    this.#config = config
    this.#meter = meter
    this.#looks = new Looks({
      timers: host.timers,
      look: (uin) => this.#tryLook(uin),
      delayMs: (uin) => (sessions.has(uin) ? config.standInDelayMs : 0),
      onIdle: () => {
        if (this.#hasMore) this.#check()
      },
    })
  }

  start(): void {
    this.#check()
  }

  /** An account's next instant may have moved to `at`. */
  wakeMoved(at: number | null): void {
    if (at === null || this.#closed) return
    if (this.#timer !== null && this.#timer.at <= at) return
    this.#schedule(at)
  }

  #schedule(at: number): void {
    this.#timer?.cancel()
    const wait = Math.max(0, Math.min(LONGEST_WAIT_MS, at - this.#host.clock.now()))
    const cancel = this.#host.timers.after(wait, () => {
      this.#timer = null
      this.#check()
    })
    this.#timer = { at, cancel }
  }

  /** One after another: what a later one finds, an earlier one has taken up. One that waits sees all that came until then. */
  #check(): void {
    this.#hasMore = false
    if (this.#checksAgain) return
    this.#checksAgain = true
    this.#checking = this.#checking
      .then(() => {
        this.#checksAgain = false
        return this.#checkWakes()
      })
      .catch((cause: unknown) => this.#host.log.error('stand-in failed', { cause: String(cause) }))
  }

  async #checkWakes(): Promise<void> {
    if (this.#closed) return
    const now = this.#host.clock.now()
    let next = now + LONGEST_WAIT_MS
    try {
      // Those that wait for their look stand first in the index.
      const most = this.#looks.size + ACCOUNTS_AT_ONCE
      const wakes = await this.#store.wakes(next, most)
      for (const { at, account } of wakes) {
        if (at > now) next = Math.min(next, at)
        else if (this.#looks.queued < ACCOUNTS_AT_ONCE) this.touch(account as Uin)
      }
      const isCutShort = wakes.length === most && (wakes.at(-1)?.at ?? 0) <= now
      this.#hasMore = isCutShort || this.#looks.queued >= ACCOUNTS_AT_ONCE
      // All that were read are left alone for a moment: their terminals have it.
      if (this.#hasMore && this.#looks.queued === 0) this.#check()
    } finally {
      this.wakeMoved(next)
    }
  }

  /** Something happened that a backup of this account may wait for. */
  touch(uin: Uin): void {
    this.#looks.touch(uin)
  }

  /** The account's last terminal has gone: what it was left to do is done now. */
  leftAlone(uin: Uin): void {
    this.#looks.now(uin)
  }

  async #tryLook(uin: Uin): Promise<LookEnd> {
    try {
      return await this.#look(uin)
    } catch (cause) {
      this.#host.log.error('look at an account failed', { cause: String(cause) })
      return isFull(cause) ? 'full' : 'failed'
    }
  }

  async #look(uin: Uin): Promise<LookEnd> {
    const now = this.#host.clock.now()
    const { asked, ready, next } = await this.#readyIn(uin, now)
    const failures = await this.#fireAll(uin, ready)
    if (this.#closed) return 'done'
    if (failures.length > 0) throw failures[0]
    await this.#accounts.one(uin, (account) => account.looked(asked, next))
    return 'done'
  }

  /**
   * In the order given, a bounded number under way; returns what failed. Each that ends lets the next one begin: while
   * some wait for the disk, others already make the next synced write.
   */
  async #fireAll(uin: Uin, ready: readonly Ready[]): Promise<unknown[]> {
    const failures: unknown[] = []
    const queue = ready.values()
    const worker = async (): Promise<void> => {
      for (const one of queue) {
        if (this.#closed || failures.some(isFull)) return
        await this.#fire(uin, one).catch((cause: unknown) => failures.push(cause))
      }
    }
    await Promise.all(Array.from({ length: FIRINGS_AT_ONCE }, worker))
    return failures
  }

  async #fire(uin: Uin, { id, to, rev, occurrence }: Ready): Promise<void> {
    const request = { id, rev, occurrence, seenSeq: 0, sightings: [] }
    const cause = { by: 'relay', standInDelayMs: this.#config.standInDelayMs } as const
    const { result, dueSince } = await this.#accounts.pair(uin, to, (me, other) =>
      fire(me, other, request, cause, (who) => this.#board.seenBy(uin, who), this.#config.limits),
    )
    const lateMs = dueSince === null ? null : this.#host.clock.now() - dueSince
    this.#meter?.fired('relay', result.outcome, stopReason(result), lateMs)
  }

  /** The live backups that are to be fired, held, or ended now, in the order they came due, and when to look again. */
  async #readyIn(uin: Uin, now: number): Promise<Look> {
    await this.#board.fetch(await this.#accounts.read(uin, (view) => view.backups.presences()))
    return this.#accounts.read(uin, async (view) => {
      const ready: Ready[] = []
      let next: number | null = null
      for (const backup of view.backups.live()) {
        const facts = await relayFacts(view, backup, (who) => this.#board.seenBy(uin, who), [])
        const verdict = verdictAlone(backup, facts, now, this.#config.standInDelayMs)
        if (verdict.verdict === 'wait') {
          if (verdict.wakeAt !== null) next = Math.min(next ?? verdict.wakeAt, verdict.wakeAt)
          continue
        }
        const since = verdict.verdict === 'fire' || verdict.verdict === 'miss' ? verdict.dueSince : now
        ready.push({ id: backup.id, to: backup.plan.to, rev: backup.rev, occurrence: backup.occurrence, since })
      }
      ready.sort((a, b) => a.since - b.since)
      return { asked: view.asked, ready, next }
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#timer?.cancel()
    await Promise.all([this.#checking, this.#looks.close()])
  }
}

function isFull(cause: unknown): boolean {
  return cause instanceof StoreError && cause.reason === 'full'
}
