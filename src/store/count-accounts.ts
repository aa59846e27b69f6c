import { pages } from './audit.ts'
import { decodeRow } from './codec.ts'
import type { Reading } from './engine.ts'
import { parseHead } from './heads.ts'
import { accountOfHead, HEADS } from './layout.ts'

/** How many accounts have rows of a space, by what their heads count. Reads all heads: seconds, for a million. */
export async function countAccounts(rows: Reading, space: string): Promise<number> {
  let count = 0
  for await (const [key, row] of pages(rows, HEADS)) {
    if (parseHead(accountOfHead(key), decodeRow(key, row)).rows.has(space)) count++
  }
  return count
}
