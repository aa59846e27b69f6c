import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore, type StoreOptions } from '../../src/store/account-store.ts'
import type { Engine } from '../../src/store/engine.ts'
import { openLevelEngine } from '../../src/store/level-engine.ts'
import { MemoryDisk } from '../../src/store/memory-engine.ts'
import type { Key, Reader, Store, Write } from '../../src/store/store.ts'
import { FileWitness, MemoryWitness, type Witness } from '../../src/store/witness.ts'

/** Where a store lies, across openings. */
export interface StoreDisk {
  open(): Promise<Engine>
  witness(): Witness
  loseWitness(): Promise<void>
  dispose(): Promise<void>
}

export const STORE_DISKS: Record<string, () => Promise<StoreDisk>> = {
  'in memory': async () => {
    const disk = new MemoryDisk()
    const witness = new MemoryWitness()
    return {
      open: () => disk.open(),
      witness: () => witness,
      loseWitness: async () => {
        witness.commit = null
      },
      dispose: async () => {},
    }
  },
  LevelDB: async () => {
    const directory = await mkdtemp(join(tmpdir(), 'im-store-'))
    const witness = join(directory, 'witness')
    return {
      open: () => openLevelEngine(join(directory, 'db')),
      witness: () => new FileWitness(witness),
      loseWitness: () => rm(witness),
      dispose: () => rm(directory, { recursive: true }),
    }
  },
}

/** Opens a store that holds its callers to what their writes say. */
export async function openTestStore(disk: StoreDisk, options: Partial<StoreOptions> = {}): Promise<Store> {
  const engine = await disk.open()
  return openStore({ engine, kind: 'test', witness: disk.witness(), verifyWrites: true, ...options })
}

export function change(store: Store, account: string, ...writes: Write[]): Promise<void> {
  return store.transact([account], () => ({ writes: [writes], result: undefined }))
}

export function insert(key: Key, value: unknown): Write {
  return { op: 'insert', key, value }
}

export function remove(key: Key): Write {
  return { op: 'remove', key }
}

/** All rows of a space. */
export function space(reader: Reader, name: string): Promise<[Key, unknown][]> {
  return reader.range({ gte: `${name}/`, lt: `${name}0` })
}

export function readSpace(store: Store, account: string, name: string): Promise<[Key, unknown][]> {
  return store.read(account, (reader) => space(reader, name))
}
