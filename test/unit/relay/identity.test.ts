import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fakeHost } from '../../../src/host/fake-host.ts'
import { identityOf, noteIdentity } from '../../../src/relay/identity.ts'
import { openStore } from '../../../src/store/account-store.ts'
import { MemoryDisk } from '../../../src/store/memory-engine.ts'
import { MemoryWitness } from '../../../src/store/witness.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { flips } from '../sealing/support.ts'

async function relayAt() {
  const path = join(await tempDir(), 'relay.key')
  const host = fakeHost()
  const room = { freeBytes: 2 }
  const reserve = { freeBytes: async () => room.freeBytes, minBytes: 1, clock: host.clock }
  const witness = new MemoryWitness()
  const store = await openStore({
    engine: await new MemoryDisk().open(),
    kind: 'relay',
    witness,
    migrations: [],
    reserve,
  })
  const start = async (takeAny = false) => {
    const identity = await identityOf({ path, store, host, takeAny })
    await noteIdentity(store, identity)
    return identity
  }
  return { path, host, room, start }
}

test('a relay makes its key at its first start, and finds it at the next', async () => {
  const { start } = await relayAt()
  const made = await start()
  expect(await start()).toEqual(made)
})

test('a key that is lost, changed in any letter, or of another relay is told of, and nothing is written', async () => {
  const { path, start } = await relayAt()
  const { id, loginSetup } = await start()
  for (const changed of [...[...flips(loginSetup)].filter((_, n) => n % 50 === 0), 'of another']) {
    const text = JSON.stringify({ id, loginSetup: changed })
    await writeFile(path, text, { mode: 0o600 })
    await expect(start()).rejects.toMatchObject({ code: 'BAD_FILE', message: expect.stringContaining('damaged') })
    expect(await readFile(path, 'utf8')).toBe(text)
  }
  await rm(path)
  await expect(start()).rejects.toMatchObject({ code: 'BAD_FILE', message: expect.stringContaining('is gone') })
  await expect(readFile(path)).rejects.toMatchObject({ code: 'ENOENT' })
})

test('told to, it goes on with what is there or with a new one, and keeps to that', async () => {
  const { path, start } = await relayAt()
  const first = await start()
  await rm(path)
  const second = await start(true)
  expect(second).not.toEqual(first)
  expect(await start()).toEqual(second)
  await writeFile(path, JSON.stringify(first), { mode: 0o600 })
  await expect(start()).rejects.toMatchObject({ code: 'BAD_FILE' })
})

test('on a full disk it starts, and notes its key once there is room', async () => {
  const { path, host, room, start } = await relayAt()
  room.freeBytes = 0
  const made = await start()
  await rm(path)
  expect(await start()).not.toEqual(made)
  room.freeBytes = 2
  host.clock.advance(60_000)
  await start()
  await rm(path)
  await expect(start()).rejects.toMatchObject({ code: 'BAD_FILE' })
})
