import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { DAY_MS } from '../../../../src/domain/instant.ts'
import { DEFAULT_CONFIG } from '../../../../src/relay/config.ts'
import { lastSnapshot, takeInTurn } from '../../../../src/relay/durability/snapshot-rota.ts'
import { checkRelayConfig, readRelayConfig } from '../../../../src/relay/operating/config-file.ts'
import { isMissed } from '../../../../src/relay/operating/schedule.ts'
import { refusal } from '../../../support/relay-world.ts'
import { tempDir } from '../../../support/temp-dir.ts'

async function configOf(toml: string) {
  const path = join(await tempDir(), 'relay.toml')
  await writeFile(path, toml)
  return readRelayConfig(path, false)
}

it('housekeeping has a schedule of its own in relay.toml', async () => {
  expect((await configOf('')).housekeeping).toBe(DEFAULT_CONFIG.housekeeping)
  expect((await configOf('housekeeping = "*/5 3-4 * * 1"')).housekeeping).toBe('*/5 3-4 * * 1')
})

it.each(['', 'daily', '61 4 * * *', '* * * * * *', '17 4 * *', '@daily'])(
  'a schedule that is none is a bad file: %s',
  async (schedule) => {
    expect(await refusal(configOf(`housekeeping = "${schedule}"`))).toBe('BAD_FILE')
  },
)

it('snapshots have a schedule, a directory and a number to keep; what is wrong with them is told with its line', () => {
  const { config } = checkRelayConfig('[snapshot]\nat = "0 3 * * *"\ndir = "/var/backups/im"\n')
  expect(config?.snapshot).toEqual({ at: '0 3 * * *', dir: '/var/backups/im', keep: 7 })
  expect(checkRelayConfig('').config?.snapshot).toBeNull()
  const lines = (text: string) => checkRelayConfig(text).problems.map(({ line, message }) => `${line} ${message}`)
  expect(lines('connections = 5\n[snapshot]\nat = "at night"\ndir = "/a"\n')).toEqual([
    expect.stringMatching(/^3 snapshot\.at: .*no schedule/),
  ])
  expect(lines('[snapshot]\nat = "0 3 * * *"\ndir = "here"\nkeep = 0\n')).toEqual([
    expect.stringMatching(/^3 snapshot\.dir: .*no absolute path/),
    expect.stringMatching(/^4 snapshot\.keep: /),
  ])
  expect(lines('snapshot = { at = "0 3 * * *" }')).toEqual([expect.stringContaining('snapshot.dir')])
  expect(lines('[retention]\nlogDays = 0\n')).toEqual([expect.stringMatching(/^2 retention\.logDays: /)])
  expect(checkRelayConfig('retention = { logDays = 2 }').config?.retention).toEqual({
    logForMs: 2 * 86_400_000,
    messagesForMs: null,
  })
})

it('a chore is missed if one of its hours has passed since it was last done', async () => {
  const at = '0 3 * * *'
  const three = new Date('2026-03-04T03:00:00').getTime()
  expect(await isMissed({ at, last: null }, three)).toBe(true)
  expect(await isMissed({ at, last: three + 1000 }, three + 23 * 3_600_000)).toBe(false)
  expect(await isMissed({ at, last: three + 1000 }, three + 24 * 3_600_000)).toBe(true)
  expect(await isMissed({ at, last: three - 1000 }, three)).toBe(true)
  expect(await isMissed({ at, last: three + 365 * DAY_MS }, three)).toBe(true)
})

it('of the snapshots taken by the clock the newest stay, and what was cut off goes', async () => {
  const dir = join(await tempDir(), 'snapshots')
  expect(await lastSnapshot(dir)).toBeNull()
  const start = Date.parse('2026-03-04T03:00:00Z')
  const take = async (to: string) => {
    await mkdir(to)
    await writeFile(join(to, 'manifest.json'), '{ spoilt since')
    return { accounts: 4 } as never
  }
  await mkdir(join(dir, '20260301T030000Z.part-abcdef'), { recursive: true })
  await mkdir(join(dir, 'mine'))
  for (let day = 0; day < 5; day++) await takeInTurn({ dir, keep: 3 }, start + day * 86_400_000, take)
  expect((await readdir(dir)).sort()).toEqual(['20260306T030000Z', '20260307T030000Z', '20260308T030000Z', 'mine'])
  // One that fails takes none of the others along.
  const fails = () => Promise.reject(new Error('full'))
  await expect(takeInTurn({ dir, keep: 1 }, start + 9 * 86_400_000, fails)).rejects.toThrow('full')
  expect(await readdir(dir)).toHaveLength(4)
  expect(await lastSnapshot(dir)).toBe(start + 4 * 86_400_000)
})

it('a snapshot stays when it is taken, also after a clock that was ahead, whose snapshots go first', async () => {
  const dir = join(await tempDir(), 'snapshots')
  const take = async (to: string) => {
    await mkdir(to)
    return { accounts: 4 } as never
  }
  const taken = async (...moments: string[]) => {
    for (const at of moments) await takeInTurn({ dir, keep: 3 }, Date.parse(at), take)
    return (await readdir(dir)).sort()
  }
  await taken('2026-03-04T03:00:00Z', '2031-01-01T03:00:00Z', '2031-01-02T03:00:00Z')
  expect(await taken('2026-03-05T03:00:00Z')).toEqual(['20260304T030000Z', '20260305T030000Z', '20310102T030000Z'])
  expect(await taken('2026-03-06T03:00:00Z')).toEqual(['20260304T030000Z', '20260305T030000Z', '20260306T030000Z'])
})
