import { beforeEach, expect, test } from 'vitest'
import { openStore } from '../../../src/store/account-store.ts'
import { MemoryDisk } from '../../../src/store/memory-engine.ts'
import type { Store } from '../../../src/store/store.ts'
import { change, insert, readSpace } from '../../support/store-disk.ts'

const machine = { free: 1000, now: 0, looks: 0 }
let store: Store

beforeEach(async () => {
  Object.assign(machine, { free: 1000, now: 0, looks: 0 })
  const reserve = {
    freeBytes: async () => {
      machine.looks++
      if (machine.free < 0) throw new Error('no such device')
      return machine.free
    },
    minBytes: 100,
    clock: { monotonic: () => machine.now },
  }
  store = await openStore({ engine: await new MemoryDisk().open(), kind: 'test', witness: null, reserve })
})

test('a nearly full disk refuses changes, is read on, and takes changes again when there is room', async () => {
  await change(store, 'ann', insert('n/1', 1))
  machine.free = 99
  machine.now += 1_000
  await expect(change(store, 'ann', insert('n/2', 2))).rejects.toMatchObject({ reason: 'full' })
  await expect(change(store, 'ann', insert('n/2', 2))).rejects.toMatchObject({ reason: 'full' })
  expect(await readSpace(store, 'ann', 'n')).toEqual([['n/1', 1]])
  await change(store, 'ann')
  machine.free = 100
  machine.now += 1_000
  await change(store, 'ann', insert('n/2', 2))
  expect(await readSpace(store, 'ann', 'n')).toHaveLength(2)
})

test('the disk is looked at once a second or every 16 MiB, and once for all who ask at a time', async () => {
  await Promise.all(Array.from({ length: 10 }, (_, i) => change(store, `u${i}`, insert('n/1', 1))))
  expect(machine.looks).toBe(1)
  // A letter may be three bytes.
  const mebibyte = 'x'.repeat((1024 * 1024) / 3)
  for (let i = 0; i < 15; i++) await change(store, 'ann', insert(`n/${i}`, mebibyte))
  expect(machine.looks).toBe(1)
  await change(store, 'ann', insert('n/last', mebibyte))
  expect(machine.looks).toBe(2)
  machine.now += 999
  await change(store, 'bob', insert('n/1', 1))
  expect(machine.looks).toBe(2)
  machine.now += 1
  await change(store, 'bob', insert('n/2', 1))
  expect(machine.looks).toBe(3)
})

test('a disk that cannot be asked refuses changes and the store goes on', async () => {
  machine.free = -1
  await expect(change(store, 'ann', insert('n/1', 1))).rejects.toMatchObject({ reason: 'io' })
  machine.free = 1000
  await change(store, 'ann', insert('n/1', 1))
})
