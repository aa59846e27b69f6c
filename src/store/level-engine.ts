import { readdir } from 'node:fs/promises'
import { Level } from 'level'
import type { Engine, EngineOp, EngineRange, EngineView } from './engine.ts'
import { StoreError } from './store.ts'

/** Opens the LevelDB in a directory, or makes one where there is none. */
export async function openLevelEngine(path: string): Promise<Engine> {
  await refuseHeadless(path)
  const db = new Level(path, { keyEncoding: 'utf8', valueEncoding: 'utf8' })
  try {
    await db.open()
  } catch (error) {
    throw asStoreError(error)
  }
  return new LevelEngine(db)
}

/**
 * LevelDB takes a directory without CURRENT for a new one and deletes the tables it finds there. Tables or logs
 * without CURRENT are therefore never opened.
 */
async function refuseHeadless(path: string): Promise<void> {
  const files = await readdir(path).catch((): string[] => [])
  if (!files.includes('CURRENT') && files.some((file) => /^\d+\.(ldb|sst|log)$/.test(file))) {
    throw new StoreError('damaged', 'the database has lost its CURRENT file')
  }
}

class LevelEngine implements Engine {
  readonly #db: Level<string, string>

  constructor(db: Level<string, string>) {
    this.#db = db
  }

  /** Synchronous: rows are nearly always in memory, and a trip through the thread pool costs more than the lookup. */
  get(key: string): string | undefined {
    try {
      return this.#db.getSync(key)
    } catch (error) {
      throw asStoreError(error)
    }
  }

  async range(query: EngineRange): Promise<[string, string][]> {
    try {
      return await this.#db.iterator(query).all()
    } catch (error) {
      throw asStoreError(error)
    }
  }

  /** One call for each row: a list of rows is cloned and typed again row by row, which takes ten times as long. */
  async write(ops: EngineOp[]): Promise<void> {
    try {
      const batch = this.#db.batch()
      for (const op of ops) {
        if (op.type === 'put') batch.put(op.key, op.value)
        else batch.del(op.key)
      }
      // The batch has copies: the rows need not be held while the disk works.
      ops.length = 0
      await batch.write({ sync: true })
    } catch (error) {
      throw asStoreError(error)
    }
  }

  view(): EngineView {
    const db = this.#db
    const snapshot = db.snapshot()
    const read = <T>(run: () => Promise<T>): Promise<T> =>
      run().catch((error: unknown) => {
        throw asStoreError(error)
      })
    return {
      get: (key) => read(() => db.get(key, { snapshot })),
      range: (query) => read(() => db.iterator({ ...query, snapshot }).all()),
      close: () => snapshot.close(),
    }
  }

  close(): Promise<void> {
    return this.#db.close()
  }
}

/** Whether a database lies there that no process has open. It is left as it is. Rejects with StoreError 'io'. */
export async function isFree(path: string): Promise<boolean> {
  const db = new Level(path, { createIfMissing: false, errorIfExists: true })
  try {
    // Takes the lock, and goes no further: it is there, or it is not.
    await db.open()
  } catch (error) {
    return asStoreError(error).reason !== 'locked'
  }
  await db.close()
  return true
}

/** LevelDB's own means, for a database it does not open: what its files still hold is put together anew, in place. */
export async function repairLevel(path: string): Promise<void> {
  // Node's Level is classic-level, whose types have it.
  await (Level as unknown as { repair(location: string): Promise<void> }).repair(path)
}

/** abstract-level wraps the cause of a failed opening once. */
function asStoreError(error: unknown): StoreError {
  const codes = [codeOf(error), error instanceof Error ? codeOf(error.cause) : null]
  if (codes.includes('LEVEL_LOCKED')) return new StoreError('locked', 'the database is open elsewhere', error)
  if (codes.includes('LEVEL_CORRUPTION')) return new StoreError('damaged', 'the database is damaged', error)
  return new StoreError('io', 'the database cannot be read or written', error)
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : null
}
