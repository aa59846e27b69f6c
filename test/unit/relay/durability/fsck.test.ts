import { createHash } from 'node:crypto'
import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fsckRelay } from '../../../../src/relay/durability/fsck.ts'
import { openLevelEngine } from '../../../../src/store/level-engine.ts'
import { intoMemory, readRows, relayData, writeRows } from '../../../support/relay-data.ts'
import { type Credentials, idOf, relayWorld } from '../../../support/relay-world.ts'

const NOW = 1_800_000_000_000

const fsck = (dataDir: string, repair = false) => fsckRelay({ dataDir, repair, now: NOW, tryTables: async () => [] })

interface About {
  now: number
  ana: Credentials
  bo: Credentials
}

async function hashOf(dir: string): Promise<string> {
  const hash = createHash('sha256')
  for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || /^LO(G|CK)/.test(entry.name)) continue
    hash.update(entry.name).update(await readFile(join(entry.parentPath, entry.name)))
  }
  return hash.digest('hex')
}

/** A value that no longer fits its checksum. */
function spoilt(row: string): string {
  return `${row.slice(0, -1)}${row.endsWith('7') ? '8' : '7'}`
}

describe('fsck', () => {
  it('calls a whole store sound, and changes nothing', async () => {
    const { dir } = await relayData()
    const before = await hashOf(dir)
    expect(await fsck(dir)).toMatchObject({ sound: true, accounts: 2, problems: [], repaired: null })
    expect(await fsck(dir, true)).toMatchObject({ sound: true, repaired: null })
    expect(await hashOf(dir)).toBe(before)
    expect((await readdir(dir)).sort()).toEqual(['relay.key', 'store', 'witness'])
  })

  it('does not look at the store of a relay that runs, nor where there is none', async () => {
    const { dir } = await relayData()
    const engine = await openLevelEngine(join(dir, 'store'))
    await expect(fsck(dir)).rejects.toMatchObject({ code: 'RELAY_RUNNING', message: expect.stringContaining(dir) })
    await expect(fsck(dir, true)).rejects.toMatchObject({ code: 'RELAY_RUNNING' })
    await engine.close()
    await rm(join(dir, 'store'), { recursive: true })
    await expect(fsck(dir)).rejects.toMatchObject({ code: 'BAD_FILE' })
  })

  it('names damage in a row of every kind, and repairs it', async () => {
    const { rows, about } = await relayData()
    const { ana } = about as About
    const kinds = new Map<string, [string, string]>()
    for (const [key, row] of rows) {
      const kind = key.startsWith(`a/${ana.uin}/`) ? (key.split('/')[2] ?? '') : (key.split('/')[0] ?? '')
      if (kind !== 'a') kinds.set(kind, [key, row])
    }
    expect([...kinds.keys()].sort()).toEqual(
      ['!commit', '!epoch', '!format', 'backup', 'device', 'epoch', 'friend', 'h', 'invite', 'log', 'login', 'mark']
        .concat(['message', 'presence', 'sent', 'setting', 'tomb', 'w'])
        .sort(),
    )
    const comesBack = ['backup', 'friend', 'mark', 'message', 'sent', 'setting']
    const isLost = ['device', 'invite', 'log', 'login']
    for (const [kind, [key, row]] of kinds) {
      const one = await relayData()
      await writeRows(one.dir, [{ type: 'put', key, value: spoilt(row) }])
      const before = await hashOf(one.dir)
      const found = await fsck(one.dir)
      expect(found, kind).toMatchObject({ sound: false, repaired: null })
      expect(found.problems.length, kind).toBeGreaterThan(0)
      expect(await hashOf(one.dir), kind).toBe(before)

      const { repaired } = await fsck(one.dir, true)
      expect(await fsck(one.dir), kind).toMatchObject({ sound: true })
      expect(
        repaired?.lost.map(({ account }) => account),
        kind,
      ).toEqual(isLost.includes(kind) ? [expect.any(String)] : kind === '!commit' ? [null] : [])
      expect(repaired?.back, kind).toBe(comesBack.includes(kind) ? 1 : 0)
      expect(await readdir(repaired?.aside ?? ''), kind).toEqual(['store', 'witness'])
      if (comesBack.includes(kind) && kind !== 'backup') expect((await readRows(one.dir)).get(key), kind).toBe(row)
    }
  }, 60_000)

  it('misses rows that are gone without a trace, and puts back what the log says', async () => {
    const { dir, rows, about } = await relayData()
    const { ana } = about as About
    const gone = rows.filter(([key]) => /^a\/\d+\/(backup|friend|mark|message|sent|setting)\//.test(key))
    await writeRows(
      dir,
      gone.map(([key]) => ({ type: 'del', key })),
    )
    const found = await fsck(dir)
    expect(found).toMatchObject({ sound: false, damagedAccounts: 2 })
    expect(found.problems).toContainEqual({ account: ana.uin, row: 'message', what: 'has 0 rows and counts 6' })
    const { repaired } = await fsck(dir, true)
    expect(repaired).toMatchObject({ back: gone.length, lost: [], held: 2 })
    const after = await readRows(dir)
    for (const [key, row] of gone) if (!key.includes('/backup/')) expect(after.get(key), key).toBe(row)
    for (const [key] of gone) expect(after.has(key), key).toBe(true)
  })

  it('lets the relay go on: who lost something begins a new epoch, what may have been sent is held', async () => {
    const { dir, rows, about } = await relayData()
    const { ana, bo } = about as About
    const log = rows.filter(([key]) => key.startsWith(`a/${ana.uin}/log/`))
    // An entry in the middle with the text of a message, and the newest two.
    await writeRows(
      dir,
      [log[6], log.at(-1), log.at(-2)].map((one) => ({ type: 'del', key: one?.[0] ?? '' })),
    )
    const { repaired } = await fsck(dir, true)
    expect(repaired).toMatchObject({ held: 2, lost: [{ account: ana.uin, what: '3 of its 18 rows of the kind log' }] })

    const world = await relayWorld({}, await intoMemory(dir))
    world.host.clock.jump(NOW - world.host.clock.now())
    const device = await world.open(ana, { cursor: { epoch: 1, seq: 18 } })
    expect(await device.peer.call('log.follow', { cursor: null }).catch(() => 'follows')).toBe('follows')
    expect(device.entries).toEqual([])
    const { items } = await device.call('log.state', { after: null })
    const states = items.flatMap((item) => (item.type === 'backup' ? [[item.backup.id, item.backup.state]] : []))
    expect(Object.fromEntries(states)).toMatchObject({ [idOf('waits')]: 'held', [idOf('timed')]: 'held' })
    expect(items.filter(({ type }) => type === 'message')).toHaveLength(5)
    // Bo has lost nothing: the log goes on from the cursor.
    const friend = await world.open(bo, { cursor: { epoch: 1, seq: 9 } })
    expect(friend.entries.map(({ seq }) => seq)).toEqual([10, 11])
    await world.close()
  })

  it.each([
    ['CURRENT', (dir: string) => rm(join(dir, 'store', 'CURRENT'))],
    ['the witness', (dir: string) => rm(join(dir, 'witness'))],
    ['the end of the log', async (dir: string) => truncate(join(dir, 'store', await logFile(dir)), 20_000)],
    ['all of the log', async (dir: string) => truncate(join(dir, 'store', await logFile(dir)), 0)],
    ['the manifest', async (dir: string) => writeFile(join(dir, 'store', await manifest(dir)), 'nothing')],
  ])('mends a store that has lost %s', async (_what, lose) => {
    const { dir } = await relayData()
    await lose(dir)
    const before = await hashOf(dir)
    const found = await fsck(dir)
    expect(found.sound).toBe(false)
    expect(await hashOf(dir)).toBe(before)
    // Nobody knows who lost what: all begin anew.
    expect((await fsck(dir, true)).repaired?.epoch).toBe(NOW)
    expect(await fsck(dir)).toMatchObject({ sound: true })
  })
})

async function logFile(dir: string): Promise<string> {
  return (await readdir(join(dir, 'store'))).find((name) => name.endsWith('.log')) ?? ''
}

async function manifest(dir: string): Promise<string> {
  return (await readdir(join(dir, 'store'))).find((name) => name.startsWith('MANIFEST')) ?? ''
}
