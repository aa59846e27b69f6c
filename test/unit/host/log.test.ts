import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { openLog } from '../../../src/host/log.ts'
import { tempDir } from '../../support/temp-dir.ts'

async function logFile(): Promise<string> {
  return join(await tempDir(), 'state', 'daemon.log')
}

const linesOf = async (file: string): Promise<unknown[]> =>
  (await readFile(file, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

it('writes a line at once: level, time, event, fields', async () => {
  const file = await logFile()
  using log = await openLog({ to: { file }, debug: false })
  log.info('relay link opened', { attempt: 2 })
  log.debug('not asked for')
  log.error('store failed', { error: new Error('no room', { cause: new Error('ENOSPC') }) })
  const time = expect.stringMatching(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  expect(await linesOf(file)).toEqual([
    { level: 'info', time, event: 'relay link opened', attempt: 2 },
    {
      level: 'error',
      time,
      event: 'store failed',
      error: expect.objectContaining({ message: 'no room', cause: expect.objectContaining({ message: 'ENOSPC' }) }),
    },
  ])
  expect((await stat(file)).mode & 0o777).toBe(0o600)
})

it('writes debug lines when asked to, and goes on after the lines of the last run', async () => {
  const file = await logFile()
  for (const run of [1, 2]) {
    using log = await openLog({ to: { file }, debug: true })
    log.debug('started', { run })
  }
  expect(await linesOf(file)).toEqual([1, 2].map((run) => expect.objectContaining({ event: 'started', run })))
})

it('puts a log over 5 MiB aside at the start, and keeps one such', async () => {
  const file = await logFile()
  {
    using log = await openLog({ to: { file }, debug: false })
    log.info('first run')
  }
  for (const filler of ['old', 'new']) {
    await writeFile(file, filler.repeat(2 * 2 ** 20))
    using log = await openLog({ to: { file }, debug: false })
    log.info('started')
    expect(await linesOf(file)).toHaveLength(1)
  }
  expect((await readdir(dirname(file))).sort()).toEqual(['daemon.log', 'daemon.log.1'])
  expect((await readFile(`${file}.1`, 'utf8')).slice(0, 3)).toBe('new')
})
