import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { MemoryDisk } from '../../src/store/memory-engine.ts'
import { MemoryWitness } from '../../src/store/witness.ts'

/** A store as text: a line of JSON about it, then a line `[key, row]` for each of its rows, as the engine holds them. */
export async function dumpStore(disk: MemoryDisk, about: object): Promise<string> {
  const engine = await disk.open()
  const rows = await engine.range({})
  await engine.close()
  return [about, ...rows].map((line) => `${JSON.stringify(line)}\n`).join('')
}

/** A dump of `test/fixtures`, on a disk of its own. The witness knows nothing but that the store was whole. */
export async function loadStore(name: string): Promise<{ disk: MemoryDisk; witness: MemoryWitness; about: unknown }> {
  const path = fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url))
  const [about, ...rows] = (await readFile(path, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  const disk = new MemoryDisk()
  const engine = await disk.open()
  await engine.write(rows.map(([key, value]: [string, string]) => ({ type: 'put', key, value })))
  await engine.close()
  const witness = new MemoryWitness()
  await witness.write(1)
  return { disk, witness, about }
}
