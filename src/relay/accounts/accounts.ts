import type { Uin } from '../../domain/uin.ts'
import type { Clock } from '../../host/host.ts'
import { countAccounts } from '../../store/count-accounts.ts'
import { type Soon, soon } from '../../store/soon.ts'
import type { Reader, Store } from '../../store/store.ts'
import type { Retention } from './account-backups.ts'
import { AccountCache } from './account-cache.ts'
import { type AccountState, keys, type LoggedEntry, loadAccount, seqOfKey } from './account-state.ts'
import { AccountTx, type News } from './account-tx.ts'

/** Rows removed in one transaction when an account goes. */
const WIPED_AT_ONCE = 1_000

interface Told {
  onHead: (uin: Uin, head: number, appended: readonly LoggedEntry[]) => void
  onWake: (at: number | null) => void
}

/**
 * The accounts of this relay: transactions over their state, with the state itself cached in memory. `onHead` is told
 * of every durable move of an account's log with what came to it, and `onWake` that its next wake-up may have changed.
 */
export class Accounts {
  readonly #store: Store
  readonly #clock: Clock
  readonly #retention: Retention
  readonly #told: Told
  readonly #cache: AccountCache
  /** Accounts made by this process, less those deleted. */
  #made = 0
  /** How many there were before that. */
  #before: Promise<number> | null = null

  constructor(store: Store, clock: Clock, retention: Retention, told: Told, cache = new AccountCache(() => true)) {
    this.#store = store
    this.#clock = clock
    this.#retention = retention
    this.#told = told
    this.#cache = cache
  }

  #stateOf(uin: Uin, reader: Reader): Soon<AccountState> {
    const known = this.#cache.get(uin)
    if (known?.version === reader.version) return this.#keep(uin, known)
    return loadAccount(uin, reader, this.#store.epoch).then((state) => this.#keep(uin, state))
  }

  #keep(uin: Uin, state: AccountState): AccountState {
    this.#cache.keep(uin, state)
    return state
  }

  /** Runs `fn` over one account; resolves when what it wrote is on disk. */
  one<T>(uin: Uin, fn: (account: AccountTx) => Soon<T>): Promise<T> {
    return this.#run([uin], (account) => fn(account as AccountTx))
  }

  /** Runs `fn` over two different accounts at once. */
  two<T>(a: Uin, b: Uin, fn: (a: AccountTx, b: AccountTx) => Soon<T>): Promise<T> {
    return this.#run([a, b], (first, second) => fn(first as AccountTx, second as AccountTx))
  }

  /** Over an account and its correspondent, who may be the account itself. */
  pair<T>(me: Uin, other: Uin, fn: (me: AccountTx, other: AccountTx | null) => Soon<T>): Promise<T> {
    return me === other ? this.one(me, (account) => fn(account, null)) : this.two(me, other, fn)
  }

  /** A new epoch of one account's log, if `still` holds; the epoch it has then. */
  startEpoch(uin: Uin, still: (account: AccountTx) => boolean): Promise<number> {
    return this.one(uin, (account) => (still(account) ? account.startEpoch(this.#store.epoch) : account.epoch))
  }

  #run<T>(uins: Uin[], fn: (...accounts: AccountTx[]) => Soon<T>): Promise<T> {
    let again = false
    const deciding = this.#store.transact(uins, (readers) => {
      // What the first run made of the cached state was not written.
      if (again) for (const uin of uins) this.#cache.drop(uin)
      again = true
      const now = this.#clock.now()
      return soon(this.#statesOf(uins, readers), (states) => {
        const accounts = states.map((state, index) => this.#view(state, readers[index] as Reader, now))
        return soon(fn(...accounts), (result) => {
          const finished = accounts.map((account) => account.finish())
          const news = finished.map(({ news }) => news)
          const wake = finished.map(({ wake }) => wake)
          const aside = finished.every(({ aside }) => aside)
          return { writes: finished.map(({ writes }) => writes), wake, aside, result: { result, news } }
        })
      })
    })
    return this.#tell(deciding)
  }

  /** Tells what is durable, and holds nothing but that while the disk works. */
  async #tell<T>(deciding: Promise<{ result: T; news: readonly News[] }>): Promise<T> {
    const { result, news } = await deciding
    for (const { uin, head, appended, look, made } of news) {
      this.#made += made
      if (appended.length > 0) this.#told.onHead(uin, head, appended)
      if (look !== undefined) this.#told.onWake(look)
    }
    return result
  }

  #statesOf(uins: readonly Uin[], readers: readonly Reader[]): Soon<AccountState[]> {
    const states = uins.map((uin, index) => this.#stateOf(uin, readers[index] as Reader))
    return states.some((state) => state instanceof Promise) ? Promise.all(states) : (states as AccountState[])
  }

  #view(state: AccountState, reader: Reader, now: number): AccountTx {
    return new AccountTx(state, reader, now, this.#retention)
  }

  /** Reads an account as it is on disk now: what `fn` writes into the view is dropped. */
  read<T>(uin: Uin, fn: (view: AccountTx, reader: Reader) => Soon<T>): Promise<T> {
    return this.#store.read(uin, (reader) =>
      soon(this.#stateOf(uin, reader), (state) => fn(this.#view(state, reader, this.#clock.now()), reader)),
    )
  }

  /** Whether a backup of the account waits for this. One without any is not taken into memory to find out. */
  waits(uin: Uin, topic: string): Promise<boolean> {
    return this.#store.read(uin, (reader) => {
      if (!reader.rows.has('backup')) return false
      return soon(this.#stateOf(uin, reader), (state) => {
        return this.#view(state, reader, this.#clock.now()).backups.waits(topic)
      })
    })
  }

  /** One row, without taking the account into memory: for callers who have proved nothing yet. */
  row(uin: Uin, key: string): Promise<unknown> {
    return this.#store.read(uin, (reader) => reader.get(key))
  }

  /** Reads rows without taking the account into memory, where the ones in use would have to leave. */
  peek<T>(uin: Uin, fn: (reader: Reader) => Soon<T>): Promise<T> {
    return this.#store.read(uin, fn)
  }

  /** All accounts there are rows of, in order, a page at a time. */
  page(after: Uin | null, limit: number): Promise<Uin[]> {
    return this.#store.accounts(after, limit) as Promise<Uin[]>
  }

  /** How many accounts there are. Counted when it is first asked for, and kept from then on. */
  async count(): Promise<number> {
    this.#before ??= this.#countBefore()
    try {
      return (await this.#before) + this.#made
    } catch (error) {
      this.#before = null
      throw error
    }
  }

  /** Of one that is made in the very moment both may know. */
  #countBefore(): Promise<number> {
    return this.#store.view((rows) => {
      const made = this.#made
      return countAccounts(rows, 'login').then((count) => count - made)
    })
  }

  /** Removes all rows of an account that was deleted but its tombstone, many in a transaction. */
  async wipe(uin: Uin): Promise<void> {
    let removed: number
    do {
      removed = await this.#store.transact([uin], async ([reader]) => {
        const rows = (await reader?.range({ limit: WIPED_AT_ONCE })) ?? []
        const writes = rows.filter(([key]) => key !== keys.gone).map(([key]) => ({ op: 'remove' as const, key }))
        return { writes: [writes], wake: [null], result: writes.length }
      })
    } while (removed > 0)
    this.#cache.drop(uin)
  }

  /** Entries after `after` up to `head`, at most `limit`. */
  entries(uin: Uin, after: number, head: number, limit: number): Promise<LoggedEntry[]> {
    return this.peek(uin, async (reader) => {
      const rows = await reader.texts({ gt: keys.log(after), lte: keys.log(head), limit })
      return rows.map(([key, json]) => ({ seq: seqOfKey(key), json }))
    })
  }
}
