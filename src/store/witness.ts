/**
 * A small file that remembers the last commit known to be on disk. LevelDB drops a damaged tail of its log without a
 * word, and what is left has no gap to notice: only somebody else who knows the number can tell.
 *
 * The file has two slots, a disk block each, written in turn, so that a torn write leaves the other one.
 * A slot is `<commit, 16 digits> <crc32 of them, 8 hex digits>\n`.
 */
import { constants, type FileHandle, open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { crc32 } from 'node:zlib'
import { StoreError } from './store.ts'

export interface Witness {
  /** The last commit noted; null where there is no witness. Rejects with StoreError 'damaged' if it is unreadable. */
  read(): Promise<number | null>
  /** On disk when it resolves. Makes the witness where there is none. */
  write(commit: number): Promise<void>
  /** Idempotent. */
  close(): Promise<void>
}

const SLOT_BYTES = 4096
const COMMIT_DIGITS = 16
const LINE_BYTES = COMMIT_DIGITS + 10

/**
 * On Linux a write to a file opened so is on disk when it returns, as after fdatasync: one trip through the thread pool
 * for two (measured: 82 us of CPU for 230). Elsewhere the flag promises less, or is not there.
 */
const WRITE_THROUGH = process.platform === 'linux' ? constants.O_DSYNC : 0

/** The witness in a file; its directory must exist. */
export class FileWitness implements Witness {
  readonly #path: string
  #file: FileHandle | null = null
  #nextSlot: 0 | 1 = 0

  constructor(path: string) {
    this.#path = path
  }

  async read(): Promise<number | null> {
    this.#file ??= await openExisting(this.#path)
    if (this.#file === null) return null
    const { buffer } = await this.#file.read(Buffer.alloc(2 * SLOT_BYTES), 0, 2 * SLOT_BYTES, 0)
    const first = parseLine(buffer.toString('latin1', 0, LINE_BYTES))
    const second = parseLine(buffer.toString('latin1', SLOT_BYTES, SLOT_BYTES + LINE_BYTES))
    if (first === null && second === null) throw new StoreError('damaged', 'the witness file is unreadable')
    this.#nextSlot = (first ?? -1) > (second ?? -1) ? 1 : 0
    return Math.max(first ?? 0, second ?? 0)
  }

  async write(commit: number): Promise<void> {
    if (this.#file === null) {
      this.#file = await create(this.#path, commit)
      return
    }
    await this.#file.write(formatLine(commit), this.#nextSlot * SLOT_BYTES, 'latin1')
    if (WRITE_THROUGH === 0) await this.#file.datasync()
    this.#nextSlot = this.#nextSlot === 0 ? 1 : 0
  }

  async close(): Promise<void> {
    const file = this.#file
    this.#file = null
    await file?.close()
  }
}

/** A witness that outlives a crash of a {@link MemoryDisk}. For tests and simulations. */
export class MemoryWitness implements Witness {
  commit: number | null = null

  async read(): Promise<number | null> {
    return this.commit
  }

  async write(commit: number): Promise<void> {
    this.commit = commit
  }

  async close(): Promise<void> {}
}

async function openExisting(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, constants.O_RDWR | WRITE_THROUGH)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw new StoreError('io', 'the witness file cannot be opened', error)
  }
}

/** Appears under its name whole or not at all. */
async function create(path: string, commit: number): Promise<FileHandle> {
  const draft = `${path}.new`
  const file = await open(draft, constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC | WRITE_THROUGH, 0o600)
  const slot = formatLine(commit).padEnd(SLOT_BYTES, '\0')
  await file.write(slot + slot, 0, 'latin1')
  await file.sync()
  await rename(draft, path)
  await syncDirectory(dirname(path))
  return file
}

async function syncDirectory(path: string): Promise<void> {
  // Windows has no way to sync a directory and needs none.
  if (process.platform === 'win32') return
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

function formatLine(commit: number): string {
  const digits = String(commit).padStart(COMMIT_DIGITS, '0')
  return `${digits} ${checksum(digits)}\n`
}

function parseLine(line: string): number | null {
  const digits = line.slice(0, COMMIT_DIGITS)
  return line === `${digits} ${checksum(digits)}\n` && /^\d+$/.test(digits) ? Number(digits) : null
}

function checksum(digits: string): string {
  return crc32(`witness ${digits}`).toString(16).padStart(8, '0')
}
