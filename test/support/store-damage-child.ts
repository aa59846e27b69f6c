/**
 * Damages copies of a store, one spot at a time, reads everything from each, and says what came of it on stdout:
 * `<file> detected | harmless | wrong`. In a process of its own, because LevelDB may abort over a damaged table.
 * Arguments: a directory to work in, `flip` or `truncate`, spots per file, how many spots to skip.
 */
import { writeSync } from 'node:fs'
import { access, cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openStore } from '../../src/store/account-store.ts'
import { openLevelEngine } from '../../src/store/level-engine.ts'
import { type Store, StoreError } from '../../src/store/store.ts'
import { FileWitness } from '../../src/store/witness.ts'
import { change, insert, readSpace } from './store-disk.ts'

const ACCOUNTS = Array.from({ length: 40 }, (_, i) => `u${i}`)
const TEXT = 'a text of some length, as people write them, with an Ü and a 🎈 in it'

async function open(dir: string): Promise<Store> {
  const engine = await openLevelEngine(join(dir, 'db'))
  return openStore({ engine, kind: 'test', witness: new FileWitness(join(dir, 'witness')) })
}

/** A store with rows in a table and in the log. */
async function makeStore(dir: string): Promise<void> {
  await mkdir(dir)
  for (const space of ['old', 'new']) {
    const store = await open(dir)
    for (let i = 0; i < 4; i++) {
      for (const account of ACCOUNTS) await change(store, account, insert(`${space}/${i}`, `${i} ${TEXT}`))
    }
    await store.close()
  }
}

async function readAll(dir: string): Promise<string> {
  const store = await open(dir)
  try {
    const rows: unknown[] = [await store.accounts(null, 100)]
    for (const account of ACCOUNTS) {
      rows.push(await readSpace(store, account, 'old'), await readSpace(store, account, 'new'))
    }
    return JSON.stringify(rows)
  } finally {
    await store.close()
  }
}

function spoil(how: string | undefined, file: Buffer, at: number): Buffer {
  if (how === 'truncate') return file.subarray(0, at)
  file.writeUInt8(file.readUInt8(at) ^ (1 << (at % 8)), at)
  return file
}

async function readDamaged(truth: string, dir: string): Promise<'detected' | 'harmless' | 'wrong'> {
  try {
    return (await readAll(dir)) === truth ? 'harmless' : 'wrong'
  } catch (error) {
    if (error instanceof StoreError) return 'detected'
    throw error
  }
}

const [dir = '', how, perFile, skip] = process.argv.slice(2)
const sound = join(dir, 'sound')
const copy = join(dir, 'copy')
const made = await access(sound).then(
  () => true,
  () => false,
)
if (!made) await makeStore(sound)
await rm(copy, { recursive: true, force: true })
await cp(sound, copy, { recursive: true })
const truth = await readAll(copy)

const files = [...(await readdir(join(sound, 'db'))).filter((name) => !/^LO(G|CK)/.test(name)).sort(), 'witness']
const spots = Number(perFile)
for (let i = Number(skip); i < files.length * spots; i++) {
  const name = files[Math.floor(i / spots)] ?? ''
  await rm(copy, { recursive: true, force: true })
  await cp(sound, copy, { recursive: true })
  const path = name === 'witness' ? join(copy, name) : join(copy, 'db', name)
  const file = await readFile(path)
  await writeFile(path, spoil(how, file, Math.floor((((i % spots) + 0.37) / spots) * file.length)))
  writeSync(1, `${name} `)
  writeSync(1, `${await readDamaged(truth, copy)}\n`)
}
