import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, test } from 'vitest'
import { openStore } from '../../src/store/account-store.ts'
import { openLevelEngine } from '../../src/store/level-engine.ts'
import { FileWitness } from '../../src/store/witness.ts'
import { bundleChild } from '../support/bundle-child.ts'
import { readSpace } from '../support/store-disk.ts'
import { tempDir } from '../support/temp-dir.ts'

test('a killed process loses nothing it has acknowledged, and half of no transaction is there', async () => {
  const dir = await tempDir()
  const program = await bundleChild(dir, 'store-kill-child')
  const acknowledged: string[] = []
  for (let run = 0; run < 15; run++) {
    // Sooner or later in the life of the process: a prime step through the first few hundred answers.
    acknowledged.push(...(await killAfter(program, dir, run, 1 + ((run * 97) % 400))))
    const all = await keysAfterKill(dir)
    expect(acknowledged.filter((key) => !all.has(key))).toEqual([])
  }
  expect(acknowledged.length).toBeGreaterThan(1_000)
})

/** Runs the child until it has acknowledged so many keys, kills it, and gives all that it managed to acknowledge. */
async function killAfter(program: string, dir: string, run: number, answers: number): Promise<string[]> {
  const child = spawn(process.execPath, [program, dir, `${run}`], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  const keys: string[] = []
  for await (const line of createInterface(child.stdout)) {
    keys.push(line)
    if (keys.length === answers) child.kill('SIGKILL')
  }
  expect(await exited).toEqual([null, 'SIGKILL'])
  return keys
}

/** Opens what the child left; every key must lie in both accounts of its transaction. */
async function keysAfterKill(dir: string): Promise<Set<string>> {
  const engine = await openLevelEngine(join(dir, 'db'))
  const store = await openStore({ engine, kind: 'test', witness: new FileWitness(join(dir, 'witness')) })
  try {
    const accounts = await store.accounts(null, 100)
    expect(await store.wakes(Number.POSITIVE_INFINITY, 100)).toHaveLength(accounts.length)
    const keysOf = async (account: string) => (await readSpace(store, account, 'n')).map(([key]) => key)
    const shared = await keysOf('all')
    const own = await Promise.all(accounts.filter((account) => account !== 'all').map(keysOf))
    expect(own.flat().sort()).toEqual([...shared].sort())
    return new Set(shared)
  } finally {
    await store.close()
  }
}
