import type { Uin } from '../../domain/uin.ts'
import type { Host } from '../../host/host.ts'
import type { Cursor } from '../../protocol/records.ts'
import type { RelayEvents } from '../../protocol/relay-api.ts'
import { LinkLost } from '../../rpc/peer.ts'
import { toImError } from '../errors.ts'
import type { Ledger } from '../mirror/ledger.ts'
import { applyEntries, type Told } from '../mirror/mirror.ts'
import type { CursorRow } from '../mirror/rows.ts'
import type { Texts } from '../mirror/texts.ts'
import type { RelayPeer } from './relay-peer.ts'
import { readState, reportLost } from './report.ts'
import { applyResync } from './resync.ts'

/** How far the log has been read: more is to come; its head, for the first time in this session; its head again. */
export type Progress = 'behind' | 'first-head' | 'head'

interface FollowerOptions {
  ledger: Ledger
  host: Host
  texts: Texts
  /** Entries are on disk. */
  applied: (told: readonly Told[], progress: Progress) => void
  /** The mirror was made anew, and is on disk. `held`: backups the relay holds since, and did not before. */
  resynced: (held: readonly string[]) => void
}

interface NewMirror {
  /** Where to read on from. */
  cursor: CursorRow
  held: readonly string[]
  onDisk: Promise<void>
}

const MARK_EVERY_MS = 1_000
const MARKS_AT_ONCE = 200
/** Pushed pages that wait for the disk: up to 64 MiB. A longer log is read on over another session. */
const MOST_WAITING = 512

/** Reads the account's log over one session after another: from the cursor to the head, then as it grows. */
export class LogFollower {
  readonly #options: FollowerOptions
  /** The open session, and the same once its log is followed. */
  #session: RelayPeer | null = null
  #peer: RelayPeer | null = null
  #me: Uin | null = null
  #head = 0
  /** The head has not been reached in this session. */
  #fresh = true
  #work: Promise<void> = Promise.resolve()
  #delivered = new Map<Uin, number>()
  #cancelMark: (() => void) | null = null
  #markAgain = false
  #waiting = 0

  constructor(options: FollowerOptions) {
    this.#options = options
  }

  /** Nothing of the log is missing here, as far as the relay has told. */
  get caughtUp(): boolean {
    const cursor = this.#options.ledger.state.cursor
    return this.#peer !== null && cursor !== null && cursor.seq >= this.#head
  }

  /** In this session the log has been read to its head: what is here is no older than what comes. */
  get current(): boolean {
    return !this.#fresh
  }

  get following(): boolean {
    return this.#peer !== null
  }

  /** Starts to follow from where the mirror stands; resolves when entries can be taken. */
  begin(peer: RelayPeer, me: Uin): Promise<void> {
    this.#session = peer
    return this.#inTurn(peer, async () => {
      this.#me = me
      this.#delivered.clear()
      const cursor = this.#options.ledger.state.cursor
      const asked: Cursor | null = cursor === null ? null : { epoch: cursor.epoch, seq: cursor.seq }
      const { epoch, head, resync } = await peer.call('log.follow', { cursor: asked })
      this.#head = head
      const made = resync ? await this.#resync(peer, epoch, cursor !== null) : null
      const isBehind = made !== null && made.cursor.seq < head
      // It may have ended while the mirror was made: then nothing comes from it any more.
      if (!isBehind && this.#session === peer) {
        this.#peer = peer
        // While the disk writes: what the relay has said would be said again.
        this.#applied([])
      }
      if (made !== null) {
        await made.onDisk
        this.#options.resynced(made.held)
      }
      // Something waits for words in older entries: they are read from there, over a session of its own.
      if (isBehind) peer.close('reading again from an older entry')
      else this.#markDelivered()
    })
  }

  /** Entries the relay sent; taken in order, after whatever came before. */
  entries(peer: RelayPeer, { epoch, entries, head }: RelayEvents['log.entries']): void {
    if (this.#waiting >= MOST_WAITING) {
      peer.close('entries come faster than they can be kept')
      return
    }
    this.#waiting++
    void this.#inTurn(peer, async () => {
      this.#waiting--
      if (this.#peer !== peer || this.#me === null) return
      const reading = { me: this.#me, texts: this.#options.texts }
      this.#head = Math.max(this.#head, head)
      const { result, onDisk } = await this.#options.ledger.take((tx) => applyEntries(tx, epoch, entries, reading))
      const { told, gap } = result
      await onDisk
      if (gap) {
        peer.close('entries are missing')
        return
      }
      this.#applied(told)
      this.#markDelivered()
    })
  }

  lost(): void {
    this.#session = null
    this.#peer = null
    this.#fresh = true
    this.#cancelMark?.()
    this.#cancelMark = null
    this.#markAgain = false
  }

  /** Resolves when what has come so far is worked off. */
  idle(): Promise<void> {
    return this.#work
  }

  #applied(told: readonly Told[]): void {
    const { caughtUp } = this
    const progress = caughtUp ? (this.#fresh ? 'first-head' : 'head') : 'behind'
    if (caughtUp) this.#fresh = false
    this.#options.applied(told, progress)
  }

  #inTurn(peer: RelayPeer, run: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(run).catch((error: unknown) => {
      if (error instanceof LinkLost) return
      this.#options.host.log.error('log not followed', { code: toImError(error).code })
      peer.close('log not followed')
    })
    return this.#work
  }

  /** Makes the mirror anew. `known`: it was one before, and may know more than the relay. */
  async #resync(peer: RelayPeer, epoch: number, known: boolean): Promise<NewMirror> {
    const { ledger, texts, host } = this.#options
    let state = await readState(peer)
    if (known && (await reportLost(peer, ledger, state.items))) state = await readState(peer)
    const before = new Map([...ledger.state.backups.values()].map(({ record }) => [record.id, record.state]))
    const { result, onDisk } = await ledger.take((tx) => applyResync(tx, epoch, state.seq, state.items, texts))
    host.log.info('mirror made anew', { items: state.items.length, head: state.seq })
    const held = [...ledger.state.backups.values()].flatMap(({ record: { id, heldReason } }) =>
      heldReason === 'RESTORED' && (before.get(id) ?? 'held') !== 'held' ? [id] : [],
    )
    return { cursor: result, held, onDisk }
  }

  /** Tells how far messages are on this disk: at once, then at most once a second. */
  #markDelivered(): void {
    if (this.#cancelMark !== null) {
      this.#markAgain = true
      return
    }
    const marks = [...this.#options.ledger.state.marks.values()]
      .filter(({ mark, arrived }) => arrived > Math.max(mark.delivered, this.#delivered.get(mark.friend) ?? 0))
      .map(({ mark, arrived }) => ({ friend: mark.friend, delivered: arrived, read: mark.read }))
      .slice(0, MARKS_AT_ONCE)
    if (marks.length === 0 || this.#peer === null) return
    for (const { friend, delivered } of marks) this.#delivered.set(friend, delivered)
    this.#peer.call('mark.put', { marks }).catch(() => this.#delivered.clear())
    this.#cancelMark = this.#options.host.timers.after(MARK_EVERY_MS, () => {
      this.#cancelMark = null
      const again = this.#markAgain || marks.length === MARKS_AT_ONCE
      this.#markAgain = false
      // In turn: what comes just now is not on this disk yet.
      if (again) void this.#work.then(() => this.#markDelivered())
    })
  }
}
