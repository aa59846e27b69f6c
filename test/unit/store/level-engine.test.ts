import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AbstractChainedBatch } from 'abstract-level'
import { expect, onTestFinished, test, vi } from 'vitest'
import { openLevelEngine } from '../../../src/store/level-engine.ts'
import { tempDir } from '../../support/temp-dir.ts'

test('every write is synced', async () => {
  const write = vi.spyOn(AbstractChainedBatch.prototype, 'write')
  onTestFinished(() => write.mockRestore())
  const engine = await openLevelEngine(join(await tempDir(), 'db'))
  await engine.write([{ type: 'put', key: 'a', value: '1' }])
  await engine.close()
  expect(write).toHaveBeenCalledExactlyOnceWith({ sync: true })
})

test('tables without their CURRENT file are left alone, not taken for a new database', async () => {
  const path = join(await tempDir(), 'db')
  for (const key of ['a', 'b']) {
    const engine = await openLevelEngine(path)
    await engine.write([{ type: 'put', key, value: '1' }])
    await engine.close()
  }
  await rm(join(path, 'CURRENT'))
  const files = await readdir(path)
  await expect(openLevelEngine(path)).rejects.toMatchObject({ reason: 'damaged' })
  expect(await readdir(path)).toEqual(files)
})

test.each(['lost', 'misnamed'])('a MANIFEST that is %s is damage, not a disk that cannot be read', async (how) => {
  const path = join(await tempDir(), 'db')
  const engine = await openLevelEngine(path)
  await engine.write([{ type: 'put', key: 'a', value: '1' }])
  await engine.close()
  const [manifest = ''] = (await readdir(path)).filter((name) => name.startsWith('MANIFEST'))
  if (how === 'lost') await rm(join(path, manifest))
  else await writeFile(join(path, 'CURRENT'), 'MANIgEST-000002\n')
  await expect(openLevelEngine(path)).rejects.toMatchObject({ reason: 'damaged' })
})

test('a closed engine answers with an error, and closes again without harm', async () => {
  const engine = await openLevelEngine(join(await tempDir(), 'db'))
  await engine.close()
  await engine.close()
  await expect(engine.range({})).rejects.toMatchObject({ reason: 'io' })
  await expect(engine.write([])).rejects.toMatchObject({ reason: 'io' })
  expect(() => engine.get('a')).toThrow('cannot be read')
})

test('however large the log may become, it begins anew after so many writes and loses none of them', async () => {
  const path = join(await tempDir(), 'db')
  const options = { writeBufferBytes: 16 * 1024 * 1024, writesInLog: 10 }
  const engine = await openLevelEngine(path, options)
  const rows = Array.from({ length: 25 }, (_, n): [string, string] => [`key ${n}`.padEnd(8), `${n}`])
  const inLog: number[] = []
  for (const [key, value] of rows) {
    await engine.write([{ type: 'put', key, value }])
    inLog.push((await keysInLog(path)).length)
  }
  expect(inLog).toEqual(rows.map((_, n) => (n + 1) % 10))
  await engine.close()
  const again = await openLevelEngine(path, options)
  expect((await again.range({})).toSorted()).toEqual(rows.toSorted())
  await again.close()
})

/** The keys in the one log a database has; of small rows all of them, as they were written. */
async function keysInLog(path: string): Promise<string[]> {
  const logs = (await readdir(path)).filter((file) => file.endsWith('.log'))
  expect(logs).toHaveLength(1)
  const text = await readFile(join(path, logs[0] ?? ''), 'latin1')
  return text.match(/key \d+/g) ?? []
}
