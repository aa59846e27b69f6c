import { readFile, truncate, writeFile } from 'node:fs/promises'
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
