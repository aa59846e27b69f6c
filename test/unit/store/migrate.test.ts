import { describe, expect, it } from 'vitest'
import { openStore, type StoreOptions } from '../../../src/store/account-store.ts'
import type { Engine } from '../../../src/store/engine.ts'
import { MemoryDisk } from '../../../src/store/memory-engine.ts'
import { eachRow, type MigratedRow, type Migration } from '../../../src/store/migrate.ts'
import type { Store, Write } from '../../../src/store/store.ts'
import { MemoryWitness } from '../../../src/store/witness.ts'
import { change, insert, openTestStore, readSpace, STORE_DISKS } from '../../support/store-disk.ts'

const ACCOUNTS = ['ana', 'bo', 'cy']
const ROWS = 7

/** A number becomes a text in a space of its own; those of `skip` go. */
function renamed({ key, value }: MigratedRow): readonly Write[] | null {
  if (!key.startsWith('old/')) return null
  const removal: Write = { op: 'remove', key }
  return value === 3 ? [removal] : [removal, { op: 'insert', key: `new/${key.slice(4)}`, value: `number ${value}` }]
}

/** Not harmless when it is done twice to a row: it counts. */
const counted: Migration = async (engine, from) => {
  const rows = await engine.range({ gt: from === '' ? 'x/' : from, lt: 'x0', limit: 2 })
  return {
    ops: rows.map(([key, value]) => ({ type: 'put', key, value: `${Number(value) + 1}` })),
    next: rows.length < 2 ? null : (rows.at(-1)?.[0] ?? null),
  }
}

const MIGRATIONS = [eachRow(renamed, 4), counted]

async function fill(store: Store): Promise<void> {
  for (const account of ACCOUNTS) {
    for (let i = 0; i < ROWS; i++) await change(store, account, insert(`old/${i}`, i), insert(`stays/${i}`, i))
  }
}

async function expectMigrated(store: Store): Promise<void> {
  for (const account of ACCOUNTS) {
    expect(await readSpace(store, account, 'old')).toEqual([])
    expect(await readSpace(store, account, 'stays')).toHaveLength(ROWS)
    const made = [0, 1, 2, 4, 5, 6].map((i) => [`new/${i}`, `number ${i}`])
    expect(await readSpace(store, account, 'new')).toEqual(made)
  }
}

/** The third write from now on, say, is the last that reaches the disk. */
function dyingAfter(engine: Engine, writes: number): Engine {
  let left = writes
  return {
    get: (key) => engine.get(key),
    range: (query) => engine.range(query),
    write: (ops) => (left-- > 0 ? engine.write(ops) : Promise.reject(new Error('killed'))),
    view: () => engine.view(),
    close: () => engine.close(),
  }
}

describe.each(Object.keys(STORE_DISKS))('a migration, %s', (name) => {
  it('goes on where it was after a kill at any point, and changes no row twice', async () => {
    const makeDisk = STORE_DISKS[name]
    if (makeDisk === undefined) throw new Error('no such disk')
    for (let lives = 0; ; lives++) {
      const disk = await makeDisk()
      const first = await openTestStore(disk)
      await fill(first)
      await first.close()
      const raw = await disk.open()
      await raw.write(['x/1', 'x/2', 'x/3', 'x/4', 'x/5'].map((key) => ({ type: 'put', key, value: '0' })))
      await raw.close()
      const options: Partial<StoreOptions> = { migrations: MIGRATIONS }
      const engine = dyingAfter(await disk.open(), lives)
      const died = await openStore({ engine, kind: 'test', witness: disk.witness(), ...options }).then(
        async (store) => {
          await store.close()
          return false
        },
        () => true,
      )
      const store = await openTestStore(disk, options)
      await expectMigrated(store)
      await store.close()
      const after = await disk.open()
      expect(await after.range({ gt: 'x/', lt: 'x0' })).toEqual([1, 2, 3, 4, 5].map((i) => [`x/${i}`, '1']))
      await after.close()
      await disk.dispose()
      if (died) continue
      // 42 rows, four at a time, then five, two at a time: each of them was the last once.
      expect(lives).toBe(11 + 3)
      return
    }
  })
})

describe('a store', () => {
  const witness = new MemoryWitness()
  const disk = new MemoryDisk()
  const open = async (options: Partial<StoreOptions> = {}) =>
    openStore({ engine: await disk.open(), kind: 'test', witness, ...options })

  it('on its way to a newer format is not opened by a program that does not know it', async () => {
    const first = await open()
    await fill(first)
    await first.close()
    const engine = dyingAfter(await disk.open(), 2)
    await expect(openStore({ engine, kind: 'test', witness, migrations: MIGRATIONS })).rejects.toThrow('killed')
    await expect(open()).rejects.toMatchObject({ reason: 'format' })
    // One that knows the way, though not the rest of it, comes as far as it knows.
    await (await open({ migrations: MIGRATIONS.slice(0, 1) })).close()
    const store = await open({ migrations: MIGRATIONS })
    await expectMigrated(store)
    await store.close()
    await expect(open({ migrations: MIGRATIONS.slice(0, 1) })).rejects.toMatchObject({
      reason: 'format',
      message: expect.stringContaining('format 3'),
    })
  })

  it('that is new has the newest format at once', async () => {
    const fresh = { engine: await new MemoryDisk().open(), kind: 'test', witness: null, migrations: MIGRATIONS }
    await openStore(fresh)
    expect(await fresh.engine.get('!format')).toContain('"format":3')
  })

  it('is not migrated on a full disk, and is when there is room', async () => {
    const full = new MemoryDisk()
    const first = await openStore({ engine: await full.open(), kind: 'test', witness: null })
    await fill(first)
    await first.close()
    let free = 0
    const reserve = { freeBytes: async () => free, minBytes: 1, clock: { monotonic: () => 0 } }
    const options = { kind: 'test', witness: null, migrations: MIGRATIONS, reserve }
    await expect(openStore({ ...options, engine: await full.open() })).rejects.toMatchObject({ reason: 'full' })
    free = 1
    const store = await openStore({ ...options, engine: await full.open() })
    await expectMigrated(store)
    await store.close()
  })
})
