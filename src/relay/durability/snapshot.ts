/** A copy of a relay's store as of one moment, taken while it serves: a file of rows, and a manifest that vouches for it. */
import { createHash } from 'node:crypto'
import { type FileHandle, mkdtemp, open, readdir, rename, rm, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isUin } from '../../domain/uin.ts'
import { HostError, systemCode } from '../../host/host-error.ts'
import { makeDirectories } from '../../host/private-dir.ts'
import { syncDirectory, writePrivateFile } from '../../host/private-file.ts'
import type { SnapshotManifest } from '../../protocol/admin-api.ts'
import { ImError } from '../../protocol/errors.ts'
import { IM_VERSION } from '../../protocol/version.ts'
import { audit, pages } from '../../store/audit.ts'
import type { Reading } from '../../store/engine.ts'
import { accountOfHead, EPOCH_KEY, FORMAT_KEY } from '../../store/layout.ts'
import type { FormatRow } from '../../store/migrate.ts'
import { readCommit, readMeta } from '../../store/open-format.ts'
import type { Store } from '../../store/store.ts'
import { accountCheck } from './account-check.ts'

export const MANIFEST = 'manifest.json'
export const ROWS = 'rows'
/** Of accounts, heads and wake index; what the store says of itself is in the manifest. */
const SPACES = ['a', 'h', 'w'] as const
const BYTES_AT_ONCE = 1024 * 1024

export interface SnapshotOptions {
  dir: string
  store: Store
  /** Of the relay it is a snapshot of. */
  identity: Pick<SnapshotManifest, 'relay' | 'setup'>
  now: number
  /** What is to stay free on the disk it is written to. */
  reserveBytes: number
  signal: AbortSignal
}

/**
 * Writes it beside its place and puts it there whole. `dir` may be absent or empty. Throws BAD_FILE, DISK_FULL,
 * STORE_DAMAGED; then nothing of it is left.
 */
export async function takeSnapshot(options: SnapshotOptions): Promise<SnapshotManifest> {
  const { dir, store } = options
  await refuseUsed(dir)
  const part = await makePart(dir)
  try {
    const manifest = await store.view((rows) => writeView(rows, part, options))
    await writePrivateFile(join(part, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`)
    await rename(part, dir)
    await syncDirectory(dirname(dir))
    return manifest
  } catch (cause) {
    await rm(part, { recursive: true, force: true })
    if (systemCode(cause) === 'ENOSPC') throw full(dir, cause)
    if (systemCode(cause) === 'ENOTEMPTY' || systemCode(cause) === 'EEXIST') throw used(dir)
    throw cause
  }
}

async function writeView(rows: Reading, part: string, options: SnapshotOptions): Promise<SnapshotManifest> {
  for await (const { row, what } of audit(rows, accountCheck)) {
    options.signal.throwIfAborted()
    throw new ImError('STORE_DAMAGED', `no snapshot is taken of a damaged store: a row of ${row} ${what}`, {
      hint: 'im relay stop; im relay fsck',
    })
  }
  const { format } = (await readMeta(rows, FORMAT_KEY)) as FormatRow
  const epoch = (await readMeta(rows, EPOCH_KEY)) as number
  const file = await open(join(part, ROWS), 'wx', 0o600)
  try {
    const written = await writeRows(rows, file, options)
    await file.sync()
    return {
      v: 1,
      kind: 'im relay snapshot',
      ...options.identity,
      version: IM_VERSION,
      takenAt: new Date(options.now).toISOString(),
      format,
      epoch,
      commit: await readCommit(rows),
      ...written,
    }
  } finally {
    await file.close()
  }
}

/** Key and row in turn, each ended by NUL, which neither can hold. */
async function writeRows(rows: Reading, file: FileHandle, { dir, reserveBytes, signal }: SnapshotOptions) {
  const hash = createHash('sha256')
  const written = { rows: 0, accounts: 0, bytes: 0 }
  let waiting: string[] = []
  let length = 0
  const flush = async () => {
    const bytes = Buffer.from(waiting.join(''))
    hash.update(bytes)
    const { bavail, bsize } = await statfs(dirname(dir))
    if (bavail * bsize - bytes.length < reserveBytes) throw full(dir)
    // Goes on where the last one ended. A plain `write` may take less of it, and says so in its answer alone.
    await file.writeFile(bytes)
    written.bytes += bytes.length
    waiting = []
    length = 0
  }
  for (const space of SPACES) {
    for await (const [key, row] of pages(rows, { gte: `${space}/`, lt: `${space}0` })) {
      waiting.push(key, '\0', row, '\0')
      length += key.length + row.length
      written.rows++
      if (space === 'h' && isUin(accountOfHead(key))) written.accounts++
      if (length < BYTES_AT_ONCE) continue
      signal.throwIfAborted()
      await flush()
    }
  }
  await flush()
  return { ...written, sha256: hash.digest('hex') }
}

/** A directory to write into until the snapshot is whole. */
async function makePart(dir: string): Promise<string> {
  try {
    makeDirectories(dirname(dir))
    return await mkdtemp(`${dir}.part-`)
  } catch (cause) {
    if (systemCode(cause) === 'ENOSPC') throw full(dir, cause)
    const why = cause instanceof HostError ? cause.message : (systemCode(cause) ?? 'unknown')
    throw new ImError('BAD_FILE', `no snapshot can be made at ${dir}: ${why}`, {
      hint: 'take another directory',
      cause,
    })
  }
}

async function refuseUsed(dir: string): Promise<void> {
  const files = await readdir(dir).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return []
    throw new ImError('BAD_FILE', `${dir} is no directory`, { cause: error })
  })
  if (files.length > 0) throw used(dir)
}

function used(dir: string): ImError {
  return new ImError('BAD_FILE', `${dir} is there already, and is not empty`, { hint: 'take a new directory' })
}

function full(dir: string, cause?: unknown): ImError {
  return new ImError('DISK_FULL', `the disk of ${dir} is nearly full: no snapshot was taken`, {
    hint: 'make room, or take a directory on another disk',
    cause,
  })
}
