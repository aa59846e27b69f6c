import type { Uin } from '../../domain/uin.ts'
import type { LogEntry, LogEntryBody, MessageRecord } from '../../protocol/records.ts'
import { type Soon, soon } from '../../store/soon.ts'
import type { Reader, Write } from '../../store/store.ts'
import { type AccountState, keys, type LoggedEntry } from './account-state.ts'
import { Conversations } from './conversations.ts'
import { Overlay } from './overlay.ts'
import type { Place } from './places.ts'
import { SentIds } from './sent-ids.ts'

/** What may be asked of an account's log and its conversations. */
export type LogReader = Pick<
  AccountLog,
  | 'head'
  | 'entry'
  | 'sentMessage'
  | 'isTaken'
  | 'reportedAs'
  | 'count'
  | 'messagesFrom'
  | 'messagesBefore'
  | 'messagesSince'
>

/** A message and the number of its entry. */
export interface SeenMessage {
  seq: number
  message: MessageRecord
}

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
  readonly #conversations: Conversations
  /** The last look for a message by its id: whoever delivers one has looked before. */
  #looked: { id: string; message: MessageRecord | undefined } | null = null

  /** What is appended goes to `writes`. */
  constructor(state: AccountState, reader: Reader, now: number, writes: Write[]) {
    this.#state = state
    this.#reader = reader
    this.#now = now
    this.#writes = writes
    this.#counts = new Overlay(state.counts)
    this.#conversations = new Conversations(state, reader, writes, this.#entries)
  }

  /** The number of the newest entry, those of this transaction included. */
  get head(): number {
    return this.#state.head + this.#entries.length
  }

  /** What this transaction has appended. */
  get appended(): readonly LoggedEntry[] {
    return this.#logged
  }

  /** Ends the transaction: writes where its messages lie, if it is time to. */
  finish(): void {
    this.#conversations.finish(this.head)
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
    if (message.from === this.#state.uin) {
      this.#writes.push({ op: 'insert', key: keys.sent(message.id), value: seq })
      this.#state.sent?.add(message.id)
      this.#looked = null
    }
    this.#counts.set(message.friend, Math.max(this.#counts.get(message.friend) ?? 0, message.n))
    return json
  }

  /** One that a device gives back: its number may be below the newest. */
  async putReported(message: MessageRecord): Promise<void> {
    // Known before the message is: it may not be the newest.
    await this.count(message.friend)
    this.putMessage(message)
    await this.#conversations.file(message.friend, [message.n, this.head])
  }

  /** Takes an entry out of the log, and with a message what leads to it. */
  async remove(entry: LogEntry): Promise<void> {
    this.#writes.push({ op: 'remove', key: keys.log(entry.seq) })
    if (entry.type !== 'message') return
    const { friend, n, from, id } = entry.message
    if (from === this.#state.uin) this.#writes.push({ op: 'remove', key: keys.sent(id) })
    await this.#conversations.remove(friend, [n, entry.seq])
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
  async isTaken(friend: Uin, n: number): Promise<boolean> {
    for await (const [next] of this.#conversations.above(friend, n - 1)) return next === n
    return false
  }

  /** The number under which a device gave back that message of somebody else, before its author sent it once more. */
  reportedAs(id: string): Soon<number | undefined> {
    if ((this.#reader.rows.get('reported') ?? 0) === 0) return undefined
    return this.#reader.get(keys.reported(id)) as Soon<number | undefined>
  }

  /** The last number used in the conversation with a friend; 0 when there is no message yet. */
  count(friend: Uin): Soon<number> {
    return (
      this.#counts.get(friend) ??
      soon(this.#conversations.last(friend), (count) => {
        this.#counts.set(friend, count)
        return count
      })
    )
  }

  /** Messages of a conversation with numbers above `n`, the lowest first. */
  async messagesFrom(friend: Uin, n: number, limit: number): Promise<MessageRecord[]> {
    return (await this.#messagesAt(this.#conversations.above(friend, n), limit)).map(({ message }) => message)
  }

  /** Messages of a conversation with numbers below `before`, the highest first; null: from the newest on. */
  async messagesBefore(friend: Uin, before: number | null, limit: number): Promise<MessageRecord[]> {
    return (await this.#messagesAt(this.#conversations.below(friend, before), limit)).map(({ message }) => message)
  }

  /** Messages of a conversation after the log position, oldest first: the newest ones, as far as all came after it. */
  async messagesSince(friend: Uin, seq: number): Promise<SeenMessage[]> {
    const places = this.#conversations.below(friend, null)
    return (await this.#messagesAt(places, Number.POSITIVE_INFINITY, seq)).reverse()
  }

  /** The messages at the places, up to the first that does not lie behind `after`. */
  async #messagesAt(places: AsyncIterable<Place>, limit: number, after = 0): Promise<SeenMessage[]> {
    const found: SeenMessage[] = []
    for await (const [, seq] of places) {
      if (seq <= after) break
      const message = await this.#messageAt(seq)
      if (message !== undefined) found.push({ seq, message })
      if (found.length >= limit) break
    }
    return found
  }
}
