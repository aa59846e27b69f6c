import type { Uin } from '../../domain/uin.ts'
import type { LogEntry, LogEntryBody, MessageRecord } from '../../protocol/records.ts'
import { type Soon, soon } from '../../store/soon.ts'
import type { Reader, Write } from '../../store/store.ts'
import { type AccountState, keys, type LoggedEntry, within } from './account-state.ts'
import { Overlay } from './overlay.ts'
import { SentIds } from './sent-ids.ts'

/** Messages of a conversation read at once on the way back from the newest. */
const PAGE = 32

/** What may be asked of an account's log and its conversations. */
export type LogReader = Pick<
  AccountLog,
  'head' | 'entry' | 'sentMessage' | 'isTaken' | 'reportedAs' | 'count' | 'messagesFrom' | 'messagesSince'
>

/**
 * The log of one account inside one transaction, and the conversations in it. Of the two only the log holds messages:
 * a conversation is an index of numbers into it, and so are the ids of the messages the account sent.
 */
export class AccountLog {
  readonly #state: AccountState
  readonly #reader: Reader
  readonly #now: number
  readonly #writes: Write[]
  readonly #entries: LogEntry[] = []
  readonly #logged: LoggedEntry[] = []
  readonly #counts: Overlay<Uin, number>
  /** The last look for a message by its id: whoever delivers one has looked before. */
  #looked: { id: string; message: MessageRecord | undefined } | null = null

  /** What is appended goes to `writes`. */
  constructor(state: AccountState, reader: Reader, now: number, writes: Write[]) {
    this.#state = state
    this.#reader = reader
    this.#now = now
    this.#writes = writes
    this.#counts = new Overlay(state.counts)
  }

  /** The number of the newest entry, those of this transaction included. */
  get head(): number {
    return this.#state.head + this.#entries.length
  }

  /** What this transaction has appended. */
  get appended(): readonly LoggedEntry[] {
    return this.#logged
  }

  /** Keeps what it has learned of the length of conversations, by writing or by looking. */
  applyCounts(counts: Map<Uin, number>): void {
    this.#counts.applyTo(counts)
  }

  /** The JSON of the body's one record, which stands under the name of its type: cut out of the entry's, made once. */
  append(body: LogEntryBody): string {
    const seq = this.head + 1
    const entry = { seq, at: this.#now, ...body } as LogEntry
    const json = JSON.stringify(entry)
    this.#entries.push(entry)
    this.#logged.push({ seq, json })
    this.#writes.push({ op: 'insert', key: keys.log(seq), json })
    return json.slice(json.indexOf('{', 1), -1)
  }

  /** The message as JSON, which is made once: the row, the push and the answer all hold the same. */
  putMessage(message: MessageRecord): string {
    const seq = this.head + 1
    const json = this.append({ type: 'message', message })
    this.#writes.push({ op: 'insert', key: keys.message(message.friend, message.n), value: seq })
    if (message.from === this.#state.uin) {
      this.#writes.push({ op: 'insert', key: keys.sent(message.id), value: seq })
      this.#state.sent?.add(message.id)
      this.#looked = null
    }
    this.#counts.set(message.friend, Math.max(this.#counts.get(message.friend) ?? 0, message.n))
    return json
  }

  entry(seq: number): Soon<LogEntry | undefined> {
    if (seq > this.#state.head) return this.#entries[seq - this.#state.head - 1]
    return this.#reader.get(keys.log(seq)) as Soon<LogEntry | undefined>
  }

  /** The account's own message of that id, if it was ever sent. */
  sentMessage(id: string): Soon<MessageRecord | undefined> {
    if (this.#looked?.id === id) return this.#looked.message
    return soon(this.#sentHere(id) ?? this.#sentBefore(id), (message) => {
      this.#looked = { id, message }
      return message
    })
  }

  #sentHere(id: string): MessageRecord | undefined {
    const entry = this.#entries.find(
      (one) => one.type === 'message' && one.message.id === id && one.message.from === this.#state.uin,
    )
    return entry?.type === 'message' ? entry.message : undefined
  }

  #sentBefore(id: string): Soon<MessageRecord | undefined> {
    this.#state.sent ??= new SentIds()
    return soon(this.#state.sent.perhaps(id, this.#reader), (perhaps) =>
      perhaps ? soon(this.#reader.get(keys.sent(id)), (seq) => this.#messageAt(seq as number | undefined)) : undefined,
    )
  }

  #messageAt(seq: number | undefined): Soon<MessageRecord | undefined> {
    if (seq === undefined) return undefined
    return soon(this.entry(seq), (entry) => (entry?.type === 'message' ? entry.message : undefined))
  }

  /** Whether a message of a conversation has that number. */
  isTaken(friend: Uin, n: number): Soon<boolean> {
    const here = (entry: LogEntry) =>
      entry.type === 'message' && entry.message.friend === friend && entry.message.n === n
    if (this.#entries.some(here)) return true
    return soon(this.#reader.get(keys.message(friend, n)), (seq) => seq !== undefined)
  }

  /** The number under which a device gave back that message of somebody else, before its author sent it once more. */
  reportedAs(id: string): Soon<number | undefined> {
    if ((this.#reader.rows.get('reported') ?? 0) === 0) return undefined
    return this.#reader.get(keys.reported(id)) as Soon<number | undefined>
  }

  /** The last number used in the conversation with a friend; 0 when there is no message yet. */
  count(friend: Uin): Soon<number> {
    return this.#counts.get(friend) ?? this.#countStored(friend)
  }

  async #countStored(friend: Uin): Promise<number> {
    const [last] = await this.#reader.range({ ...within(`message/${friend}`), reverse: true, limit: 1 })
    const count = last === undefined ? 0 : Number(last[0].slice(last[0].lastIndexOf('/') + 1))
    this.#counts.set(friend, count)
    return count
  }

  /** Messages of a conversation with numbers above `n`, oldest first, as they were before this transaction. */
  async messagesFrom(friend: Uin, n: number, limit: number): Promise<MessageRecord[]> {
    const { lt } = within(`message/${friend}`)
    const rows = await this.#reader.range({ gt: keys.message(friend, n), lt, limit })
    const entries = await Promise.all(rows.map(([, seq]) => this.entry(seq as number)))
    return entries.flatMap((entry) => (entry?.type === 'message' ? [entry.message] : []))
  }

  /** Messages of a conversation after the log position, oldest first, as they were before this transaction. */
  async messagesSince(friend: Uin, seq: number): Promise<{ seq: number; message: MessageRecord }[]> {
    const found: { seq: number; message: MessageRecord }[] = []
    const { gte, lt } = within(`message/${friend}`)
    for (let before = lt; ; ) {
      const page = await this.#reader.range({ gte, lt: before, reverse: true, limit: PAGE })
      for (const [, at] of page) {
        const entry = (at as number) > seq ? await this.entry(at as number) : undefined
        if (entry?.type !== 'message') return found.reverse()
        found.push({ seq: entry.seq, message: entry.message })
      }
      const oldest = page.at(-1)
      if (oldest === undefined || page.length < PAGE) return found.reverse()
      before = oldest[0]
    }
  }
}
