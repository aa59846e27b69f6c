import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Level } from 'level'
import type { Engine, EngineOp, EngineRange, EngineView } from './engine.ts'
import { COMMIT_SLOTS } from './layout.ts'
import { StoreError } from './store.ts'

/** Node's Level is classic-level; the types of `level` leave out what browsers do not have. */
interface NodeLevel extends Level<string, string> {
  compactRange(start: string, end: string): Promise<void>
}

export interface LevelOptions {
  /** How much LevelDB gathers in memory, and in its log, before it writes a table. Default: its own, 4 MiB. */
  writeBufferBytes?: number
  /** After so many writes the log begins anew. Default: half of the commits that have a slot. */
  writesInLog?: number
}

/** A log is never to hold more commits than have a slot each, however small they are and however large it may become. */
const WRITES_IN_LOG = COMMIT_SLOTS / 2

/** Opens the LevelDB in a directory, or makes one where there is none. */
export async function openLevelEngine(path: string, options: LevelOptions = {}): Promise<Engine> {
  await refuseHeadless(path)
  const buffer = options.writeBufferBytes === undefined ? {} : { writeBufferSize: options.writeBufferBytes }
  const db = new Level(path, { keyEncoding: 'utf8', valueEncoding: 'utf8', ...buffer }) as NodeLevel
  try {
    await db.open()
  } catch (error) {
    throw asStoreError(error)
  }
  return new LevelEngine(db, options.writesInLog ?? WRITES_IN_LOG)
}

/**
 * LevelDB takes a directory without CURRENT for a new one and deletes the tables it finds there. Tables or logs
 * without CURRENT are therefore never opened; and a CURRENT that names no file is damage, which it calls an I/O error.
 */
async function refuseHeadless(path: string): Promise<void> {
  const files = await readdir(path).catch((): string[] => [])
  if (!files.includes('CURRENT')) {
    if (!files.some((file) => /^\d+\.(ldb|sst|log)$/.test(file))) return
    throw new StoreError('damaged', 'the database has lost its CURRENT file')
  }
  const named = (await readFile(join(path, 'CURRENT'), 'latin1').catch(() => '')).trim()
  if (named === '' || files.includes(named)) return
  throw new StoreError('damaged', 'the database has lost the MANIFEST file that CURRENT names')
}

/** Above all keys there are. */
const NO_KEYS = ['\u{10ffff}', '\u{10ffff}\u{10ffff}'] as const

/** Bytes a trip through the thread pool may bring; of 16 KiB, the default, reading many rows takes twice the CPU. */
const READ_AHEAD = { highWaterMarkBytes: 128 * 1024 }
/** Rows of the first such trip, and of each at most. */
const FIRST_ROWS = 16
const MOST_ROWS = 1_000

interface RowIterator {
  nextv(size: number): Promise<[string, string][]>
  close(): Promise<void>
}

/**
 * All rows of an iterator, which is closed then. Its own `all` asks for a thousand rows at once: the binding makes room for
 * them, 64 KiB, and gives it back only when V8 collects the iterator.
 */
async function allRows(iterator: RowIterator): Promise<[string, string][]> {
  const rows: [string, string][] = []
  try {
    for (let size = FIRST_ROWS; ; size = Math.min(MOST_ROWS, size * 8)) {
      const page = await iterator.nextv(size)
      if (page.length === 0) return rows
      for (const row of page) rows.push(row)
    }
  } finally {
    await iterator.close()
  }
}

class LevelEngine implements Engine {
  readonly #db: NodeLevel
  readonly #mostInLog: number
  #inLog = 0

  constructor(db: NodeLevel, mostInLog: number) {
    this.#db = db
    this.#mostInLog = mostInLog
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
      return await allRows(this.#db.iterator({ ...query, ...READ_AHEAD }))
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
      this.#inLog++
      if (this.#inLog >= this.#mostInLog) await this.#beginLog()
    } catch (error) {
      throw asStoreError(error)
    }
  }

  /** Compacting a range writes what is in memory into a table first, and begins a new log; this one has nothing else. */
  async #beginLog(): Promise<void> {
    await this.#db.compactRange(...NO_KEYS)
    this.#inLog = 0
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
      range: (query) => read(() => allRows(db.iterator({ ...query, ...READ_AHEAD, snapshot }))),
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
