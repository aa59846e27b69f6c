import { evaluate, type Verdict } from '../../domain/engine.ts'
import { isListening } from '../../domain/repeating.ts'
import type { Host } from '../../host/host.ts'
import type { BackupRecord } from '../../protocol/records.ts'
import type { FireResult } from '../../protocol/relay-api.ts'
import { CallTimeout, LinkLost } from '../../rpc/peer.ts'
import { toImError } from '../errors.ts'
import { keyChanged } from '../mirror/friend-keys.ts'
import { type ShownBackup, shownBackup, shownBackups } from '../mirror/overlay.ts'
import type { PresenceBook } from '../mirror/presence-book.ts'
import type { Seen } from '../mirror/rows.ts'
import type { State } from '../mirror/state.ts'
import type { Texts } from '../mirror/texts.ts'
import { factsFor } from './facts.ts'
import { type Fire, FireQueue, type FireRequest } from './fire-queue.ts'
import { WakeHeap } from './wake-heap.ts'

/** The longest wait on one timer; then the wall clock is looked at again. The daemon's heartbeat is as long. */
export const BEAT_MS = 30_000
/** Wall clock against monotonic: more than this means suspend, or somebody has set the clock. */
const DRIFT_MS = 2_000
const ASK_AGAIN_MS = 5_000
/** Long enough to be no burden, short enough for a punctual second question. */
const CLOCKS_DISAGREE_MS = 100

interface SchedulerOptions {
  host: Host
  state: () => Readonly<State>
  presence: PresenceBook
  texts: Texts
  /** The relay's time. */
  now: () => number
  /** Asks the relay to fire; `behind` while the session opens and the log is read to its head; `away`: no relay. */
  relay: () => Fire | 'behind' | 'away'
  /** A reminder came due while the relay is away: shown by this device on its own. */
  showLocally: (shown: ShownBackup, dueAt: number) => void
  /** A countdown begins: the owner is shown until when it can be stopped. */
  countDown: (shown: ShownBackup, endsAt: number) => void
  /** The relay has left it to this device to run the command of this occurrence. */
  run: (record: BackupRecord, occurrence: number) => void
  /** The clock was set, or the machine slept. */
  drifted: (ms: number) => void
}

/** Where the log entry stands that a condition's words matched, for the relay, which cannot read them. */
function sealedSightings(record: BackupRecord, seen: Seen): FireRequest['sightings'] {
  return record.plan.trigger.conditions.flatMap((condition, index) => {
    const sighting = seen.conditions[index] ?? null
    return condition.kind === 'message' && condition.sealed && sighting !== null
      ? [{ condition: index, seq: sighting.seq }]
      : []
  })
}

/**
 * Looks at armed backups whenever a fact changes or their moment comes, and asks the relay to fire those that hold.
 * The relay decides; nothing here changes a backup.
 */
export class Scheduler {
  readonly #options: SchedulerOptions
  readonly #heap = new WakeHeap()
  readonly #queue: FireQueue
  readonly #asked = new Map<string, { rev: number; occurrence: number }>()
  /** Asked before the relay's log had been read so far: asked again when it has moved. */
  readonly #stale = new Set<string>()
  /** Wanted to be looked at while the log was behind. */
  readonly #deferred = new Set<string>()
  /** Countdowns that the owner has been shown here, and since when. */
  readonly #countdowns = new Map<string, { occurrence: number; since: number }>()
  #cancelTimer: () => void = () => {}
  #clocks: { wall: number; monotonic: number }
  #closed = false

  constructor(options: SchedulerOptions) {
    this.#options = options
    const { clock } = options.host
    this.#queue = new FireQueue({
      relay: options.relay,
      seenSeq: () => this.#seenSeq,
      answered: (request, result) => this.#answered(request, result),
      failed: (request, error) => this.#failed(request, error),
    })
    this.#clocks = { wall: options.now(), monotonic: clock.monotonic() }
  }

  /** The next instant something wants to be looked at. */
  nextAt(): number | null {
    return this.#heap.next()
  }

  evaluateAll(): void {
    if (this.#closed) return
    this.#heap.clear()
    this.#look(shownBackups(this.#options.state()))
  }

  evaluate(ids: Iterable<string>): void {
    if (this.#closed) return
    const state = this.#options.state()
    const shown = [...ids].map((id) => shownBackup(state, id) ?? id)
    this.#look(shown.filter((one) => typeof one !== 'string'))
    for (const gone of shown) if (typeof gone === 'string') this.#heap.set(gone, null)
  }

  #look(all: readonly ShownBackup[]): void {
    for (const shown of all) {
      try {
        this.#evaluateOne(shown)
      } catch (error) {
        // One plan that cannot be evaluated, as with a zone this machine does not know, must not stop the others.
        this.#options.host.log.error('backup not evaluated', { id: shown.record.id, error })
      }
    }
    this.#queue.pump()
    this.#setTimer()
  }

  /** The log has moved and is read to its end: what could not be decided before it can be now. */
  caughtUp(): void {
    for (const id of this.#stale) this.#asked.delete(id)
    const ids = new Set([...this.#stale, ...this.#deferred])
    this.#stale.clear()
    this.#deferred.clear()
    this.evaluate(ids)
  }

  /** The relay is away: what was asked may have come through or not. */
  lost(): void {
    this.#asked.clear()
    this.#stale.clear()
    this.#deferred.clear()
    this.#queue.clear()
  }

  /** On each heartbeat, and when a timer of ours runs out. */
  tick(): void {
    if (this.#closed) return
    const { clock } = this.#options.host
    // The relay's time: it moves when this machine's clock is set, and when the relay's is.
    const wall = this.#options.now()
    const monotonic = clock.monotonic()
    const drift = wall - this.#clocks.wall - (monotonic - this.#clocks.monotonic)
    this.#clocks = { wall, monotonic }
    if (Math.abs(drift) > DRIFT_MS) {
      this.#options.drifted(drift)
      this.evaluateAll()
      return
    }
    this.evaluate(this.#heap.takeDue(this.#options.now()))
  }

  close(): void {
    this.#closed = true
    this.#cancelTimer()
    this.lost()
    this.#queue.close()
  }

  /** How far the log has been read here. */
  get #seenSeq(): number {
    return this.#options.state().cursor?.seq ?? 0
  }

  #setTimer(): void {
    this.#cancelTimer()
    this.#cancelTimer = () => {}
    const next = this.#heap.next()
    if (next === null) return
    const waitMs = next - this.#options.now()
    // Later ones are found by the heartbeat.
    if (waitMs <= BEAT_MS) this.#cancelTimer = this.#options.host.timers.after(Math.max(0, waitMs), () => this.tick())
  }

  #evaluateOne(seen: ShownBackup): void {
    const { id } = seen.record
    const state = this.#options.state()
    const relay = this.#options.relay()
    // A change on its way out goes first; it brings the backup here again.
    const changing = relay !== 'away' && (seen.pending !== null || seen.row.local)
    // What came due on this screen alone, while the relay was away, the relay has still to be asked for.
    const shown = relay === 'away' || changing ? seen : { ...seen, record: seen.row.record }
    if (!isListening(shown.record) || relay === 'behind' || changing) {
      this.#heap.set(id, null)
      if (relay === 'behind' && !changing) this.#deferred.add(id)
      return
    }
    const { record } = shown
    const now = this.#options.now()
    const facts = factsFor(shown, state, this.#options.presence, this.#options.texts)
    const verdict = evaluate(record.plan, record, facts, now)
    this.#heap.set(id, verdict.verdict === 'wait' ? later(verdict.wakeAt, now) : null)
    if (relay !== 'away') {
      const until = this.#heldBackUntil(shown, verdict, now)
      if (until !== null) {
        this.#heap.set(id, later(until, now))
        return
      }
    }
    if (verdict.verdict === 'wait') return
    if (this.#isDoubted(record)) return
    if (relay !== 'away') this.#ask(shown, verdict, now)
    else if (verdict.verdict === 'fire' && record.plan.action.kind === 'remind' && shown.pending !== 'cancel') {
      this.#options.showLocally(shown, verdict.dueSince)
    }
  }

  /** A message for a friend whose key has changed. The relay is asked to hold it; this device asks for nothing else. */
  #isDoubted({ plan }: BackupRecord): boolean {
    const known = { state: this.#options.state(), texts: this.#options.texts }
    const friend = plan.action.kind === 'send' ? known.state.friends.get(plan.to) : undefined
    return friend !== undefined && keyChanged(known, friend)
  }

  /** What is due, but not to be asked for by this device now: a countdown nobody saw, a command of another device. */
  #heldBackUntil(shown: ShownBackup, verdict: Verdict, now: number): number | null {
    const { id, occurrence, plan } = shown.record
    const fires = verdict.verdict === 'fire' && verdict.as === 'action'
    if (plan.action.kind === 'run' && fires && plan.action.device !== this.#options.state().account?.deviceId) {
      return verdict.dueSince + plan.late.graceMs
    }
    if (plan.action.kind !== 'send' || plan.action.countdownMs === null) return null
    if (!fires && !(verdict.verdict === 'wait' && verdict.reasons[0]?.code === 'COUNTDOWN')) return null
    const known = this.#countdowns.get(id)
    const since = known?.occurrence === occurrence ? known.since : now
    if (since === now && known?.since !== now) {
      this.#countdowns.set(id, { occurrence, since })
      this.#options.countDown(shown, since + plan.action.countdownMs)
    }
    const endsAt = since + plan.action.countdownMs
    // Until it fires, the verdict names the instant to look at again; the count here may be over before.
    return fires && now < endsAt ? endsAt : null
  }

  #ask({ record, row }: ShownBackup, verdict: Verdict, now: number): void {
    const { id, rev, occurrence } = record
    const asked = this.#asked.get(id)
    if (asked?.rev === rev && asked.occurrence === occurrence) return
    this.#asked.set(id, { rev, occurrence })
    const request = { id, rev, occurrence, sightings: sealedSightings(record, row.seen) }
    this.#queue.add({ request, to: record.plan.to, dueSince: 'dueSince' in verdict ? verdict.dueSince : now })
  }

  #answered({ id, seenSeq, occurrence }: FireRequest, { outcome, lookAt, record }: FireResult): void {
    this.#countdowns.delete(id)
    if (outcome === 'run') this.#options.run(record, occurrence)
    if (outcome === 'stale') {
      this.#stale.add(id)
      if (this.#seenSeq > seenSeq && this.#options.relay() !== 'behind') this.caughtUp()
    } else if (outcome === 'early') {
      this.#asked.delete(id)
      const now = this.#options.now()
      this.#heap.set(id, this.#askAgainAt(lookAt, now))
      this.#setTimer()
    }
    // Anything else stands in the log, which is on its way here.
  }

  /** The relay names a moment that has passed here: the clocks disagree, and asking at once would never end. */
  #askAgainAt(lookAt: number | null, now: number): number {
    if (lookAt === null) return now + ASK_AGAIN_MS
    if (lookAt > now) return lookAt
    if (now - lookAt > DRIFT_MS) this.#options.drifted(lookAt - now)
    return now + CLOCKS_DISAGREE_MS
  }

  #failed({ id }: FireRequest, error: unknown): void {
    if (error instanceof LinkLost || error instanceof CallTimeout) {
      this.#asked.delete(id)
      return
    }
    const known = toImError(error)
    this.#options.host.log.warn('fire request failed', { code: known.code })
    if (!known.retry) return
    this.#asked.delete(id)
    this.#heap.set(id, this.#options.now() + (known.retryAfterMs ?? ASK_AGAIN_MS))
    this.#setTimer()
  }
}

function later(at: number | null, now: number): number | null {
  return at === null ? null : Math.max(at, now + 1)
}
