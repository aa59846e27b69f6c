import { readdir, rm } from 'node:fs/promises'
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

test('a closed engine answers with an error, and closes again without harm', async () => {
  const engine = await openLevelEngine(join(await tempDir(), 'db'))
  await engine.close()
  await engine.close()
  await expect(engine.range({})).rejects.toMatchObject({ reason: 'io' })
  await expect(engine.write([])).rejects.toMatchObject({ reason: 'io' })
  expect(() => engine.get('a')).toThrow('cannot be read')
})
