import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { clearNext, putAside, putInPlace, refuseHalfPlaced, storePlace } from '../../../src/store/place.ts'
import { tempDir } from '../../support/temp-dir.ts'

async function make(path: string): Promise<void> {
  await mkdir(path)
  await writeFile(join(path, 'CURRENT'), path)
}

test('no program begins a new store at any step of a replacement, the second try of one included', async () => {
  const dir = await tempDir()
  const place = storePlace(dir)
  const refused = () => expect(refuseHalfPlaced(dir)).rejects.toMatchObject({ reason: 'damaged' })
  await refuseHalfPlaced(dir)
  await make(place.store)
  await make(place.nextStore)
  await writeFile(place.nextWitness, '')
  await refuseHalfPlaced(dir)
  const aside = await putAside(dir, 'damaged', 'now')
  expect(aside).toBe(join(dir, 'damaged-now'))
  await refused()
  // Cut off here, and done again: what was made is made anew.
  await clearNext(dir)
  expect(await readdir(place.nextStore)).toEqual([])
  await refused()
  await writeFile(join(place.nextStore, 'CURRENT'), '')
  await writeFile(place.nextWitness, '')
  await refused()
  await putInPlace(dir)
  await refuseHalfPlaced(dir)
  expect((await readdir(dir)).sort()).toEqual(['damaged-now', 'store', 'witness'])
})

test('where a store is in place nothing is left of one that was begun beside it', async () => {
  const dir = await tempDir()
  const place = storePlace(dir)
  await make(place.store)
  await make(place.nextStore)
  await writeFile(place.nextWitness, '')
  await clearNext(dir)
  expect(await readdir(dir)).toEqual(['store'])
})
