/**
 * A process that changes a store as fast as it can and names each acknowledged key on stdout, until it is killed.
 * Arguments: the directory, and a prefix that makes this run's keys its own.
 */
import { writeSync } from 'node:fs'
import { join } from 'node:path'
import { openStore } from '../../src/store/account-store.ts'
import { openLevelEngine } from '../../src/store/level-engine.ts'
import { FileWitness } from '../../src/store/witness.ts'

const WORKERS = 16

const [dir = '', run = ''] = process.argv.slice(2)
const engine = await openLevelEngine(join(dir, 'db'))
const store = await openStore({ engine, kind: 'test', witness: new FileWitness(join(dir, 'witness')) })

async function work(worker: number): Promise<never> {
  const accounts = [`u${worker}`, 'all']
  for (let n = 0; ; n++) {
    const key = `n/${run}-${worker}-${n}`
    const writes = accounts.map(() => [{ op: 'insert' as const, key, value: { worker, n } }])
    await store.transact(accounts, () => ({ writes, wake: [n, n], result: undefined }))
    writeSync(1, `${key}\n`)
  }
}

await Promise.all(Array.from({ length: WORKERS }, (_, worker) => work(worker)))
