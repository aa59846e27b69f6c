import { beforeEach, describe, expect, test } from 'vitest'
import { openStore, type StoreOptions } from '../../../src/store/account-store.ts'
import type { Locks } from '../../../src/store/locks.ts'
import { MemoryDisk } from '../../../src/store/memory-engine.ts'
import type { Store } from '../../../src/store/store.ts'
import { MemoryWitness } from '../../../src/store/witness.ts'
import { change, insert, readSpace } from '../../support/store-disk.ts'
import { turn } from '../../support/turn.ts'

describe('group commit', () => {
  let disk: MemoryDisk
  let witness: MemoryWitness
  let store: Store

  beforeEach(async () => {
    disk = new MemoryDisk()
    witness = new MemoryWitness()
    store = await open()
  })

  async function open(options: Partial<StoreOptions> = {}): Promise<Store> {
    return openStore({ engine: await disk.open(), kind: 'test', witness, verifyWrites: true, ...options })
  }

  test('gathers what is queued while a write is under way into the next', async () => {
    const release = disk.holdSync()
    const writes = disk.writes
    const first = change(store, 'ann', insert('n/first', 0))
    await turn()
    const others = Array.from({ length: 10 }, (_, i) => change(store, i % 2 ? 'ann' : 'bob', insert(`n/${i}`, i)))
    await turn()
    release()
    await Promise.all([first, ...others])
    expect(disk.writes - writes).toBe(2)
    expect(witness.commit).toBe(3)
  })

  test('shares one write among transactions that are ready in the same turn', async () => {
    const writes = disk.writes
    await Promise.all(Array.from({ length: 10 }, (_, i) => change(store, `u${i}`, insert('n/1', i))))
    expect(disk.writes - writes).toBe(1)
  })

  test('answers nothing before it is on disk: no change, no read of it, no refusal that saw it', async () => {
    await change(store, 'bob', insert('n/1', 0))
    const release = disk.holdSync()
    const answered: string[] = []
    const note = (what: string) => () => answered.push(what)
    const all = [
      change(store, 'ann', insert('n/1', 1)).then(note('change')),
      readSpace(store, 'ann', 'n').then(note('read')),
      store.transact(['ann'], () => ({ writes: [[]], result: 0 })).then(note('no change')),
      store.transact(['ann'], () => Promise.reject(new Error('refused'))).catch(note('refusal')),
      store.transact(['bob', 'ann'], () => ({ writes: [[], []], result: 0 })).then(note('both')),
    ]
    await readSpace(store, 'cid', 'n')
    await turn()
    expect(answered).toEqual([])
    expect(await store.accounts(null, 9)).toEqual(['bob'])
    release()
    await Promise.all(all)
    expect(answered.sort()).toEqual(['both', 'change', 'no change', 'read', 'refusal'])
  })

  test('lets readers go past what is written aside, and nobody else', async () => {
    const release = disk.holdSync()
    const answered: string[] = []
    const note = (what: string) => () => answered.push(what)
    const aside = (key: string) => ({ writes: [[insert(key, 1)]], aside: true, result: 0 })
    const before = store.transact(['ann'], () => aside('n/1')).then(note('aside'))
    expect(await readSpace(store, 'ann', 'n')).toEqual([['n/1', 1]])
    const all = [
      before,
      store.transact(['ann'], () => ({ writes: [[]], result: 0 })).then(note('no change')),
      store.transact(['ann'], () => Promise.reject(new Error('refused'))).catch(note('refusal')),
      change(store, 'ann', insert('n/2', 2)).then(note('change')),
      store.transact(['ann'], () => aside('n/3')).then(note('aside')),
      readSpace(store, 'ann', 'n').then(note('read of the change')),
    ]
    await turn()
    expect(answered).toEqual([])
    release()
    await Promise.all(all)
    expect(answered.sort()).toEqual(['aside', 'aside', 'change', 'no change', 'read of the change', 'refusal'])
    disk.crash('lost')
    store = await open()
    expect((await readSpace(store, 'ann', 'n')).map(([key]) => key)).toEqual(['n/1', 'n/2', 'n/3'])
  })

  test('acknowledges a batch only once its witness has heard of it', async () => {
    let release = () => {}
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    const write = witness.write.bind(witness)
    witness.write = async (commit) => {
      await gate
      await write(commit)
    }
    let answered = false
    const changed = change(store, 'ann', insert('n/1', 1)).then(() => {
      answered = true
    })
    await turn()
    expect([disk.writes, answered]).toEqual([2, false])
    release()
    await changed
    expect(witness.commit).toBe(2)
  })

  test('lets accounts go before the sync, and later transactions read what is queued', async () => {
    const release = disk.holdSync()
    const first = change(store, 'ann', insert('n/1', 'one'))
    await turn()
    const second = store.transact(['ann'], async ([reader]) => {
      expect(await reader?.get('n/1')).toBe('one')
      return { writes: [[{ op: 'remove', key: 'n/1' }, insert('n/2', 'two')]], result: 0 }
    })
    await turn()
    const seen = new Promise<unknown>((resolve) => {
      void store.read('ann', async (reader) =>
        resolve([await reader.get('n/1'), await reader.range({}), reader.version]),
      )
    })
    expect(await seen).toEqual([undefined, [['n/2', 'two']], 2])
    release()
    await Promise.all([first, second])
  })

  test('keeps nothing of the values it was given or gave', async () => {
    const release = disk.holdSync()
    const value = { list: [1] }
    const changed = change(store, 'ann', insert('n/1', value))
    await turn()
    value.list.push(2)
    const get = () => store.read('ann', (reader) => reader.get('n/1') as Promise<{ list: number[] }>)
    const reads = [get(), get()]
    await turn()
    release()
    await changed
    const [first, second] = await Promise.all(reads)
    first?.list.push(3)
    expect(second).toEqual({ list: [1] })
    expect(await get()).toEqual({ list: [1] })
  })

  test.each(['lost', 'kept'] as const)('loses at a crash only what it had not acknowledged (%s)', async (unsynced) => {
    await change(store, 'ann', insert('n/1', 1))
    const release = disk.holdSync()
    const inFlight = change(store, 'ann', insert('n/2', 2))
    await turn()
    const queued = change(store, 'ann', insert('n/3', 3))
    await turn()
    disk.crash(unsynced)
    release()
    await expect(inFlight).rejects.toMatchObject({ reason: 'io' })
    await expect(queued).rejects.toMatchObject({ reason: 'io' })
    store = await open()
    const survivors = unsynced === 'lost' ? ['n/1'] : ['n/1', 'n/2']
    expect((await readSpace(store, 'ann', 'n')).map(([key]) => key)).toEqual(survivors)
    await change(store, 'ann', insert('n/4', 4))
  })

  test('never writes again after a write has failed', async () => {
    const cause = new Error('no space left')
    disk.failNextWrite(cause)
    const writes = disk.writes
    const doomed = [change(store, 'ann', insert('n/1', 1)), readSpace(store, 'ann', 'n')]
    for (const one of doomed) await expect(one).rejects.toMatchObject({ reason: 'io', cause })
    expect(await store.failed).toBe(cause)
    await expect(change(store, 'bob', insert('n/1', 1))).rejects.toMatchObject({ reason: 'io' })
    await expect(readSpace(store, 'bob', 'n')).rejects.toMatchObject({ reason: 'io' })
    await expect(store.nextWake()).rejects.toMatchObject({ reason: 'io' })
    await turn()
    expect(disk.writes).toBe(writes)
    await store.close()
  })

  test('refuses what was running when a write failed', async () => {
    let goOn = () => {}
    const gate = new Promise<void>((resolve) => {
      goOn = resolve
    })
    const late = store.transact(['bob'], async () => {
      await gate
      return { writes: [[insert('n/1', 1)]], result: 0 }
    })
    disk.failNextWrite(new Error('no space left'))
    await expect(change(store, 'ann', insert('n/1', 1))).rejects.toMatchObject({ reason: 'io' })
    goOn()
    await expect(late).rejects.toMatchObject({ reason: 'io' })
    expect(disk.writes).toBe(1)
  })

  test('stops when the witness cannot be written', async () => {
    witness.write = () => Promise.reject(new Error('no space left'))
    await expect(change(store, 'ann', insert('n/1', 1))).rejects.toMatchObject({ reason: 'io' })
    expect((await store.failed).message).toBe('no space left')
  })

  test('waits for queued work when it closes', async () => {
    const release = disk.holdSync()
    const changed = change(store, 'ann', insert('n/1', 1))
    await turn()
    const closed = store.close()
    await turn()
    release()
    await Promise.all([changed, closed])
    store = await open()
    expect(await readSpace(store, 'ann', 'n')).toEqual([['n/1', 1]])
  })

  test('changes the wake index in the same write as its cause', async () => {
    const wake = (at: number | null) => store.transact(['ann'], () => ({ writes: [[]], wake: [at], result: undefined }))
    await wake(100)
    const release = disk.holdSync()
    const moved = [wake(200), wake(300)]
    await turn()
    expect(await store.nextWake()).toBe(100)
    release()
    await Promise.all(moved)
    expect(await store.wakes(999, 9)).toEqual([{ at: 300, account: 'ann' }])
    const again = disk.holdSync()
    const removed = wake(null).catch(() => {})
    await turn()
    disk.crash('lost')
    again()
    await removed
    store = await open()
    expect(await store.nextWake()).toBe(300)
    await wake(null)
    expect(await store.nextWake()).toBeNull()
  })

  test('runs transactions over the same accounts in opposite order', { timeout: 5_000 }, async () => {
    let letGo = () => {}
    const gate = new Promise<void>((resolve) => {
      letGo = resolve
    })
    const both = (accounts: string[]) =>
      store.transact(accounts, () => ({
        writes: accounts.map((account) => [insert(`n/${accounts.join('-')}`, account)]),
        result: 0,
      }))
    // Both accounts are taken, so that each of the two waits for its first one and then wants the other's.
    const holders = [store.read('ann', () => gate), store.read('bob', () => gate)]
    const waiting = [both(['ann', 'bob']), both(['bob', 'ann'])]
    letGo()
    await Promise.all([...holders, ...waiting])
    expect(await readSpace(store, 'bob', 'n')).toEqual([
      ['n/ann-bob', 'bob'],
      ['n/bob-ann', 'bob'],
    ])
  })

  test('runs a transaction again when another writer came between', async () => {
    await store.close()
    const noLocks: Locks = { acquire: () => undefined, release: () => {} }
    store = await open({ locks: noLocks })
    let runs = 0
    const add = () =>
      store.transact(['ann'], async ([reader]) => {
        runs++
        const before = (await reader?.get('n/1')) as number | undefined
        await turn()
        return {
          writes: [[{ op: before === undefined ? 'insert' : 'replace', key: 'n/1', value: (before ?? 0) + 1 }]],
          result: undefined,
        }
      })
    await add()
    await Promise.all([add(), add(), add()])
    expect(await store.read('ann', (reader) => reader.get('n/1'))).toBe(4)
    expect(runs).toBeGreaterThan(4)
  })

  test('forgets heads it can read again, and none that is not on disk yet', async () => {
    await store.close()
    store = await open({ cachedHeads: 2 })
    const release = disk.holdSync()
    const names = ['a', 'b', 'c', 'd', 'e']
    const first = names.map((name) => change(store, name, insert('n/1', 1)))
    await turn()
    const second = names.map((name) => change(store, name, insert('n/2', 2)))
    await turn()
    release()
    await Promise.all([...first, ...second])
    for (const name of names) expect(await store.read(name, ({ version }) => version)).toBe(2)
    await store.close()
    const engine = await disk.open()
    const fetched: string[] = []
    const counting = {
      ...{ range: engine.range.bind(engine), write: engine.write.bind(engine), close: engine.close.bind(engine) },
      view: engine.view.bind(engine),
      get: (key: string) => {
        fetched.push(key)
        return engine.get(key)
      },
    }
    store = await openStore({ engine: counting, kind: 'test', witness, cachedHeads: 2 })
    fetched.length = 0
    for (const name of ['a', 'b', 'a', 'c', 'a', 'b']) await store.read(name, () => 0)
    expect(fetched).toEqual(['h/a', 'h/b', 'h/c', 'h/b'])
  })
})
