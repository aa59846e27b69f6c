import { expect, test } from 'vitest'
import { putRow } from '../../../src/store/codec.ts'
import { COMMIT_SLOTS, commitKey } from '../../../src/store/layout.ts'
import { MemoryDisk } from '../../../src/store/memory-engine.ts'
import { openFormat } from '../../../src/store/open-format.ts'

test('the numbers of the last commits are kept in a ring, and every one of them must be there', async () => {
  const last = 3 * COMMIT_SLOTS + 5
  const disk = new MemoryDisk()
  const engine = await disk.open()
  const options = { engine, kind: 'test', witness: null }
  await openFormat(options)
  const commits = Array.from({ length: COMMIT_SLOTS }, (_, i) => last - i)
  await engine.write(commits.map((commit) => putRow(commitKey(commit), String(commit))))
  expect(await openFormat(options)).toEqual({ epoch: 1, commit: last })
  const lost = last - COMMIT_SLOTS + 1
  await engine.write([putRow(commitKey(lost), String(lost - COMMIT_SLOTS))])
  await expect(openFormat(options)).rejects.toMatchObject({ reason: 'damaged' })
})
