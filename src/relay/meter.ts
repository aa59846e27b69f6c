import type { ErrorCode } from '../protocol/errors.ts'
import type { FireResult, RelayMethod } from '../protocol/relay-api.ts'
import type { Engine } from '../store/engine.ts'
import type { Store } from '../store/store.ts'

/**
 * What a relay tells whoever counts. Everything here comes from closed sets or is a number: no text, UIN, token or
 * address can pass. A relay that nobody counts is given none, and does nothing in its place.
 */
export interface Meter {
  frame(way: 'in' | 'out'): void
  /** `unknown`: a method there is not. */
  answered(method: RelayMethod | 'unknown', outcome: 'ok' | ErrorCode): void
  connectionClosed(code: number): void
  /** `lateMs`: how long after its conditions held; null where nothing came due. `reason`: why it is held or failed. */
  fired(by: 'device' | 'relay', outcome: FireResult['outcome'], reason: string | null, lateMs: number | null): void
  /** Log entries that have reached the disk. */
  appended(entries: number): void
  /** One synced write: how many rows it held, and how long the disk took. */
  committed(rows: number, ms: number): void
  /** Reads and transactions of the store that began or ended. */
  underWay(change: 1 | -1): void
}

export function meteredEngine(engine: Engine, meter: Meter, clock: { monotonic(): number }): Engine {
  return {
    get: (key) => engine.get(key),
    range: (query) => engine.range(query),
    async write(ops) {
      const rows = ops.length
      const begun = clock.monotonic()
      await engine.write(ops)
      meter.committed(rows, clock.monotonic() - begun)
    },
    view: () => engine.view(),
    close: () => engine.close(),
  }
}

export function meteredStore(store: Store, meter: Meter): Store {
  async function counted<T>(work: () => Promise<T>): Promise<T> {
    meter.underWay(1)
    try {
      return await work()
    } finally {
      meter.underWay(-1)
    }
  }
  return {
    get epoch() {
      return store.epoch
    },
    failed: store.failed,
    read: (account, fn) => counted(() => store.read(account, fn)),
    async transact(accounts, fn) {
      let entries = 0
      const result = await counted(() =>
        store.transact(accounts, async (readers) => {
          const decision = await fn(readers)
          entries = decision.writes.flat().filter(({ op, key }) => op === 'insert' && key.startsWith('log/')).length
          return decision
        }),
      )
      if (entries > 0) meter.appended(entries)
      return result
    },
    wakes: (until, limit) => store.wakes(until, limit),
    nextWake: () => store.nextWake(),
    accounts: (after, limit) => store.accounts(after, limit),
    view: (fn) => store.view(fn),
    close: () => store.close(),
  }
}
