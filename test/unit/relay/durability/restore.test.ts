import { createHash } from 'node:crypto'
import { mkdir, open, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { fsckRelay } from '../../../../src/relay/durability/fsck.ts'
import { restoreRelay } from '../../../../src/relay/durability/restore.ts'
import { takeSnapshot } from '../../../../src/relay/durability/snapshot.ts'
import { setupFingerprint } from '../../../../src/relay/identity.ts'
import { openStore } from '../../../../src/store/account-store.ts'
import { openLevelEngine } from '../../../../src/store/level-engine.ts'
import { FileWitness } from '../../../../src/store/witness.ts'
import { IDENTITY, readRows, relayData, writeRows } from '../../../support/relay-data.ts'
import { tempDir } from '../../../support/temp-dir.ts'

const NOW = 1_800_000_000_000

async function snapshotOf(data: string, to: string, reserveBytes = 0): Promise<void> {
  const store = await openStore({
    engine: await openLevelEngine(join(data, 'store')),
    kind: 'relay',
    witness: new FileWitness(join(data, 'witness')),
  })
  try {
    const identity = { relay: IDENTITY.id, setup: setupFingerprint(IDENTITY.loginSetup) }
    await takeSnapshot({ dir: to, store, identity, now: NOW, reserveBytes, signal: new AbortController().signal })
  } finally {
    await store.close()
  }
}

async function made() {
  const { dir: data } = await relayData()
  const home = await tempDir()
  const snapshot = join(home, 'snapshot')
  await snapshotOf(data, snapshot)
  const restore = (more: Partial<Parameters<typeof restoreRelay>[0]> = {}) =>
    restoreRelay({ snapshot, keyFile: join(data, 'relay.key'), dataDir: data, now: NOW + 1000, ...more })
  return { data, home, snapshot, restore }
}

/** A snapshot that agrees with its own checksum, and not with what its accounts count. */
async function dropRow(snapshot: string, key: RegExp): Promise<void> {
  const [rows, manifest] = [join(snapshot, 'rows'), join(snapshot, 'manifest.json')]
  const parts = (await readFile(rows, 'utf8')).split('\0')
  const at = parts.findIndex((part, place) => place % 2 === 0 && key.test(part))
  parts.splice(at, 2)
  await writeFile(rows, parts.join('\0'))
  const sha256 = createHash('sha256').update(parts.join('\0')).digest('hex')
  const whole = JSON.parse(await readFile(manifest, 'utf8'))
  await writeFile(manifest, JSON.stringify({ ...whole, sha256, rows: whole.rows - 1 }))
}

/** Rows of accounts that were not touched by the restore itself. */
async function keptRows(data: string): Promise<string[]> {
  return [...(await readRows(data))].filter(([key]) => /^a\/\d+\/(message|friend|login|sent)\//.test(key)).map(String)
}

describe('a snapshot', () => {
  it('is whole, private, and says all but the secret of the logins', async () => {
    const { snapshot, home } = await made()
    expect((await readdir(home)).sort()).toEqual(['snapshot'])
    expect((await stat(snapshot)).mode & 0o777).toBe(0o700)
    for (const name of await readdir(snapshot)) {
      expect((await stat(join(snapshot, name))).mode & 0o777).toBe(0o600)
      expect(await readFile(join(snapshot, name), 'utf8')).not.toContain(IDENTITY.loginSetup)
    }
    expect(JSON.parse(await readFile(join(snapshot, 'manifest.json'), 'utf8'))).toMatchObject({
      format: 1,
      epoch: 1,
      accounts: 2,
      takenAt: new Date(NOW).toISOString(),
    })
  })

  it('is written to its end, however little of it the disk takes at a time', async () => {
    const { data, home } = await made()
    const file = await open(join(home, 'any'), 'w')
    const handles = Object.getPrototypeOf(file) as { write(bytes: Uint8Array, ...part: number[]): Promise<unknown> }
    await file.close()
    const { write } = handles
    // As the system may: the first half, and no error.
    const halves = vi.spyOn(handles, 'write').mockImplementation(function (this: unknown, bytes) {
      return write.call(this, bytes, 0, Math.ceil(bytes.length / 2))
    })
    await snapshotOf(data, join(home, 'slow'))
    halves.mockRestore()
    const { bytes } = JSON.parse(await readFile(join(home, 'slow', 'manifest.json'), 'utf8'))
    expect((await stat(join(home, 'slow', 'rows'))).size).toBe(bytes)
  })

  it('goes into a new or empty directory; nothing half is left of one that fails', async () => {
    const { data, home, snapshot } = await made()
    await expect(snapshotOf(data, snapshot)).rejects.toMatchObject({ code: 'BAD_FILE' })
    const nowhere = { code: 'BAD_FILE', message: expect.stringContaining('No directory can be made in /proc') }
    await expect(snapshotOf(data, '/proc/im/backup/monday')).rejects.toMatchObject(nowhere)
    await mkdir(join(home, 'empty'))
    await snapshotOf(data, join(home, 'empty'))
    await expect(snapshotOf(data, join(home, 'full'), Number.MAX_SAFE_INTEGER)).rejects.toMatchObject({
      code: 'DISK_FULL',
    })
    const [row] = [...(await readRows(data)).keys()].filter((key) => key.includes('/friend/'))
    await writeRows(data, [{ type: 'del', key: row ?? '' }])
    await expect(snapshotOf(data, join(home, 'bad'))).rejects.toMatchObject({ code: 'STORE_DAMAGED' })
    expect((await readdir(home)).sort()).toEqual(['empty', 'snapshot'])
  })
})

describe('a restore', () => {
  it('makes the store anew in a later epoch, and keeps what was there', async () => {
    const { data, restore } = await made()
    const before = await keptRows(data)
    const done = await restore()
    expect(done).toMatchObject({ accounts: 2, epoch: NOW + 1000, held: 2, aside: expect.any(String) })
    expect(await readdir(done.aside ?? '')).toEqual(['store', 'witness'])
    expect(await keptRows(data)).toEqual(before)
    expect(await fsckRelay({ dataDir: data, repair: false, now: NOW, tryTables: async () => [] })).toMatchObject({
      sound: true,
      accounts: 2,
    })
    // Once more out of the same snapshot: never an epoch that was.
    expect(await restore({ now: NOW + 2000 })).toMatchObject({ epoch: NOW + 2000 })
  })

  it('needs the key of that relay, and takes it along', async () => {
    const { data, home, restore } = await made()
    const fresh = join(home, 'fresh')
    await expect(restore({ keyFile: join(home, 'none'), dataDir: fresh })).rejects.toMatchObject({
      code: 'INPUT_NEEDED',
    })
    for (const other of [
      { ...IDENTITY, id: 'other' },
      { ...IDENTITY, loginSetup: 'other' },
    ]) {
      const keyFile = join(home, 'other.key')
      await writeFile(keyFile, JSON.stringify(other), { mode: 0o600 })
      await expect(restore({ keyFile, dataDir: fresh })).rejects.toMatchObject({ code: 'BAD_FILE' })
    }
    await expect(restore({ snapshot: data, dataDir: fresh })).rejects.toMatchObject({ code: 'BAD_FILE' })
    expect(await readdir(fresh)).toEqual([])
    await restore({ dataDir: fresh })
    expect(JSON.parse(await readFile(join(fresh, 'relay.key'), 'utf8'))).toEqual(IDENTITY)
    // Not over the data of another relay.
    await writeFile(join(data, 'relay.key'), JSON.stringify({ ...IDENTITY, id: 'other' }))
    await expect(restore({ keyFile: join(fresh, 'relay.key') })).rejects.toMatchObject({ code: 'BAD_FILE' })
  })

  it('touches nothing for a snapshot that is damaged, cut off or too new', async () => {
    const { data, snapshot, restore } = await made()
    const before = await readRows(data)
    const refused = async (code: string) => {
      await expect(restore()).rejects.toMatchObject({ code })
      expect((await readdir(data)).sort()).toEqual(['relay.key', 'store', 'witness'])
      expect(await readRows(data)).toEqual(before)
    }
    const rows = join(snapshot, 'rows')
    const text = await readFile(rows)
    for (let spot = 0; spot < 20; spot++) {
      const flipped = Buffer.from(text)
      const at = Math.floor(((spot + 0.5) / 20) * text.length)
      flipped.writeUInt8(flipped.readUInt8(at) ^ (1 << (spot % 8)), at)
      await writeFile(rows, flipped)
      await refused('STORE_DAMAGED')
    }
    await writeFile(rows, text)
    await truncate(rows, text.length - 1)
    await refused('STORE_DAMAGED')
    await rm(rows)
    await refused('STORE_DAMAGED')
    await writeFile(rows, text)
    const manifest = join(snapshot, 'manifest.json')
    const whole = await readFile(manifest, 'utf8')
    await writeFile(manifest, JSON.stringify({ ...JSON.parse(whole), format: 99 }))
    await refused('STORE_FORMAT')
    await writeFile(manifest, whole.slice(0, 40))
    await refused('STORE_DAMAGED')
    const engine = await openLevelEngine(join(data, 'store'))
    await expect(restore()).rejects.toMatchObject({ code: 'RELAY_RUNNING' })
    await engine.close()
    await writeFile(manifest, whole)
    expect(await restore()).toMatchObject({ accounts: 2 })
  })

  it('that fails leaves nothing in a new directory, and the mark of an earlier one that was cut off', async () => {
    const { home, snapshot, restore } = await made()
    await dropRow(snapshot, /\/friend\//)
    const fresh = join(home, 'fresh')
    await expect(restore({ dataDir: fresh })).rejects.toMatchObject({ code: 'STORE_DAMAGED' })
    expect(await readdir(fresh)).toEqual([])
    await mkdir(join(fresh, 'store.new'))
    await writeFile(join(fresh, 'store.new', 'half'), '')
    await expect(restore({ dataDir: fresh })).rejects.toMatchObject({ code: 'STORE_DAMAGED' })
    expect(await readdir(fresh)).toEqual(['store.new'])
    expect(await readdir(join(fresh, 'store.new'))).toEqual([])
  })
})
