import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { ensurePrivateDir } from '../../../src/host/private-dir.ts'
import { tempDir } from '../../support/temp-dir.ts'

/** Another process makes each directory in the moment before this one looks for it. */
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>()
  const statSync = (path: string, options: { throwIfNoEntry: false }) => {
    if (!fs.existsSync(path)) fs.mkdirSync(path, { mode: 0o700 })
    return fs.statSync(path, options)
  }
  return { ...fs, statSync }
})

it('a directory whose parent another process makes meanwhile is made all the same', async () => {
  const home = join(await tempDir(), 'home')
  expect(() => ensurePrivateDir(join(home, 'data'))).not.toThrow()
})
