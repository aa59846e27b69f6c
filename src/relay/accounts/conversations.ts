import type { Uin } from '../../domain/uin.ts'
import type { LogEntry } from '../../protocol/records.ts'
import type { Soon } from '../../store/soon.ts'
import type { RangeQuery, Reader, Write } from '../../store/store.ts'
import { type AccountState, keys, within } from './account-state.ts'
import { addMessages, byNumber, INDEX_AFTER, numberIn, type Place, placesAtEnd, placesIn, type Tail } from './places.ts'

/** Rows read at first on the way through a conversation; each time after, twice as many. */
const ROWS_AT_ONCE = 4

interface Row {
  key: string
  places: readonly Place[]
}

/**
 * Where the messages of an account's conversations lie in its log, inside one transaction: the one place that knows of
 * rows and tail. Rows `message/FRIEND/N` tell of all entries up to `indexed/log`, each of messages up to number N that
 * no row before it holds. What came later, the tail, is in memory, and is read from the log again when the account is
 * loaded. In a conversation the tail's numbers are above those of all rows.
 */
export class Conversations {
  readonly #state: AccountState
  readonly #reader: Reader
  readonly #writes: Write[]
  readonly #appended: readonly LogEntry[]
  /** Rows this transaction changes. */
  #changed: Map<string, readonly Place[]> | null = null
  /** Entries that are in the tail no more, or never were: removed ones, and those filed in a row. */
  #aside: Set<number> | null = null
  #isFiled = false

  /** `appended`: the entries of this transaction, as they come. */
  constructor(state: AccountState, reader: Reader, writes: Write[], appended: readonly LogEntry[]) {
    this.#state = state
    this.#reader = reader
    this.#writes = writes
    this.#appended = appended
  }

  /** The highest number; 0 where there is none. */
  last(friend: Uin): Soon<number> {
    const newest = this.#tail(friend).at(-1)
    if (newest !== undefined) return newest[0]
    if (!this.#reader.rows.has('message')) return 0
    const row = this.#rows({ ...within(`message/${friend}`), reverse: true, limit: 1 })
    return row.then(([last]) => (last === undefined ? 0 : numberIn(last.key)))
  }

  /** Those with numbers above `n`, the lowest first. */
  async *above(friend: Uin, n: number): AsyncGenerator<Place> {
    const { lt } = within(`message/${friend}`)
    let gt = keys.message(friend, n)
    for (let limit = ROWS_AT_ONCE; ; limit *= 2) {
      const rows = await this.#rows({ gt, lt, limit })
      for (const { places } of rows) yield* places.filter((place) => place[0] > n)
      if (rows.length < limit) break
      gt = rows.at(-1)?.key ?? lt
    }
    yield* this.#tail(friend).filter((place) => place[0] > n)
  }

  /** Those with numbers below `before`, the highest first; null: all. */
  async *below(friend: Uin, before: number | null): AsyncGenerator<Place> {
    const downwards = (places: readonly Place[]) =>
      places.filter(([n]) => before === null || n < before).sort((a, b) => byNumber(b, a))
    yield* downwards(this.#tail(friend))
    const { gte, lt } = within(`message/${friend}`)
    // The row that reaches up to `before` may hold lower ones too.
    const [border] = before === null ? [] : await this.#rows({ gte: keys.message(friend, before), lt, limit: 1 })
    let top: RangeQuery = border === undefined ? { lt } : { lte: border.key }
    for (let limit = ROWS_AT_ONCE; ; limit *= 2) {
      const rows = await this.#rows({ gte, ...top, reverse: true, limit })
      for (const { places } of rows) yield* downwards(places)
      if (rows.length < limit) return
      top = { lt: rows.at(-1)?.key ?? gte }
    }
  }

  /** Puts a message of this transaction into the row that reaches up to its number. Where none does it is in the tail. */
  async file(friend: Uin, place: Place): Promise<void> {
    const row = await this.#rowFor(friend, place[0])
    if (row === undefined) return
    this.#change(row.key, [...row.places, place].sort(byNumber))
    this.#setAside(place[1])
    this.#isFiled = true
  }

  /** Its entry goes. */
  async remove(friend: Uin, [n, seq]: Place): Promise<void> {
    if (seq > this.#state.indexed) return this.#setAside(seq)
    const row = this.#changedWith(friend, n) ?? (await this.#rowFor(friend, n))
    if (row === undefined) return
    const places = row.places.filter((place) => place[0] !== n)
    this.#change(row.key, places)
  }

  /**
   * Ends the transaction, which leaves the log at `head`: what came is in the tail, and the tail in rows when it is long.
   * Also when a row tells of an entry beyond the index, which else would be read as one of the tail.
   */
  finish(head: number): void {
    const { tail, indexed } = this.#state
    addMessages(tail, this.#appended)
    if (this.#aside !== null) for (const friend of tail.keys()) this.#keep(friend, this.#aside)
    const isLong = head - indexed > INDEX_AFTER
    if (this.#appended.length > 0 && (isLong || this.#isFiled || this.#isOfOld())) this.#index(head)
    this.#changed?.forEach((places, key) => {
      this.#writes.push(places.length === 0 ? { op: 'remove', key } : { op: 'replace', key, value: places })
    })
  }

  #keep(friend: Uin, aside: ReadonlySet<number>): void {
    const { tail } = this.#state
    const places = placesAtEnd(tail, friend).filter(([, seq]) => !aside.has(seq))
    if (places.length > 0) tail.set(friend, places.flat())
    else tail.delete(friend)
  }

  /** Without `indexed/log` the whole log is told of, as of old: see `loadLog`. That ends with the next message. */
  #isOfOld(): boolean {
    const { tail, indexed } = this.#state
    return tail.size > 0 && indexed > 0 && !this.#reader.rows.has('indexed')
  }

  #index(head: number): void {
    const { tail } = this.#state
    for (const friend of tail.keys()) {
      const places = placesAtEnd(tail, friend)
      const last = places.at(-1)?.[0] ?? 0
      this.#writes.push({ op: 'insert', key: keys.message(friend, last), value: places })
    }
    this.#writes.push({ op: this.#reader.rows.has('indexed') ? 'replace' : 'insert', key: keys.indexed, value: head })
    tail.clear()
    this.#state.indexed = head
  }

  /** What of a conversation lies beyond the rows, in order. */
  #tail(friend: Uin): Place[] {
    const mine: Tail = new Map()
    addMessages(mine, this.#appended)
    const places = [...placesAtEnd(this.#state.tail, friend), ...placesAtEnd(mine, friend)]
    return places.filter(([, seq]) => this.#aside?.has(seq) !== true).sort(byNumber)
  }

  /** What goes at once mostly lies in one row: to look for it each time would cost more than all else. */
  #changedWith(friend: Uin, n: number): Row | undefined {
    const { gte } = within(`message/${friend}`)
    for (const [key, places] of this.#changed ?? []) {
      if (key.startsWith(gte) && places.some((place) => place[0] === n)) return { key, places }
    }
    return undefined
  }

  async #rowFor(friend: Uin, n: number): Promise<Row | undefined> {
    const { lt } = within(`message/${friend}`)
    return (await this.#rows({ gte: keys.message(friend, n), lt, limit: 1 }))[0]
  }

  /** As this transaction has changed them. */
  async #rows(query: RangeQuery): Promise<Row[]> {
    if (!this.#reader.rows.has('message')) return []
    const rows = await this.#reader.range(query)
    return rows.map(([key, value]) => ({ key, places: this.#changed?.get(key) ?? placesIn(key, value) }))
  }

  #change(key: string, places: readonly Place[]): void {
    this.#changed ??= new Map()
    this.#changed.set(key, places)
  }

  #setAside(seq: number): void {
    this.#aside ??= new Set()
    this.#aside.add(seq)
  }
}
