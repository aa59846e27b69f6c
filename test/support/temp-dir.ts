import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A directory of the running test's own, gone when the test is. */
export async function tempDir(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'im-test-'))
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  return dir
}
