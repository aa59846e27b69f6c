import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Identity } from '../../src/relay/identity.ts'
import type { EngineOp } from '../../src/store/engine.ts'
import { openLevelEngine } from '../../src/store/level-engine.ts'
import { MemoryDisk } from '../../src/store/memory-engine.ts'
import { FileWitness, MemoryWitness } from '../../src/store/witness.ts'
import { loadStore } from './store-dump.ts'
import { tempDir } from './temp-dir.ts'

export const IDENTITY: Identity = { id: 'a-relay', loginSetup: 'its setup' }

/** A relay's data directory with the store of the dump: two friends, their messages and backups. */
export async function relayData(): Promise<{ dir: string; about: unknown; rows: [string, string][] }> {
  const dir = await tempDir()
  const { disk, about } = await loadStore('relay-format-1.jsonl')
  const rows = await (await disk.open()).range({})
  await writeRows(
    dir,
    rows.map(([key, value]) => ({ type: 'put', key, value })),
  )
  const commits = rows.filter(([key]) => key.startsWith('!commit/')).length
  const witness = new FileWitness(join(dir, 'witness'))
  await witness.write(commits)
  await witness.close()
  await writeFile(join(dir, 'relay.key'), JSON.stringify(IDENTITY), { mode: 0o600 })
  return { dir, about, rows }
}

/** Writes past the store, as damage would. */
export async function writeRows(dir: string, ops: EngineOp[]): Promise<void> {
  const engine = await openLevelEngine(join(dir, 'store'))
  await engine.write(ops)
  await engine.close()
}

export async function readRows(dir: string): Promise<Map<string, string>> {
  const engine = await openLevelEngine(join(dir, 'store'))
  const rows = new Map(await engine.range({}))
  await engine.close()
  return rows
}

/** The same store in memory, for a relay in this process. */
export async function intoMemory(dir: string): Promise<{ disk: MemoryDisk; witness: MemoryWitness }> {
  const disk = new MemoryDisk()
  const engine = await disk.open()
  await engine.write([...(await readRows(dir))].map(([key, value]) => ({ type: 'put', key, value })))
  await engine.close()
  const witness = new MemoryWitness()
  await witness.write(1)
  return { disk, witness }
}
