import { expect, test } from 'vitest'
import type { Uin } from '../../../../src/domain/uin.ts'
import type { BackupRecord } from '../../../../src/protocol/records.ts'
import { type AccountState, emptyAccount, loadAccount } from '../../../../src/relay/accounts/account-state.ts'
import { AccountTx } from '../../../../src/relay/accounts/account-tx.ts'
import { created, moveTo } from '../../../../src/relay/firing/backup-change.ts'
import { openStore } from '../../../../src/store/account-store.ts'
import { rowPrefix } from '../../../../src/store/layout.ts'
import { MemoryDisk } from '../../../../src/store/memory-engine.ts'
import type { Store } from '../../../../src/store/store.ts'
import { dummyContent, dummyPrivate } from '../../../support/dummy-seal.ts'
import { idOf, planFor } from '../../../support/relay-world.ts'

const ana = '1111111117' as Uin

function backup(name: string): BackupRecord {
  const id = idOf(name)
  const texts = { content: dummyContent(`text of ${name}`, id, null), private: dummyPrivate(id) }
  return created({ id, plan: planFor(ana, []), ...texts, conflictOf: null }, { now: 1, seq: 0, deviceId: 'd' })
}

const over = (record: BackupRecord, endedAt: number) => moveTo(record, 'cancelled', { endedAt })

/** One transaction over the state as a relay keeps it in memory. */
async function transact(store: Store, state: AccountState, now: number, fn: (account: AccountTx) => unknown) {
  await store.transact([ana], async ([reader]) => {
    if (reader === undefined) throw new Error('no reader')
    const account = new AccountTx(state, reader, now, { most: 2, forMs: 1_000 })
    await fn(account)
    const { writes, wake } = account.finish()
    return { writes: [writes], wake: [wake], result: null }
  })
}

test('of backups only what says when a live one fires stays in memory, and that of one that is over its end', async () => {
  const store = await openStore({
    engine: await new MemoryDisk().open(),
    kind: 'test',
    witness: null,
    verifyWrites: true,
  })
  const state = emptyAccount(ana, 0, store.epoch)
  const loaded = () => store.read(ana, (reader) => loadAccount(ana, reader, store.epoch))
  const [one, two, three] = [backup('one'), backup('two'), backup('three')] as const

  await transact(store, state, 1, (account) => {
    for (const record of [one, two, three]) account.putBackup(record)
    account.putBackup(over(two, 1))
    account.putBackup(over(three, 0))
  })
  expect([...state.live.keys()]).toEqual([one.id])
  expect(state.ended).toEqual(new Map([[two.id, 1], [three.id, 0]])) // biome-ignore format: pairs
  expect(JSON.stringify([...state.live])).not.toContain(one.content.kind === 'sealed' && one.content.body)
  expect(await loaded()).toMatchObject({ live: state.live, head: 5 })
  expect([...(await loaded()).ended.keys()]).toEqual([three.id, two.id])

  await transact(store, state, 2, async (account) => {
    expect(await account.backups.get(one.id)).toEqual(one)
    expect(await account.backups.get(two.id)).toEqual(over(two, 1))
    expect(await account.backups.get(idOf('none'))).toBeUndefined()
    account.putBackup(over(one, 2))
    expect(await account.backups.get(one.id)).toEqual(over(one, 2))
    expect(account.backups.live()).toEqual([])
    account.putBackup(moveTo(over(two, 1), 'armed', { endedAt: null }))
    expect(account.backups.live().map(({ id }) => id)).toEqual([two.id])
  })
  expect([...state.live.keys()]).toEqual([two.id])
  expect([...state.ended.keys()]).toEqual([three.id, one.id])
  expect(await loaded()).toMatchObject({ live: state.live, ended: state.ended })

  await transact(store, state, 3, (account) => account.putBackup(over(backup('four'), 3)))
  expect([...state.ended.keys()]).toEqual([one.id, idOf('four')])
  await transact(store, state, 4, async (account) => {
    expect(await account.backups.get(three.id)).toBeUndefined()
    expect(await account.backups.isForgotten(three.id)).toBe(true)
  })
  expect(await loaded()).toMatchObject({ live: state.live, ended: state.ended })
  await store.close()
})

test('an account whose head counts a row that is not there is damaged, not as new', async () => {
  const disk = new MemoryDisk()
  const open = async () => openStore({ engine: await disk.open(), kind: 'test', witness: null })
  const store = await open()
  await transact(store, emptyAccount(ana, 0, store.epoch), 1, (account) =>
    account.putSetting({ nick: 'Ana', status: 'auto', statusText: null, quiet: null }),
  )
  await store.close()
  const engine = await disk.open()
  await engine.write([{ type: 'del', key: `${rowPrefix(ana)}setting/me` }])
  await engine.close()
  const again = await open()
  const loaded = again.read(ana, (reader) => loadAccount(ana, reader, again.epoch))
  await expect(loaded).rejects.toMatchObject({ reason: 'damaged' })
  await again.close()
})
