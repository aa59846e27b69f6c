import { readdir, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { repairDaemonStore } from '../../../../src/daemon/mirror/repair.ts'
import type { EngineOp } from '../../../../src/store/engine.ts'
import { openLevelEngine } from '../../../../src/store/level-engine.ts'
import { MemoryDisk } from '../../../../src/store/memory-engine.ts'
import { FileWitness, MemoryWitness } from '../../../../src/store/witness.ts'
import { inProcess } from '../../../support/in-process.ts'
import { loadStore } from '../../../support/store-dump.ts'
import { tempDir } from '../../../support/temp-dir.ts'

const NOW = 1_800_000_000_000

const repair = (dir: string) => repairDaemonStore(dir, NOW, async () => [])

/** A profile's data directory with the store of the dump: two changes wait for the relay in it. */
async function profile() {
  const dir = await tempDir()
  const { disk, about } = await loadStore('daemon-format-1.jsonl')
  const rows = await (await disk.open()).range({})
  await write(
    dir,
    rows.map(([key, value]) => ({ type: 'put', key, value })),
  )
  const witness = new FileWitness(join(dir, 'witness'))
  await witness.write(rows.filter(([key]) => key.startsWith('!commit/')).length)
  await witness.close()
  return { dir, rows, about: about as { bo: string; secret: string; now: number } }
}

async function write(dir: string, ops: EngineOp[]): Promise<void> {
  const engine = await openLevelEngine(join(dir, 'store'))
  await engine.write(ops)
  await engine.close()
}

async function read(dir: string): Promise<Map<string, string>> {
  const engine = await openLevelEngine(join(dir, 'store'))
  const rows = new Map(await engine.range({}))
  await engine.close()
  return rows
}

/** A daemon on what lies there now, without its relay. */
async function started(dir: string, { secret, now }: { secret: string; now: number }) {
  const disk = new MemoryDisk()
  const engine = await disk.open()
  await engine.write([...(await read(dir))].map(([key, value]) => ({ type: 'put', key, value })))
  await engine.close()
  const witness = new MemoryWitness()
  await witness.write(1)
  const world = await inProcess()
  world.host.clock.jump(now - world.host.clock.now())
  return { world, desk: await world.terminal('desk', { disk, witness, secret, offline: true }) }
}

function spoilt(row: string): string {
  return `${row.slice(0, -1)}${row.endsWith('7') ? '8' : '7'}`
}

describe('a daemon store', () => {
  it('that is sound is left as it is', async () => {
    const { dir } = await profile()
    expect(await repair(dir)).toEqual({ v: 1, data: dir, sound: true, waiting: 2, aside: null, lost: [] })
    expect((await readdir(dir)).sort()).toEqual(['store', 'witness'])
  })

  it('is not touched while a daemon has it, or where there is none', async () => {
    const { dir } = await profile()
    const engine = await openLevelEngine(join(dir, 'store'))
    await expect(repair(dir)).rejects.toMatchObject({ code: 'IO' })
    await engine.close()
    await rm(join(dir, 'store'), { recursive: true })
    await expect(repair(dir)).rejects.toMatchObject({ code: 'BAD_FILE' })
  })

  it.each([
    ['a friend', /\/friend\//],
    ['a backup the relay has', /\/backup\//],
    ['a message', /\/message\//],
    ['the head', /^h\//],
    ['the epoch', /^!epoch/],
    ['the cursor', /\/cursor\//],
  ])('that has a damaged row of %s keeps all that waits, and reads the rest anew', async (_what, kind) => {
    const { dir, rows, about } = await profile()
    const [key = '', row = ''] = rows.find(([key]) => kind.test(key)) ?? []
    await write(dir, [{ type: 'put', key, value: spoilt(row) }])
    const done = await repair(dir)
    expect(done).toMatchObject({ sound: false, waiting: 2, lost: [] })
    expect(await readdir(done.aside ?? '')).toEqual(['store', 'witness'])
    expect(await repair(dir)).toMatchObject({ sound: true })
    const { world, desk } = await started(dir, about)
    expect(await desk.call('daemon.status', {})).toMatchObject({ outbox: 2, cursor: null })
    await world.close()
  })

  it.each([
    ['is damaged', (key: string, value: string): EngineOp => ({ type: 'put', key, value: spoilt(value) })],
    ['is gone', (key: string): EngineOp => ({ type: 'del', key })],
  ])('names what was only here and %s', async (_how, damage) => {
    const { dir, rows, about } = await profile()
    const [key = '', row = ''] = rows.find(([key]) => key.includes('/outbox/')) ?? []
    await write(dir, [damage(key, row)])
    expect(await repair(dir)).toMatchObject({ waiting: 1, lost: ['a change that had not reached the relay'] })
    const { world, desk } = await started(dir, about)
    expect(await desk.call('daemon.status', {})).toMatchObject({ outbox: 1 })
    await world.close()
  })

  it.each([
    ['CURRENT', (dir: string) => rm(join(dir, 'store', 'CURRENT'))],
    ['its witness', (dir: string) => rm(join(dir, 'witness'))],
    ['its witness to zeros', (dir: string) => writeFile(join(dir, 'witness'), Buffer.alloc(8192))],
  ])('that has lost %s keeps what waits', async (_what, lose) => {
    const { dir } = await profile()
    await lose(dir)
    expect(await repair(dir)).toMatchObject({ sound: false, waiting: 2 })
    expect(await repair(dir)).toMatchObject({ sound: true })
  })

  it('of which nothing is left says so, and can be logged in to again', async () => {
    const { dir, about } = await profile()
    const log = (await readdir(join(dir, 'store'))).find((name) => name.endsWith('.log')) ?? ''
    await truncate(join(dir, 'store', log), 0)
    expect(await repair(dir)).toMatchObject({
      sound: false,
      waiting: 0,
      lost: [expect.stringContaining('changed last')],
    })
    const { world, desk } = await started(dir, about)
    expect(await desk.call('daemon.status', {})).toMatchObject({ outbox: 0 })
    await world.close()
  })
})
