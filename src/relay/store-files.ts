/** Where a relay's data lies, and how one store takes the place of another there without either being half. */
import { access, copyFile, link, mkdir, readdir, rename, rm, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { systemCode } from '../host/host-error.ts'
import { ImError } from '../protocol/errors.ts'
import { isFree } from '../store/level-engine.ts'

export interface StoreFiles {
  store: string
  witness: string
  /** A store that is being made: it becomes `store` when it is whole. */
  nextStore: string
  nextWitness: string
  /** The relay's identity with the root secret of all logins. */
  key: string
}

export function storeFiles(dataDir: string): StoreFiles {
  return {
    store: join(dataDir, 'store'),
    witness: join(dataDir, 'witness'),
    nextStore: join(dataDir, 'store.new'),
    nextWitness: join(dataDir, 'witness.new-store'),
    key: join(dataDir, 'relay.key'),
  }
}

export async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

/** Throws RELAY_RUNNING while a relay has the store open. */
export async function refuseRunning(dataDir: string, verb: string): Promise<void> {
  const { store } = storeFiles(dataDir)
  if (!(await isThere(store)) || (await isFree(store))) return
  throw new ImError('RELAY_RUNNING', `a relay runs on ${dataDir}; im relay ${verb} needs it stopped`, {
    hint: `im relay stop --data ${dataDir}`,
  })
}

/** The store and its witness into a directory of their own within the data directory; its path. */
export async function putAside(dataDir: string, why: string, stamp: string): Promise<string | null> {
  const { store, witness } = storeFiles(dataDir)
  const aside = join(dataDir, `${why}-${stamp}`)
  if (!(await isThere(store)) && !(await isThere(witness))) return null
  await mkdir(aside, { mode: 0o700 })
  for (const [from, name] of [
    [store, 'store'],
    [witness, 'witness'],
  ] as const) {
    if (await isThere(from)) await rename(from, join(aside, name))
  }
  return aside
}

/**
 * Puts the store that was made in place. Until its last step `store.new` is there: a relay that is started in between
 * finds that and no store, and begins no new one.
 */
export async function putInPlace(dataDir: string): Promise<void> {
  const files = storeFiles(dataDir)
  await rename(files.nextWitness, files.witness)
  await rename(files.nextStore, files.store)
}

export async function clearNext(dataDir: string): Promise<void> {
  const { nextStore, nextWitness } = storeFiles(dataDir)
  await rm(nextStore, { recursive: true, force: true })
  await rm(nextWitness, { force: true })
}

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
        if (!['EXDEV', 'EPERM', 'ENOTSUP', 'EMLINK'].includes(systemCode(error) ?? '')) throw error
        return copyFile(source, target)
      })
    }
  }
}

/** Bytes of all files of a directory, not of those within it. */
export async function sizeOf(path: string): Promise<number> {
  let bytes = 0
  for (const name of await readdir(path)) bytes += (await stat(join(path, name)).catch(() => ({ size: 0 }))).size
  return bytes
}

/** Throws DISK_FULL where a directory has not that much room. */
export async function requireRoom(path: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(path)
  const free = bavail * bsize
  if (free >= bytes) return
  const mib = (count: number) => `${Math.ceil(count / 2 ** 20)} MiB`
  throw new ImError('DISK_FULL', `${path} has ${mib(free)} free, and ${mib(bytes)} are needed`, {
    hint: 'make room, or take a directory on another disk',
  })
}
