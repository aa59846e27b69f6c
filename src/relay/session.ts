import type { Uin } from '../domain/uin.ts'
import { type ErrorData, ImError } from '../protocol/errors.ts'
import type { LogEntry } from '../protocol/records.ts'
import { MAX_FRAME_BYTES, type RelayEvent, type RelayEvents } from '../protocol/relay-api.ts'
import { LinkLost, type Peer } from '../rpc/peer.ts'
import type { Accounts } from './accounts.ts'

/** A reader this far behind is waited for; its entries stay in the log meanwhile. */
const HIGH_WATER_BYTES = MAX_FRAME_BYTES
/** One push of entries: well below the frame limit, whatever the texts. */
const PAGE_BYTES = MAX_FRAME_BYTES / 2
const PAGE_ENTRIES = 100

/** As many entries from the front as fit in a page; at least one. */
export function pageOf<T>(items: readonly T[]): T[] {
  let bytes = 0
  const page: T[] = []
  for (const item of items) {
    bytes += Buffer.byteLength(JSON.stringify(item))
    if (page.length > 0 && bytes > PAGE_BYTES) break
    page.push(item)
  }
  return page
}

/**
 * One device that has proved itself. Its log loop is: read from the cursor to the head, send, sleep until woken; a
 * push is only the wake-up, so there is no moment between catching up and being live.
 */
export class Session {
  readonly uin: Uin
  readonly deviceId: string
  readonly #peer: Peer
  readonly #accounts: Accounts
  #head = 0
  #wake: (() => void) | null = null
  #following = false
  #closed = false

  constructor(peer: Peer, accounts: Accounts, uin: Uin, deviceId: string) {
    this.#peer = peer
    this.#accounts = accounts
    this.uin = uin
    this.deviceId = deviceId
  }

  /** It has ended or is about to: nothing is told to it or done for it any more. */
  get over(): boolean {
    return this.#closed
  }

  tell<E extends RelayEvent>(event: E, params: RelayEvents[E]): void {
    if (!this.#closed) this.#peer.notify(event, params)
  }

  /** The account's log has durably reached `head`. */
  headMoved(head: number): void {
    if (head <= this.#head) return
    this.#head = head
    this.#wake?.()
  }

  /** Starts the log loop after `seq`; only once a session. */
  follow(epoch: number, seq: number, head: number): void {
    if (this.#following) throw new ImError('USAGE', 'This session follows its log already.')
    this.#following = true
    this.#head = Math.max(this.#head, head)
    this.#loop(epoch, seq).catch((cause: unknown) => {
      if (!(cause instanceof LinkLost)) this.close(new ImError('IO', undefined, { cause }).toData())
    })
  }

  async #loop(epoch: number, after: number): Promise<void> {
    let cursor = after
    while (!this.#closed) {
      if (cursor >= this.#head) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
        this.#wake = null
        continue
      }
      const entries: LogEntry[] = pageOf(await this.#accounts.entries(this.uin, cursor, this.#head, PAGE_ENTRIES))
      const last = entries.at(-1)
      if (last === undefined) throw new Error(`the log of ${this.uin} ends before ${this.#head}`)
      this.tell('log.entries', { epoch, entries, head: this.#head })
      cursor = last.seq
      if (this.#peer.bufferedBytes > HIGH_WATER_BYTES) await this.#peer.drained(HIGH_WATER_BYTES)
    }
  }

  /** Tells why, then closes the connection. */
  close(error: ErrorData): void {
    this.tell('session.closing', { error })
    this.#peer.close(4000, error.code)
    this.ended()
  }

  /** The connection has gone. */
  ended(): void {
    this.#closed = true
    this.#wake?.()
  }
}
