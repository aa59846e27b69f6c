import type { Uin } from '../domain/uin.ts'
import type { Clock } from '../host/host.ts'
import type { LogEntry } from '../protocol/records.ts'
import type { Reader, Store } from '../store/store.ts'
import { type AccountState, keys, loadAccount } from './account-state.ts'
import { AccountTx } from './account-tx.ts'

/** Accounts kept in memory; the ones used longest ago leave first. */
const CACHED_ACCOUNTS = 10_000

/**
 * The accounts of this relay: transactions over their state, with the state itself cached in memory. `onHead` is told
 * of every durable move of an account's log, and `onWake` that its next wake-up may have changed.
 */
export class Accounts {
  readonly #store: Store
  readonly #clock: Clock
  readonly #cache = new Map<Uin, AccountState>()
  readonly #told: { onHead: (uin: Uin, head: number) => void; onWake: (at: number | null) => void }

  constructor(
    store: Store,
    clock: Clock,
    told: { onHead: (uin: Uin, head: number) => void; onWake: (at: number | null) => void },
  ) {
    this.#store = store
    this.#clock = clock
    this.#told = told
  }

  async #stateOf(uin: Uin, reader: Reader): Promise<AccountState> {
    const cached = this.#cache.get(uin)
    if (cached !== undefined) this.#cache.delete(uin)
    const state = cached?.version === reader.version ? cached : await loadAccount(uin, reader, this.#store.epoch)
    if (cached !== undefined) state.evaluatedAt = cached.evaluatedAt
    this.#cache.set(uin, state)
    for (const oldest of this.#cache.keys()) {
      if (this.#cache.size <= CACHED_ACCOUNTS) break
      this.#cache.delete(oldest)
    }
    return state
  }

  /** Runs `fn` over one account; resolves when what it wrote is on disk. */
  one<T>(uin: Uin, fn: (account: AccountTx) => Promise<T> | T): Promise<T> {
    return this.#run([uin], (account) => fn(account as AccountTx))
  }

  /** Runs `fn` over two different accounts at once. */
  two<T>(a: Uin, b: Uin, fn: (a: AccountTx, b: AccountTx) => Promise<T> | T): Promise<T> {
    return this.#run([a, b], (first, second) => fn(first as AccountTx, second as AccountTx))
  }

  /** Over an account and its correspondent, who may be the account itself. */
  pair<T>(me: Uin, other: Uin, fn: (me: AccountTx, other: AccountTx | null) => Promise<T> | T): Promise<T> {
    return me === other ? this.one(me, (account) => fn(account, null)) : this.two(me, other, fn)
  }

  async #run<T>(uins: Uin[], fn: (...accounts: AccountTx[]) => Promise<T> | T): Promise<T> {
    let heads: { uin: Uin; head: number }[] = []
    let wakes: (number | null)[] = []
    const result = await this.#store.transact(uins, async (readers) => {
      const now = this.#clock.now()
      const states: AccountState[] = []
      for (const [index, reader] of readers.entries()) states.push(await this.#stateOf(uins[index] as Uin, reader))
      const accounts = states.map((state, index) => new AccountTx(state, readers[index] as Reader, now))
      const outcome = await fn(...accounts)
      const finished = accounts.map((account) => account.finish())
      heads = []
      for (const [index, account] of accounts.entries()) {
        const state = states[index] as AccountState
        if (account.head > state.head) heads.push({ uin: account.uin, head: account.head })
        account.applyTo(state)
      }
      wakes = finished.flatMap(({ wake }) => (wake === undefined ? [] : [wake]))
      return { writes: finished.map(({ writes }) => writes), wake: finished.map(({ wake }) => wake), result: outcome }
    })
    for (const { uin, head } of heads) this.#told.onHead(uin, head)
    for (const at of wakes) this.#told.onWake(at)
    return result
  }

  /** Reads an account as it is on disk now: what `fn` writes into the view is dropped. */
  read<T>(uin: Uin, fn: (view: AccountTx, reader: Reader) => Promise<T> | T): Promise<T> {
    return this.#store.read(uin, async (reader) => {
      const state = await this.#stateOf(uin, reader)
      return fn(new AccountTx(state, reader, this.#clock.now()), reader)
    })
  }

  /** Entries from `after` on, at most `limit` and up to `head`; from memory when they are recent. */
  async entries(uin: Uin, after: number, head: number, limit: number): Promise<LogEntry[]> {
    const tail = this.#cache.get(uin)?.tail ?? []
    const first = tail[0]
    if (first !== undefined && first.seq <= after + 1) {
      const start = after + 1 - first.seq
      return tail.slice(start, Math.min(start + limit, head - first.seq + 1))
    }
    return this.read(uin, async (_view, reader) => {
      const rows = await reader.range({ gt: keys.log(after), lte: keys.log(head), limit })
      return rows.map(([, entry]) => entry as LogEntry)
    })
  }
}
