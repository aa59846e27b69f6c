import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { Level } from 'level'
import { expect, test } from 'vitest'
import { makeLoginSetup } from '../../src/sealing/login-server.ts'
import { bundleChild } from '../support/bundle-child.ts'
import { readRows, relayData } from '../support/relay-data.ts'
import { startRelay } from '../support/relay-process.ts'
import { runIm } from '../support/run-im.ts'
import { tempDir } from '../support/temp-dir.ts'

test.each([
  ['flip', 100],
  ['truncate', 20],
])('damage to any file of a store is detected or harmless: %s', async (how, spots) => {
  const outcomes = await damageEverywhere(how, spots)
  // Table, log, manifest, CURRENT and witness: 500 flipped bits and 100 truncations in all.
  expect(outcomes).toHaveLength(5 * spots)
  expect(outcomes.filter((outcome) => outcome.endsWith('wrong'))).toEqual([])
  // All that the log holds is needed, so no damage to it is harmless.
  expect(outcomes.filter((outcome) => outcome.endsWith('.log detected'))).toHaveLength(spots)
})

/** `<file> <outcome>` of every spot; a spot over which the process aborted is `<file> aborted`. */
async function damageEverywhere(how: string, spots: number): Promise<string[]> {
  const dir = await tempDir()
  const program = await bundleChild(dir, 'store-damage-child')
  const outcomes: string[] = []
  for (let aborts = 0; aborts <= spots; aborts++) {
    const args = [program, dir, how, `${spots}`, `${outcomes.length}`]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] })
    const exited = once(child, 'exit')
    const lines = (await text(child.stdout)).split('\n')
    const last = lines.pop() ?? ''
    outcomes.push(...lines)
    const [code, signal] = await exited
    if (code === 0) return outcomes
    // Only LevelDB's own abort, over a spot, is an outcome.
    expect([signal, last]).toEqual(['SIGABRT', expect.stringMatching(/./)])
    outcomes.push(`${last}aborted`)
  }
  throw new Error('the process aborts too often')
}

test('fsck outlives a table over which LevelDB ends the process, names it, and repairs what lies elsewhere', async () => {
  const { dir, about, rows } = await relayData()
  const { bo } = about as { bo: { uin: string } }
  const store = join(dir, 'store')
  await rewriteTable(store, [])
  const [table = ''] = (await readdir(store)).filter((name) => name.endsWith('.ldb'))
  // Bo's rows come a second time in a table of their own; the first is spoilt.
  await rewriteTable(
    store,
    rows.filter(([key]) => key.startsWith(`a/${bo.uin}/`) || key === `h/${bo.uin}`),
  )
  await spoilTable(join(store, table), 'a/', 'a/')

  const fsck = (...more: string[]) => runIm(['relay', 'fsck', '--data', dir, '--json', ...more])
  const looked = await fsck()
  expect(looked).toMatchObject({ code: 3, stderr: expect.stringContaining('STORE_DAMAGED') })
  const disorder = { account: null, row: 'database', what: `has a table whose rows are in disorder: ${table}` }
  expect(JSON.parse(looked.stdout)).toMatchObject({ sound: false, problems: expect.arrayContaining([disorder]) })
  const repaired = await fsck('--repair')
  expect(repaired).toMatchObject({ code: 0 })
  expect(JSON.parse(repaired.stdout)).toMatchObject({ repaired: { aside: expect.stringContaining('damaged-') } })
  expect(JSON.parse((await fsck()).stdout)).toMatchObject({ sound: true, accounts: 1 })
  const kept = [...(await readRows(dir)).keys()]
  expect(kept.filter((key) => key.startsWith(`a/${bo.uin}/message/`)).length).toBeGreaterThan(0)
}, 30_000)

test('a table whose index is spoilt: no relay is left half started on it, and fsck tells and mends', async () => {
  const { dir } = await relayData()
  const store = join(dir, 'store')
  await rewriteTable(store, [])
  const [table = ''] = (await readdir(store)).filter((name) => name.endsWith('.ldb'))
  const bytes = await readFile(join(store, table))
  // The index lies before the 48 bytes of the footer and the 5 that end its block.
  bytes.fill(0xff, bytes.length - 48 - 5 - 12, bytes.length - 48 - 5 - 4)
  await writeFile(join(store, table), bytes)

  // Of the fixture's key no login can be made; the relay makes another.
  await rm(join(dir, 'relay.key'))
  const relay = (...args: string[]) => runIm(['relay', ...args, '--data', dir])
  expect(await relay('start', '--listen', '127.0.0.1:0')).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('fsck'),
  })
  expect(await relay('fsck')).toMatchObject({ code: 3, stderr: expect.stringContaining('STORE_DAMAGED') })
}, 30_000)

test('files the operator is to put back: a relay says which, and ends', async () => {
  const { dir } = await relayData()
  await writeFile(join(dir, 'relay.key'), JSON.stringify({ id: 'a-relay', loginSetup: 'no)setup' }), { mode: 0o600 })
  const started = await runIm(['relay', 'start', '--data', dir, '--listen', '127.0.0.1:0'])
  expect(started).toMatchObject({ code: 2, stderr: expect.stringMatching(/relay\.key is damaged.*BAD_FILE/s) })
  expect(started.stderr).not.toContain('"level"')
  // Nothing of it was noted: the right one is taken for the right one.
  const sound = { id: 'a-relay', loginSetup: await makeLoginSetup() }
  await writeFile(join(dir, 'relay.key'), JSON.stringify(sound), { mode: 0o600 })
  const relay = await startRelay(dir)
  await relay.stop()
}, 30_000)

/** Writes rows and makes a table of them, in which text lies as it is. */
async function rewriteTable(store: string, rows: readonly [string, string][]): Promise<void> {
  const db = new Level(store, { compression: false })
  await db.open()
  if (rows.length === 0) await (db as unknown as Compacts).compactRange('', '~')
  for (const [key, row] of rows) await db.put(key, row)
  await db.close()
  // What is in the log becomes a table at the next opening.
  const again = new Level(store, { compression: false })
  await again.open()
  await again.close()
}

interface Compacts {
  compactRange(start: string, end: string): Promise<void>
}

/** A key out of its place, and further on a row without an end: LevelDB's repair writes what is before that again, in order. */
async function spoilTable(path: string, early: string, late: string): Promise<void> {
  const table = await readFile(path)
  // Only where a run of keys begins does a table hold one whole.
  const [key, row] = [table.indexOf(early), table.lastIndexOf(late)]
  expect(key).toBeGreaterThan(0)
  expect(row).toBeGreaterThan(key)
  table.write('z', key)
  table.fill(0xff, row - 3, row)
  await writeFile(path, table)
}
