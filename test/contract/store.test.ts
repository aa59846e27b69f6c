import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openStore } from '../../src/store/account-store.ts'
import { putRow } from '../../src/store/codec.ts'
import type { Engine, EngineOp } from '../../src/store/engine.ts'
import type { Store } from '../../src/store/store.ts'
import {
  change,
  insert,
  openTestStore,
  readSpace,
  remove,
  STORE_DISKS,
  type StoreDisk,
  space,
} from '../support/store-disk.ts'

describe.each(Object.entries(STORE_DISKS))('a store %s', (_name, makeDisk) => {
  let disk: StoreDisk
  let store: Store

  beforeEach(async () => {
    disk = await makeDisk()
    store = await openTestStore(disk)
  })

  afterEach(async () => {
    await store.close()
    await disk.dispose()
  })

  async function reopen(): Promise<void> {
    await store.close()
    store = await openTestStore(disk)
  }

  /** Changes rows behind the store's back; the store is closed meanwhile and stays closed. */
  async function tamper(edit: (rows: Map<string, string>) => EngineOp[]): Promise<void> {
    await store.close()
    const engine = await disk.open()
    await engine.write(edit(new Map(await engine.range({}))))
    await engine.close()
  }

  test('keeps what it acknowledged over a reopening', async () => {
    await change(store, 'ann', insert('msg/1', { text: 'Grüße 🎈' }), insert('msg/2', [1, null]))
    await reopen()
    expect(await readSpace(store, 'ann', 'msg')).toEqual([
      ['msg/1', { text: 'Grüße 🎈' }],
      ['msg/2', [1, null]],
    ])
  })

  test('takes and gives values as the JSON they are made of', async () => {
    await change(store, 'ann', { op: 'insert', key: 'n/1', json: '{"a":[1,"ü"]}' }, insert('n/2', 'two'))
    const texts = () => store.read('ann', (reader) => reader.texts({ gte: 'n/', lt: 'n0' }))
    const expected = [
      ['n/1', '{"a":[1,"ü"]}'],
      ['n/2', '"two"'],
    ]
    expect(await texts()).toEqual(expected)
    expect(await store.read('ann', (reader) => reader.get('n/1'))).toEqual({ a: [1, 'ü'] })
    await reopen()
    expect(await texts()).toEqual(expected)
  })

  test('counts versions and rows per space', async () => {
    await change(store, 'ann', insert('msg/1', 1), insert('msg/2', 2), insert('friend/1', 1))
    await change(store, 'ann', remove('friend/1'), { op: 'replace', key: 'msg/1', value: 3 })
    await change(store, 'ann')
    const seen = () => store.read('ann', ({ version, rows }) => ({ version, rows: Object.fromEntries(rows) }))
    expect(await seen()).toEqual({ version: 2, rows: { msg: 2 } })
    await reopen()
    expect(await seen()).toEqual({ version: 2, rows: { msg: 2 } })
    expect(await store.read('bob', ({ version, rows }) => [version, rows.size])).toEqual([0, 0])
  })

  test('writes both accounts of a transaction or none, in the order they were given', async () => {
    const result = await store.transact(['zoe', 'ann'], async ([zoe, ann]) => {
      expect([zoe?.version, ann?.version]).toEqual([0, 0])
      return { writes: [[insert('a/1', 'of zoe')], [insert('a/1', 'of ann')]], result: 'sent' }
    })
    expect(result).toBe('sent')
    await expect(
      store.transact(['zoe', 'ann'], () => ({
        writes: [[insert('a/2', 1)], [insert('a/2', undefined)]],
        result: null,
      })),
    ).rejects.toThrow(TypeError)
    await reopen()
    expect(await readSpace(store, 'zoe', 'a')).toEqual([['a/1', 'of zoe']])
    expect(await readSpace(store, 'ann', 'a')).toEqual([['a/1', 'of ann']])
  })

  test('reads ranges in the order of UTF-8 bytes, both ways, within bounds', async () => {
    const keys = ['k/', 'k/a', 'k/b', 'k/b1', 'k/\u{ffee}', 'k/\u{1f388}']
    await change(
      store,
      'ann',
      ...[...keys].reverse().map((key) => insert(key, key)),
      insert('l/a', 1),
      insert('j/z', 1),
    )
    const range = (query: object) =>
      store.read('ann', async (reader) => (await reader.range(query)).map(([key]) => key))
    await reopen()
    expect(await range({ gte: 'k/', lt: 'k0' })).toEqual(keys)
    expect(await range({ gte: 'k/', lt: 'k0', reverse: true, limit: 2 })).toEqual(['k/\u{1f388}', 'k/\u{ffee}'])
    expect(await range({ gt: 'k/a', lte: 'k/b1' })).toEqual(['k/b', 'k/b1'])
    expect(await range({ gt: 'k/a', gte: 'k/b1', lt: 'k/c', lte: 'l/' })).toEqual(['k/b1'])
    expect(await range({ gte: 'k/a', limit: 1 })).toEqual(['k/a'])
    expect(await range({ limit: 0 })).toEqual([])
    expect(await range({})).toEqual(['j/z', ...keys, 'l/a'])
  })

  test('keeps accounts apart whose names begin alike', async () => {
    for (const account of ['1', '10', '1-']) await change(store, account, insert('a/1', account))
    for (const account of ['1', '10', '1-']) {
      expect(await store.read(account, (reader) => reader.range({}))).toEqual([['a/1', account]])
    }
  })

  test('sees in a transaction what the one before has queued', async () => {
    const increments = Array.from({ length: 50 }, () =>
      store.transact(['ann'], async ([reader]) => {
        const before = (await reader?.get('n/1')) as number | undefined
        const op = before === undefined ? 'insert' : 'replace'
        return { writes: [[{ op, key: 'n/1', value: (before ?? 0) + 1 }]], result: undefined }
      }),
    )
    await Promise.all(increments)
    expect(await store.read('ann', (reader) => reader.get('n/1'))).toBe(50)
  })

  test('keeps one wake instant per account, earliest first', async () => {
    const wake = (account: string, at: number | null | undefined) =>
      store.transact([account], () => ({ writes: [[]], wake: [at], result: undefined }))
    expect(await store.nextWake()).toBeNull()
    await Promise.all([wake('ann', 900), wake('bob', 1_700_000_000_000), wake('cid', 20)])
    await wake('ann', 1_000)
    await wake('ann', undefined)
    await reopen()
    expect(await store.nextWake()).toBe(20)
    expect(await store.wakes(1_000, 10)).toEqual([
      { at: 20, account: 'cid' },
      { at: 1_000, account: 'ann' },
    ])
    expect(await store.wakes(999, 10)).toEqual([{ at: 20, account: 'cid' }])
    expect(await store.wakes(-1, 10)).toEqual([])
    await Promise.all([wake('cid', 5), wake('cid', 2_000), wake('cid', null)])
    expect(await store.wakes(Number.POSITIVE_INFINITY, 10)).toEqual([
      { at: 1_000, account: 'ann' },
      { at: 1_700_000_000_000, account: 'bob' },
    ])
    expect(await store.wakes(Number.POSITIVE_INFINITY, 1)).toEqual([{ at: 1_000, account: 'ann' }])
  })

  test('lists its accounts a page at a time', async () => {
    for (const account of ['bob', 'ann', 'cid']) await change(store, account, insert('a/1', 1))
    expect(await store.accounts(null, 2)).toEqual(['ann', 'bob'])
    expect(await store.accounts('bob', 2)).toEqual(['cid'])
    expect(await store.accounts('cid', 2)).toEqual([])
  })

  test('refuses what no store can take', async () => {
    const nothing = () => ({ writes: [[], []], result: undefined })
    await expect(store.transact(['ann', 'ann'], nothing)).rejects.toThrow('only once')
    await expect(store.transact([], nothing)).rejects.toThrow(TypeError)
    await expect(store.transact(['ann'], nothing)).rejects.toThrow('one list of writes per account')
    await expect(store.read('a/b', () => 1)).rejects.toThrow(TypeError)
    for (const key of ['plain', '/x', 'a\0/x', 'a/\0', 'a/\ud800']) {
      await expect(change(store, 'ann', insert(key, 1)), JSON.stringify(key)).rejects.toThrow(TypeError)
    }
    for (const at of [-1, 0.5, Number.NaN]) {
      await expect(store.transact(['ann'], () => ({ writes: [[]], wake: [at], result: 0 }))).rejects.toThrow(TypeError)
    }
    await expect(change(store, 'ann', remove('a/1'))).rejects.toThrow('more rows')
    await change(store, 'ann', insert('a/1', 1))
    await expect(change(store, 'ann', remove('a/2'))).rejects.toThrow('does not exist')
    await expect(change(store, 'ann', { op: 'replace', key: 'a/2', value: 1 })).rejects.toThrow('does not exist')
    await expect(change(store, 'ann', insert('a/1', 1))).rejects.toThrow('exists')
    expect(await readSpace(store, 'ann', 'a')).toEqual([['a/1', 1]])
  })

  test('is open once at a time', async () => {
    await expect(openTestStore(disk)).rejects.toMatchObject({ reason: 'locked' })
  })

  test('takes nothing more once closed, and closes twice without harm', async () => {
    const last = change(store, 'ann', insert('a/1', 1))
    await Promise.all([store.close(), store.close(), last])
    await expect(change(store, 'ann')).rejects.toMatchObject({ reason: 'io' })
    await expect(store.wakes(1, 1)).rejects.toMatchObject({ reason: 'io' })
    store = await openTestStore(disk)
    expect(await readSpace(store, 'ann', 'a')).toEqual([['a/1', 1]])
  })

  test('does not open as another kind of store, in another format, or over rows of somebody else', async () => {
    await store.close()
    await expect(openTestStore(disk, { kind: 'other' })).rejects.toMatchObject({
      reason: 'format',
      message: expect.stringContaining('of a test, not of a other'),
    })
    await tamper(() => [putRow('!format', '{"format":2,"kind":"test"}')])
    await expect(openTestStore(disk)).rejects.toMatchObject({
      reason: 'format',
      message: expect.stringMatching(/has format 2, .* reads up to format 1/),
    })
    await tamper(() => [{ type: 'del', key: '!format' }])
    await expect(openTestStore(disk)).rejects.toMatchObject({ reason: 'format' })
  })

  test('detects every changed byte of a row', async () => {
    await change(store, 'ann', insert('msg/1', { text: 'hi ü' }))
    await store.transact(['ann'], () => ({ writes: [[]], wake: [77], result: 0 }))
    await store.close()
    const engine = await disk.open()
    const rows = await engine.range({})
    let flips = 0
    for (const [key, row] of rows) {
      const bytes = Buffer.from(row)
      for (let i = 0; i < bytes.length; i++) {
        const flipped = Buffer.from(bytes)
        flipped.writeUInt8(flipped.readUInt8(i) ^ (1 << (i % 8)), i)
        await engine.write([{ type: 'put', key, value: flipped.toString() }])
        const error = await readEverything(engine, disk).catch((cause: unknown) => cause)
        expect(error, `${key} at ${i}`).toMatchObject({ reason: 'damaged' })
        expect(String(error)).not.toContain('hi')
        flips++
      }
      await engine.write([{ type: 'put', key, value: row }])
    }
    expect(flips).toBeGreaterThan(120)
    await readEverything(engine, disk)
    await engine.close()
  })

  test('detects a row that turns up under another key', async () => {
    await change(store, 'ann', insert('msg/1', 'one'), insert('msg/2', 'two'))
    await tamper((rows) => [{ type: 'put', key: 'a/ann/msg/2', value: rows.get('a/ann/msg/1') ?? '' }])
    store = await openTestStore(disk)
    expect(await store.read('ann', (reader) => reader.get('msg/1'))).toBe('one')
    await expect(store.read('ann', (reader) => reader.get('msg/2'))).rejects.toMatchObject({ reason: 'damaged' })
  })

  test('detects a lost row when the space is read, and a lost head', async () => {
    await change(store, 'ann', insert('msg/1', 1), insert('msg/2', 2))
    await tamper(() => [{ type: 'del', key: 'a/ann/msg/2' }])
    store = await openTestStore(disk)
    await expect(readSpace(store, 'ann', 'msg')).rejects.toMatchObject({ reason: 'damaged' })
    expect(await store.read('ann', (reader) => reader.range({ gte: 'msg/', lt: 'msg0', limit: 9 }))).toHaveLength(1)
    await tamper(() => [{ type: 'del', key: 'h/ann' }])
    store = await openTestStore(disk)
    await expect(change(store, 'ann', insert('msg/3', 1))).rejects.toMatchObject({ reason: 'damaged' })
  })

  test('does not open behind its witness', async () => {
    await change(store, 'ann', insert('a/1', 1))
    let before = new Map<string, string>()
    await tamper((rows) => {
      before = rows
      return []
    })
    store = await openTestStore(disk)
    await change(store, 'ann', insert('a/2', 1))
    await tamper((rows) => [
      ...[...rows.keys()].map((key) => ({ type: 'del' as const, key })),
      ...[...before].map(([key, value]) => ({ type: 'put' as const, key, value })),
    ])
    await expect(openTestStore(disk)).rejects.toMatchObject({
      reason: 'damaged',
      message: expect.stringMatching(/behind its witness: 2 < 3/),
    })
    await tamper((rows) => [...rows.keys()].map((key) => ({ type: 'del', key })))
    await expect(openTestStore(disk)).rejects.toMatchObject({ reason: 'damaged' })
  })

  test('does not open with a commit missing in the middle', async () => {
    for (let i = 0; i < 5; i++) await change(store, `u${i}`, insert('a/1', 1))
    await tamper(() => [{ type: 'del', key: '!commit/00003' }])
    await expect(openTestStore(disk)).rejects.toMatchObject({
      reason: 'damaged',
      message: '1 commits are missing before 6',
    })
  })

  test('does not open without its witness', async () => {
    await change(store, 'ann', insert('a/1', 1))
    await store.close()
    await disk.loseWitness()
    await expect(openTestStore(disk)).rejects.toMatchObject({
      reason: 'damaged',
      message: expect.stringContaining('repair the store'),
    })
  })
})

/** Opens a store over an engine, which stays open, and reads every row once. */
async function readEverything(engine: Engine, disk: StoreDisk): Promise<void> {
  const kept: Engine = {
    get: (key) => engine.get(key),
    range: (query) => engine.range(query),
    write: (ops) => engine.write(ops),
    view: () => engine.view(),
    close: async () => {},
  }
  const store = await openStore({ engine: kept, kind: 'test', witness: disk.witness() })
  try {
    for (const account of await store.accounts(null, 100)) {
      await store.read(account, async (reader) => {
        for (const name of reader.rows.keys()) await space(reader, name)
      })
    }
    await store.wakes(Number.POSITIVE_INFINITY, 100)
  } finally {
    await store.close()
  }
}
