/** A look at a store that may be damaged, which leaves it as it is. */
import { copyFile, link, mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Problem, pages } from './audit.ts'
import type { Engine } from './engine.ts'
import { openLevelEngine, repairLevel } from './level-engine.ts'
import { StoreError } from './store.ts'
import type { TryTables } from './try-tables.ts'

/** Where links cannot be made, as between file systems. */
const NO_LINKS: readonly unknown[] = ['EXDEV', 'EPERM', 'ENOTSUP', 'EMLINK']

/**
 * A copy to look at: LevelDB changes what it opens, and drops what it cannot read. Its tables are never written again,
 * so links do.
 */
export async function copyToRead(from: string, to: string): Promise<void> {
  await mkdir(to, { mode: 0o700 })
  for (const name of await readdir(from)) {
    if (name === 'LOCK' || name === 'LOG' || name === 'LOG.old' || name === 'lost') continue
    const [source, target] = [join(from, name), join(to, name)]
    if (!/\.(ldb|sst)$/.test(name)) await copyFile(source, target)
    else {
      await link(source, target).catch((error: unknown) => {
        if (!NO_LINKS.includes((error as { code?: unknown }).code)) throw error
        return copyFile(source, target)
      })
    }
  }
}

/**
 * The engine over a copy, without the tables over which LevelDB would end the process; what it cannot open it puts together
 * anew first. Null: nothing helps.
 */
export async function openCopy(
  copy: string,
  tryTables: TryTables,
  found: (problem: Problem) => void,
): Promise<Engine | null> {
  const lost = (what: string) => found({ account: null, row: 'database', what })
  for (const table of await tryTables(copy)) {
    await rm(join(copy, table))
    lost(`has a table whose rows are in disorder: ${table}`)
  }
  try {
    const engine = await readable(copy)
    if (engine !== null) return engine
    lost('has tables that cannot be read')
  } catch (error) {
    if (!(error instanceof StoreError) || error.reason === 'io') throw error
    lost(error.message.replace(/^the database /, ''))
  }
  return repairLevel(copy)
    .then(() => readable(copy))
    .catch(() => null)
}

/** Null where it does not read to its end, or a row that is met on the way is not found by its key. */
async function readable(path: string): Promise<Engine | null> {
  const engine = await openLevelEngine(path)
  try {
    for await (const [key] of pages(engine, { gte: '!', lt: '~' })) {
      if ((await engine.get(key)) === undefined) throw new StoreError('damaged', 'an index leads nowhere')
    }
    return engine
  } catch (error) {
    await engine.close()
    if (error instanceof StoreError && error.reason === 'damaged') return null
    throw error
  }
}
