import { toJson } from './codec.ts'
import type { Rows } from './heads.ts'
import { assertKey, spaceOf } from './layout.ts'
import type { Decision, Key, Reader, Write } from './store.ts'

/** One account's part of a transaction, ready to be queued. */
export interface Staged {
  rows: [Key, string | null][]
  /** What goes to the disk, in UTF-16 units. */
  chars: number
  /** Rows per space afterwards, of the spaces where that changes. */
  counts: Rows | null
  /** Undefined: as it is. */
  wake: number | null | undefined
}

/**
 * Encodes the writes, so that nothing of the caller's is kept, and counts the rows. Null: nothing would change.
 * Throws TypeError for writes no store can take.
 */
export function stage(writes: readonly Write[], wake: number | null | undefined, before: Rows): Staged | null {
  if (wake !== undefined && wake !== null) assertWake(wake)
  if (writes.length === 0 && wake === undefined) return null
  const rows: [Key, string | null][] = []
  let counts: Map<string, number> | null = null
  let chars = 0
  for (const write of writes) {
    assertKey(write.key)
    const json = write.op === 'remove' ? null : jsonOf(write)
    rows.push([write.key, json])
    chars += write.key.length + (json?.length ?? 0)
    if (write.op === 'replace') continue
    counts ??= new Map()
    const space = spaceOf(write.key)
    const count = (counts.get(space) ?? before.get(space) ?? 0) + (write.op === 'insert' ? 1 : -1)
    if (count < 0) throw new TypeError(`more rows of space "${space}" are removed than there are`)
    counts.set(space, count)
  }
  return { rows, chars, counts, wake }
}

function jsonOf(write: Exclude<Write, { op: 'remove' }>): string {
  return 'json' in write ? write.json : toJson(write.value)
}

function assertWake(wake: number): void {
  if (!Number.isSafeInteger(wake) || wake < 0) throw new TypeError('a wake instant is a whole number of ms since 1970')
}

/** Throws TypeError if a write does not say what it does: rows are counted by what writes say. */
export async function verifyWrites(readers: readonly Reader[], decision: Decision<unknown>): Promise<void> {
  for (const [i, reader] of readers.entries()) {
    const present = new Map<string, boolean>()
    for (const { op, key } of decision.writes[i] ?? []) {
      const exists = present.get(key) ?? (await reader.get(key)) !== undefined
      if (exists === (op === 'insert'))
        throw new TypeError(`${op} of "${key}", which ${exists ? 'exists' : 'does not exist'}`)
      present.set(key, op !== 'remove')
    }
  }
}
