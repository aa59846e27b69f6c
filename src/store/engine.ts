/** The ordered map underneath a store: strings to strings, ordered by the UTF-8 bytes of the key. */

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

/**
 * An open handle; only one can be open at a time. Reads see every write that has resolved, and never half of one.
 * Opening fails with StoreError 'locked' (open elsewhere), 'damaged' or 'io'; reads with 'damaged' or 'io'.
 */
export interface Engine {
  get(key: string): string | undefined | Promise<string | undefined>
  range(query: EngineRange): Promise<[string, string][]>
  /** All or nothing, and on disk when it resolves; the list is the engine's from then on. After a rejection the handle must not be written again. */
  write(ops: EngineOp[]): Promise<void>
  /** Idempotent. */
  close(): Promise<void>
}
