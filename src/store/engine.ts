/** The ordered map underneath a store: strings to strings, ordered by the UTF-8 bytes of the key. */
import type { Soon } from './soon.ts'

export type EngineOp = { type: 'put'; key: string; value: string } | { type: 'del'; key: string }

/** At most one lower and one upper bound. */
export interface EngineRange {
  gt?: string
  gte?: string
  lt?: string
  lte?: string
  reverse?: boolean
  limit?: number
}

export type Reading = Pick<Engine, 'get' | 'range'>

/** All rows as they were at one moment, whatever is written meanwhile. To be closed, or the engine keeps what it replaces. */
export interface EngineView extends Reading {
  close(): Promise<void>
}

/**
 * An open handle; only one can be open at a time. Reads see every write that has resolved, and never half of one.
 * Opening fails with StoreError 'locked' (open elsewhere), 'damaged' or 'io'; reads with 'damaged' or 'io'.
 */
export interface Engine {
  get(key: string): Soon<string | undefined>
  range(query: EngineRange): Promise<[string, string][]>
  /** All or nothing, and on disk when it resolves; the list is the engine's from then on. After a rejection the handle must not be written again. */
  write(ops: EngineOp[]): Promise<void>
  /** Sees all writes that have resolved by now, and none that begin later. */
  view(): EngineView
  /** Idempotent. */
  close(): Promise<void>
}
