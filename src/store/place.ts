/** Where a store lies in a program's data directory, and how another takes its place there without either being half. */
import { access, mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { StoreError } from './store.ts'

export interface StorePlace {
  store: string
  witness: string
  /** A store that is being made: it becomes `store` when it is whole. */
  nextStore: string
  nextWitness: string
}

export function storePlace(dataDir: string): StorePlace {
  return {
    store: join(dataDir, 'store'),
    witness: join(dataDir, 'witness'),
    nextStore: join(dataDir, 'store.new'),
    nextWitness: join(dataDir, 'witness.new-store'),
  }
}

/** Throws StoreError 'damaged' where a store was about to take the place of another: to begin a new one would hide both. */
export async function refuseHalfPlaced(dataDir: string): Promise<void> {
  if (!(await isHalfPlaced(dataDir))) return
  throw new StoreError(
    'damaged',
    `there is no store, and ${storePlace(dataDir).nextStore} is what a restore or repair left that was cut off: do it again`,
  )
}

/** Whether a store was about to take the place of another, and did not get there. */
export async function isHalfPlaced(dataDir: string): Promise<boolean> {
  const { store, nextStore } = storePlace(dataDir)
  return !(await isThere(store)) && (await isThere(nextStore))
}

export async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

/** The store and its witness into a directory of their own within the data directory; its path. */
export async function putAside(dataDir: string, why: string, stamp: string): Promise<string | null> {
  const { store, witness } = storePlace(dataDir)
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
  const files = storePlace(dataDir)
  await rename(files.nextWitness, files.witness)
  await rename(files.nextStore, files.store)
}

/** Takes away all of a try that failed: as if there had been none. */
export async function removeNext(dataDir: string): Promise<void> {
  const { nextStore, nextWitness } = storePlace(dataDir)
  await rm(nextWitness, { force: true })
  await rm(nextStore, { recursive: true, force: true })
}

/**
 * Takes away what an earlier try left. Where there is no store, `store.new` itself stays, though empty: it is what
 * {@link refuseHalfPlaced} looks at, and a program started meanwhile would begin a new store.
 */
export async function clearNext(dataDir: string): Promise<void> {
  const { store, nextStore, nextWitness } = storePlace(dataDir)
  if (await isThere(store)) return removeNext(dataDir)
  await rm(nextWitness, { force: true })
  await mkdir(nextStore, { recursive: true, mode: 0o700 })
  for (const name of await readdir(nextStore)) await rm(join(nextStore, name), { recursive: true })
}
