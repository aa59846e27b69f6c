import type { Host } from '../../host/host.ts'
import type { ImError } from '../../protocol/errors.ts'
import { CallTimeout, LinkLost } from '../../rpc/peer.ts'
import { toImError } from '../errors.ts'
import type { Ledger } from '../mirror/ledger.ts'
import { makes } from '../mirror/queued-calls.ts'
import { keys, type OutboxItem, type QueuedCall } from '../mirror/rows.ts'
import type { Tx } from '../mirror/tx.ts'
import { applyAnswer, type QueuedAnswer } from './answers.ts'
import { type Answered, backupsTouched, putAnswers, putsAfter } from './outbox-batch.ts'
import type { RelayPeer } from './relay-peer.ts'

/** How a queued call ended while somebody waited for it. */
export type Settled = { ok: true; answer: QueuedAnswer } | { ok: false; error: ImError }

/** A call that waits for the relay. `leave`: false when its end is known already. */
export interface Queued {
  n: number
  settled: Promise<Settled>
  leave: () => boolean
}

export interface QueueOptions {
  key?: string | null
  args?: string | null
  /** Refused once: what is refused again stays as it does when nobody waits. */
  again?: boolean
}

/** Puts a call into the outbox, within a change of the ledger; its number. */
export type Queue = (call: QueuedCall, options?: QueueOptions) => number

interface OutboxOptions {
  ledger: Ledger
  host: Host
  /** The open session, once the log has been followed from it; null while there is none. */
  peer: () => RelayPeer | null
  /** The relay has answered: the mirror or the outbox has moved. */
  changed: (item: OutboxItem) => void
  /** It was refused when nobody waited for it any more, and is kept to be seen. */
  refused: (item: OutboxItem, error: ImError) => void
  /** Changes of these backups have been queued, changed or dropped. */
  touched: (backupIds: readonly string[]) => void
  /**
   * What has to be asked before a call can mean anything: a dismissal of what only this device saw come due. Mostly there
   * is nothing, and the call leaves before this disk begins to write.
   */
  before: (peer: RelayPeer, item: OutboxItem) => Promise<unknown> | null
}

/** Calls one change may queue. */
const MAX_PER_CHANGE = 1_000
const RETRY_MS = 5_000
/** Every call would be answered so until the session is gone. */
const SESSION_OVER: ReadonlySet<string> = new Set(['TOKEN_REFUSED', 'NOT_LOGGED_IN'])

/**
 * Changes on their way to the relay: on disk before anybody is told, sent one after another in the order they were made.
 * Every call means the same when it is made twice, so one whose answer was lost is simply made again.
 */
export class Outbox {
  readonly #options: OutboxOptions
  readonly #waiting = new Map<number, (settled: Settled) => void>()
  /** Told as kept here to somebody else than those who wait. */
  readonly #promised = new Set<number>()
  #lastNumber: number
  #flushing: Promise<void> | null = null
  #cancelRetry: () => void = () => {}
  #closed = false
  #retrying = false
  /** New backups that go alone although there are more of them. */
  #singly = 0
  #lost: RelayPeer | null = null

  constructor(options: OutboxOptions) {
    this.#options = options
    this.#lastNumber = Math.max(0, ...options.ledger.state.outbox.keys())
  }

  /** Calls that still have to reach the relay; refused ones do not count. */
  get size(): number {
    return this.#pending().length
  }

  /**
   * One change of the ledger that may queue calls, one after another in the order of `queue`. With `wait`, each comes
   * with a promise of how it ends; whoever stops listening with `leave` finds the item kept, refused ones marked so.
   */
  async change<T>(
    fn: (tx: Tx, queue: Queue) => Promise<T> | T,
    { wait = false }: { wait?: boolean } = {},
  ): Promise<{ result: T; queued: readonly Queued[] }> {
    const { ledger, host, peer } = this.#options
    // Drawn before the transaction, which may be run again and must then say the same.
    const base = this.#reserve(MAX_PER_CHANGE)
    const left = peer() !== null
    const waits = new Map<number, Promise<Settled>>()
    try {
      const change = async (tx: Tx) => {
        const numbers: number[] = []
        const queue: Queue = (call, { key = null, args = null, again = false } = {}) => {
          const n = base + numbers.length
          numbers.push(n)
          const item: OutboxItem = { n, at: host.clock.now(), call, left, key, args, again, failed: null }
          tx.put(keys.outbox(n), item)
          if (wait && !waits.has(n)) waits.set(n, new Promise((resolve) => this.#waiting.set(n, resolve)))
          return n
        }
        const result = await fn(tx, queue)
        return { result, numbers, touched: backupsTouched(tx) }
      }
      // It leaves while the disk still writes: whoever made it is told of it when it is there.
      const { result, numbers, touched } = await ledger.change(change, () => this.flush())
      this.#options.touched(touched)
      const queued = numbers.map((n) => ({
        n,
        settled: waits.get(n) ?? new Promise<Settled>(() => {}),
        leave: () => this.#waiting.delete(n),
      }))
      return { result, queued }
    } catch (error) {
      for (const n of waits.keys()) this.#waiting.delete(n)
      throw error
    }
  }

  /** Somebody is told that what makes this backup or message is kept: a refusal is then to be seen, whoever waits. */
  promise(id: string): void {
    for (const { n, call } of this.#pending()) if (makes(call) === id) this.#promised.add(n)
  }

  #reserve(count: number): number {
    const first = this.#lastNumber + 1
    this.#lastNumber += count
    return first
  }

  /** Sends what waits, if the relay is there. */
  flush(): void {
    if (this.#over || this.#flushing !== null) return
    this.#cancelRetry()
    this.#flushing = this.#run()
      .catch((error: unknown) => {
        this.#options.host.log.error('outbox stopped', { code: toImError(error).code })
        // What failed here, as with a full disk, would at once fail again, and again without an end.
        if (!this.#over) this.#retryLater(RETRY_MS)
      })
      .finally(() => {
        this.#flushing = null
        // Something may have been queued between the last look and here.
        if (!this.#over && !this.#retrying && this.#usablePeer() !== null && this.size > 0) this.flush()
      })
  }

  /** Nothing may be built on a disk that failed a write: memory is ahead of it for good. */
  get #over(): boolean {
    return this.#closed || !this.#options.ledger.sound
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#cancelRetry()
    await this.#flushing
  }

  /** Drops whoever waits, as after a logout. */
  abandon(error: ImError): void {
    for (const tell of this.#waiting.values()) tell({ ok: false, error })
    this.#waiting.clear()
  }

  #pending(): OutboxItem[] {
    const items = [...this.#options.ledger.state.outbox.values()].filter((item) => item.failed === null)
    return items.sort((a, b) => a.n - b.n)
  }

  async #run(): Promise<void> {
    this.#retrying = false
    for (;;) {
      const peer = this.#usablePeer()
      if (peer === null || this.#over) return
      const waiting = this.#pending()
      if (waiting.some((item) => !item.left)) {
        await this.#markLeft()
        continue
      }
      const [first, ...rest] = waiting
      if (first === undefined) return
      const alone = this.#singly > 0
      if (alone) this.#singly--
      const batch = alone ? [first] : [first, ...putsAfter(first, rest)]
      try {
        const asked = this.#options.before(peer, first)
        if (asked !== null) await asked
        await this.#send(peer, batch)
      } catch (error) {
        const known = toImError(error)
        if (error instanceof LinkLost || error instanceof CallTimeout || SESSION_OVER.has(known.code)) {
          this.#lost = peer
          peer.close('no answer')
          return
        }
        if (known.retry) return this.#retryLater(known.retryAfterMs ?? RETRY_MS)
        // A batch refused as a whole says nothing of each: they go one by one.
        if (batch.length > 1) this.#singly = batch.length
        else await this.#refuse(first, known)
      }
    }
  }

  /** The open session, unless it has just shown that it is gone: its end is told a moment later. */
  #usablePeer(): RelayPeer | null {
    const peer = this.#options.peer()
    return peer === this.#lost ? null : peer
  }

  #retryLater(ms: number): void {
    this.#retrying = true
    this.#cancelRetry = this.#options.host.timers.after(ms, () => {
      this.#retrying = false
      this.flush()
    })
  }

  /** From here on the calls may have reached the relay, whatever happens: noted before the first goes. */
  async #markLeft(): Promise<void> {
    await this.#options.ledger.change((tx) => {
      for (const item of tx.items()) if (!item.left) tx.put(keys.outbox(item.n), { ...item, left: true })
    })
  }

  async #send(peer: RelayPeer, batch: readonly OutboxItem[]): Promise<void> {
    const [first] = batch
    if (first === undefined) return
    if (first.call.method !== 'backup.put') {
      const { method, params } = first.call
      const result = await peer.call(method, params)
      return this.#done([{ item: first, answer: { method, result } as QueuedAnswer }])
    }
    const backups = batch.flatMap(({ call }) => (call.method === 'backup.put' ? call.params.backups : []))
    const { results } = await peer.call('backup.put', { backups })
    const { done, refused } = putAnswers(batch, results, this.#options.ledger.state.account?.deviceId ?? '')
    await this.#done(done)
    for (const { item, error } of refused) await this.#refuse(item, error)
  }

  /**
   * All that one request brought, in one write. The relay has it, so nobody who waits is kept waiting for that write; the
   * next request is, so that after a crash it is at most one that is made again.
   */
  async #done(answered: readonly Answered[]): Promise<void> {
    if (answered.length === 0) return
    const { onDisk } = await this.#options.ledger.take(async (tx) => {
      for (const { item, answer } of answered) {
        await applyAnswer(tx, item, answer)
        tx.remove(keys.outbox(item.n))
      }
    })
    for (const { item, answer } of answered) {
      this.#options.changed(item)
      this.#promised.delete(item.n)
      this.#tell(item.n, { ok: true, answer })
    }
    await onDisk
  }

  /** Whoever waits gets the refusal, and nothing stays that nobody was told is kept; else it stays to be seen. */
  async #refuse(item: OutboxItem, error: ImError): Promise<void> {
    const tell = this.#waiting.get(item.n)
    this.#waiting.delete(item.n)
    const kept = this.#promised.has(item.n) || tell === undefined
    const { ledger, host, changed } = this.#options
    const seen = item.call.method.startsWith('backup.') || item.call.method === 'message.send'
    host.log.warn('queued change refused', { method: item.call.method, code: error.code, told: tell !== undefined })
    const change = (tx: Tx): void => {
      if (!seen || !(kept || item.again)) tx.remove(keys.outbox(item.n))
      else tx.put(keys.outbox(item.n), { ...item, failed: { error: error.toData(), at: host.clock.now() } })
    }
    await ledger.change(change).catch((failure: unknown) => {
      // It stays to be asked again, as with a full disk, and whoever waits hears of it then.
      if (tell !== undefined) this.#waiting.set(item.n, tell)
      throw failure
    })
    this.#promised.delete(item.n)
    changed(item)
    tell?.({ ok: false, error })
    if (kept && seen) this.#options.refused(item, error)
  }

  #tell(n: number, settled: Settled): void {
    const tell = this.#waiting.get(n)
    this.#waiting.delete(n)
    tell?.(settled)
  }
}
