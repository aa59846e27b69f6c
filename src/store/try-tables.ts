/** LevelDB is built with assertions: over a table whose rows are in disorder it ends the process. Another one tries first. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, rm } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { StoreError } from './store.ts'

/** The names of those tables of a directory, of a database that nobody has open, that must not be opened here. */
export type TryTables = (dir: string) => Promise<string[]>

/** So many to a process: an argument list has an end. */
const TABLES_AT_ONCE = 1_000

/** In a process of `entry` (`table-child.ts`), and in another one after each table over which it ended. */
export function tryTablesIn(entry: URL): TryTables {
  return async (dir) => {
    const bad: string[] = []
    let left = (await readdir(dir)).filter((name) => /\.(ldb|sst)$/.test(name)).sort()
    while (left.length > 0) {
      const some = left.slice(0, TABLES_AT_ONCE)
      const last = await lastTried(entry, dir, some)
      if (last !== null) bad.push(last)
      left = left.slice(last === null ? some.length : some.indexOf(last) + 1)
    }
    return bad
  }
}

/** The table over which the process ended; null when it came to its end. */
async function lastTried(entry: URL, dir: string, tables: readonly string[]): Promise<string | null> {
  const scratch = `${dir}.table`
  const args = [fileURLToPath(entry), dir, scratch, ...tables]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] })
  const ended = once(child, 'close')
  const named = (await text(child.stdout)).trim().split('\n')
  const [code, signal] = await ended
  await rm(scratch, { recursive: true, force: true })
  if (code === 0) return null
  const last = named.at(-1) ?? ''
  if (signal === 'SIGABRT' && tables.includes(last)) return last
  throw new StoreError('io', `the tables cannot be tried: a process of im ended with ${signal ?? code}`)
}
