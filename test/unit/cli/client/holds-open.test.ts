import { open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { holdsOpen } from '../../../../src/cli/client/holds-open.ts'
import { tempDir } from '../../../support/temp-dir.ts'

const here = { env: process.env, platform: process.platform }

it('a process holds a file for as long as it has it open, and no other process does', async () => {
  const path = join(await tempDir(), 'LOCK')
  await writeFile(path, '')
  const holds = (pid: number) => holdsOpen(pid, path, here)
  expect(await holds(process.pid)).toBe(false)
  const file = await open(path)
  expect(await holds(process.pid)).toBe(true)
  expect(await holds(process.ppid)).toBe(false)
  await file.close()
  expect(await holds(process.pid)).toBe(false)
})

it('nobody holds a file that is not there, and a process that is not there holds none', async () => {
  expect(await holdsOpen(process.pid, join(await tempDir(), 'none'), here)).toBe(false)
  expect(await holdsOpen(2 ** 30, process.execPath, here)).toBe(false)
})
