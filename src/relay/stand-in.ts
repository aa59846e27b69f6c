import { evaluate } from '../domain/engine.ts'
import type { Uin } from '../domain/uin.ts'
import type { Host } from '../host/host.ts'
import type { Store } from '../store/store.ts'
import type { Accounts } from './accounts.ts'
import type { RelayConfig } from './config.ts'
import { presencesOf, relayFacts } from './facts.ts'
import { fire } from './firing.ts'
import type { PresenceBoard } from './presence-board.ts'
import type { Sessions } from './sessions.ts'

/** No wait is longer: a clock that was set, or a machine that slept, is noticed by then. */
const LONGEST_WAIT_MS = 30_000
const ACCOUNTS_AT_ONCE = 1_000
/** After a failure an account is left alone this long, then looked at again. */
const RETRY_MS = 5_000

interface Ready {
  id: string
  to: Uin
  rev: number
  occurrence: number
  since: number
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
  readonly #sessions: Sessions
  readonly #config: RelayConfig
  readonly #pending = new Map<Uin, () => void>()
  #timer: { at: number; cancel: () => void } | null = null
  #closed = false
  /** Looks under way; `close` waits for them. */
  readonly #running = new Set<Promise<void>>()

  constructor(
    host: Host,
    store: Store,
    accounts: Accounts,
    board: PresenceBoard,
    sessions: Sessions,
    config: RelayConfig,
  ) {
    this.#host = host
    this.#store = store
    this.#accounts = accounts
    this.#board = board
    this.#sessions = sessions
    this.#config = config
  }

  start(): void {
    this.#run(() => this.#checkWakes())
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
      this.#run(() => this.#checkWakes())
    })
    this.#timer = { at, cancel }
  }

  async #checkWakes(): Promise<void> {
    const now = this.#host.clock.now()
    let next = now + LONGEST_WAIT_MS
    try {
      for (const { at, account } of await this.#store.wakes(next, ACCOUNTS_AT_ONCE)) {
        if (at <= now) this.touch(account as Uin)
        else if (at < next) next = at
      }
    } finally {
      this.wakeMoved(next)
    }
  }

  /** Something happened that a backup of this account may wait for. */
  touch(uin: Uin): void {
    if (this.#closed || this.#pending.has(uin)) return
    this.#lookAfter(uin, this.#sessions.has(uin) ? this.#config.standInDelayMs : 0)
  }

  /** The account's last terminal has gone: what it was left to do is done now. */
  leftAlone(uin: Uin): void {
    if (this.#closed) return
    this.#pending.get(uin)?.()
    this.#lookAfter(uin, 0)
  }

  #lookAfter(uin: Uin, delayMs: number): void {
    const cancel = this.#host.timers.after(delayMs, () => {
      this.#pending.delete(uin)
      this.#run(() => this.#lookOrRetry(uin))
    })
    this.#pending.set(uin, cancel)
  }

  async #lookOrRetry(uin: Uin): Promise<void> {
    try {
      await this.#look(uin)
    } catch (cause) {
      this.#host.log.error('look at an account failed', { cause: String(cause) })
      if (!this.#closed && !this.#pending.has(uin)) this.#lookAfter(uin, RETRY_MS)
    }
  }

  async #look(uin: Uin): Promise<void> {
    const now = this.#host.clock.now()
    for (const ready of await this.#ready(uin, now)) {
      const request = { ...ready, seenSeq: 0, sightings: [] }
      await this.#accounts.pair(uin, ready.to, (me, other) =>
        fire(me, other, request, 'relay', (who) => this.#board.seenBy(uin, who)),
      )
    }
    await this.#accounts.one(uin, (account) => account.setEvaluated(now))
  }

  /** The armed backups that are to be fired, held, or ended now, in the order they came due. */
  async #ready(uin: Uin, now: number): Promise<Ready[]> {
    const armed = await this.#accounts.read(uin, (view) => view.backups().filter((b) => b.state === 'armed'))
    if (armed.length === 0) return []
    await this.#board.fetch(armed.flatMap((backup) => presencesOf(uin, backup)))
    const ready = await this.#accounts.read(uin, async (view) => {
      const found: Ready[] = []
      for (const backup of view.backups()) {
        if (backup.state !== 'armed') continue
        const facts = await relayFacts(view, backup, (who) => this.#board.seenBy(uin, who), [])
        const verdict = evaluate(backup.plan, backup, facts, now)
        if (verdict.verdict === 'wait') continue
        const since = verdict.verdict === 'fire' || verdict.verdict === 'miss' ? verdict.dueSince : now
        found.push({ id: backup.id, to: backup.plan.to, rev: backup.rev, occurrence: backup.occurrence, since })
      }
      return found
    })
    return ready.sort((a, b) => a.since - b.since)
  }

  #run(work: () => Promise<void>): void {
    if (this.#closed) return
    const running = work().catch((cause: unknown) => {
      this.#host.log.error('stand-in failed', { cause: String(cause) })
    })
    this.#running.add(running)
    running.finally(() => this.#running.delete(running))
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#timer?.cancel()
    for (const cancel of this.#pending.values()) cancel()
    await Promise.all(this.#running)
  }
}
