import type { Uin } from '../../domain/uin.ts'
import { type ErrorData, ImError } from '../../protocol/errors.ts'
import { MAX_FRAME_BYTES, type RelayEvent, type RelayEvents } from '../../protocol/relay-api.ts'
import { JsonText } from '../../rpc/message.ts'
import { LinkLost, type Peer } from '../../rpc/peer.ts'
import type { LoggedEntry } from '../accounts/account-state.ts'
import type { Accounts } from '../accounts/accounts.ts'

/** A reader this far behind is waited for; its entries stay in the log meanwhile. */
const HIGH_WATER_BYTES = MAX_FRAME_BYTES
/** One push of entries: well below the frame limit, whatever the texts. */
const PAGE_BYTES = MAX_FRAME_BYTES / 2
const PAGE_ENTRIES = 100
/** Beyond that a reader that does not keep up reads the store again. */
const MOST_FRESH = 64
const ENTRIES: RelayEvent = 'log.entries'

/** As many items from the front as fit in a page; at least one. */
export function pageOf<T extends { json: string }>(items: readonly T[]): T[] {
  let bytes = 0
  const page: T[] = []
  for (const item of items) {
    bytes += Buffer.byteLength(item.json)
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
  /** Entries that were told of and not sent yet; a cache of the log's end. */
  #fresh: LoggedEntry[] = []
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

  /** The account's log has durably reached `head`, by what was appended. */
  headMoved(head: number, appended: readonly LoggedEntry[]): void {
    if (head <= this.#head) return
    this.#head = head
    if (this.#following) this.#fresh = this.#fresh.length > MOST_FRESH ? [] : [...this.#fresh, ...appended]
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
      const entries = pageOf(this.#takeFresh(cursor) ?? (await this.#stored(cursor)))
      const last = entries.at(-1)
      if (last === undefined) throw new Error(`the log of ${this.uin} ends before ${this.#head}`)
      this.#push(epoch, entries)
      cursor = last.seq
      if (this.#peer.bufferedBytes > HIGH_WATER_BYTES) await this.#peer.drained(HIGH_WATER_BYTES)
    }
  }

  /** What just came, where it is what comes next: whoever keeps up reads nothing from the store. */
  #takeFresh(cursor: number): LoggedEntry[] | null {
    const fresh = this.#fresh
    this.#fresh = []
    const isNext = fresh.every(({ seq }, index) => seq === cursor + 1 + index)
    return fresh.length > 0 && isNext ? fresh : null
  }

  #stored(cursor: number): Promise<LoggedEntry[]> {
    return this.#accounts.entries(this.uin, cursor, this.#head, PAGE_ENTRIES)
  }

  #push(epoch: number, entries: readonly LoggedEntry[]): void {
    if (this.#closed) return
    let list = ''
    for (const { json } of entries) list += list === '' ? json : `,${json}`
    this.#peer.notify(ENTRIES, new JsonText(`{"epoch":${epoch},"entries":[${list}],"head":${this.#head}}`))
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
