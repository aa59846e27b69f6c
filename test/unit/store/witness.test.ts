import { constants } from 'node:fs'
import { readdir, readFile, readlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { FileWitness } from '../../../src/store/witness.ts'
import { tempDir } from '../../support/temp-dir.ts'

async function readBack(path: string): Promise<number | null> {
  const witness = new FileWitness(path)
  try {
    return await witness.read()
  } finally {
    await witness.close()
  }
}

test('a witness remembers the last number over reopenings', async () => {
  const path = join(await tempDir(), 'witness')
  expect(await readBack(path)).toBeNull()
  for (const numbers of [[0, 1, 2], [3], [9, 10]]) {
    const witness = new FileWitness(path)
    await witness.read()
    for (const number of numbers) await witness.write(number)
    await witness.close()
    await witness.close()
    expect(await readBack(path)).toBe(numbers.at(-1))
  }
})

/** The flags the file is open with in this process, as Linux has them. */
async function flagsOf(path: string): Promise<number> {
  for (const fd of await readdir('/proc/self/fd')) {
    const target = await readlink(`/proc/self/fd/${fd}`).catch(() => '')
    if (target !== path) continue
    const [, flags] = /^flags:\s+(\d+)$/m.exec(await readFile(`/proc/self/fdinfo/${fd}`, 'utf8')) ?? []
    return Number.parseInt(flags ?? '', 8)
  }
  throw new Error('not open')
}

test('a witness is open for writes that are on disk when they return', async () => {
  // Elsewhere it syncs after each write.
  if (process.platform !== 'linux') return
  const path = join(await tempDir(), 'witness')
  for (const life of ['made', 'opened again']) {
    const witness = new FileWitness(path)
    await witness.read()
    await witness.write(1)
    expect((await flagsOf(path)) & constants.O_DSYNC, life).toBe(constants.O_DSYNC)
    await witness.close()
  }
})

test.each([2, 3])('a torn write leaves the number before: %i', async (last) => {
  const path = join(await tempDir(), 'witness')
  for (let number = 0; number <= last; number++) {
    const witness = new FileWitness(path)
    await witness.read()
    await witness.write(number)
    await witness.close()
  }
  const whole = await readFile(path)
  const line = whole.indexOf(`000000000000000${last}`)
  for (let torn = 0; torn < 26; torn++) {
    const file = Buffer.from(whole)
    file.fill(0xff, line + torn, line + 26)
    await writeFile(path, file)
    expect(await readBack(path), `torn at ${torn}`).toBe(last - 1)
  }
})

test('a witness of which nothing is left is damaged, not missing', async () => {
  const path = join(await tempDir(), 'witness')
  const witness = new FileWitness(path)
  await witness.write(7)
  await witness.close()
  await truncate(path, 0)
  await expect(readBack(path)).rejects.toMatchObject({ reason: 'damaged' })
})
