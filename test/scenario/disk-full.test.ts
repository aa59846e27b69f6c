/** A relay, and a daemon, on a file system of a few megabytes, that is really full. */
import { execFileSync } from 'node:child_process'
import { mkdir, rm, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { ImError } from '../../src/protocol/errors.ts'
import { fsckRelay } from '../../src/relay/durability/fsck.ts'
import { dummyContent } from '../support/dummy-seal.ts'
import { lacks } from '../support/real-parts.ts'
import { newAccount, openDevice, startRelay, type WireDevice } from '../support/relay-process.ts'
import { runIm } from '../support/run-im.ts'
import { tempDir } from '../support/temp-dir.ts'

const MIB = 2 ** 20

/** A file system of its own in memory, gone when the test is. */
async function smallDisk(bytes: number): Promise<string> {
  const dir = join(await tempDir(), 'disk')
  await mkdir(dir)
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes},mode=0700`, 'tmpfs', dir])
  onTestFinished(() => void execFileSync('umount', ['--lazy', dir]))
  return dir
}

/** Takes all but so many bytes; gives them back when the returned function is called. */
async function fill(dir: string, leave: number): Promise<() => Promise<void>> {
  const { bavail, bsize } = await statfs(dir)
  const path = join(dir, 'ballast')
  await writeFile(path, Buffer.alloc(Math.max(0, bavail * bsize - leave)))
  return () => rm(path)
}

const config = (reserveBytes: number) =>
  `reserveBytes = ${reserveBytes}\n[limits]\nchangesPerSecond = 100000\nchangesBurst = 100000\n`

/** Notes to oneself, several at once, until one fails; the ids that were acknowledged, and why it ended. */
async function sayUntilRefused(device: WireDevice, acked: Set<string>, round: string): Promise<unknown> {
  const text = 'x'.repeat(4_000)
  let failure: unknown = null
  const lane = async (name: number): Promise<void> => {
    for (let n = 0; failure === null; n++) {
      const id = `${round}-${name}-${n}`.padEnd(22, '_')
      try {
        await device.call('message.send', { id, to: device.uin, content: dummyContent(text, id, null) })
        acked.add(id)
      } catch (error) {
        failure = error
      }
    }
  }
  await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(lane))
  return failure
}

/** Whether the device has been told of all of these messages. */
function hasAll(device: WireDevice, ids: Iterable<string>): boolean {
  const told = new Set(device.entries.flatMap((entry) => (entry.type === 'message' ? [entry.message.id] : [])))
  return [...ids].every((id) => told.has(id))
}

it.skipIf(lacks('root', 'mount', 'umount'))(
  'below its reserve a relay refuses changes, reads, and takes changes again when there is room',
  async () => {
    const disk = await smallDisk(40 * MIB)
    const dataDir = join(disk, 'relay')
    const file = join(disk, 'relay.toml')
    await writeFile(file, config(16 * MIB))
    const relay = await startRelay(dataDir, ['--config', file])
    onTestFinished(() => relay.kill())
    const ana = await newAccount(relay.url, 'Ana')
    const device = await openDevice(relay.url, ana.uin, ana.token)
    const giveBack = await fill(disk, 18 * MIB)
    const acked = new Set<string>()
    expect(await sayUntilRefused(device, acked, 'a')).toMatchObject({ code: 'DISK_FULL' })
    expect(acked.size).toBeGreaterThan(0)
    const { messages } = await device.call('log.history', { friend: ana.uin, before: null, limit: 1 })
    expect(messages).toHaveLength(1)
    await giveBack()
    const again = 'after'.padEnd(22, '_')
    await expect.poll(() => send(device, again), { timeout: 10_000 }).toBe('sent')
    await relay.kill()
    const next = await startRelay(dataDir, ['--config', file])
    onTestFinished(() => next.kill())
    const reader = await openDevice(next.url, ana.uin, ana.token)
    await reader.until(() => hasAll(reader, [...acked, again]))
    expect(await next.stop()).toBe(0)
  },
  60_000,
)

async function send(device: WireDevice, id: string): Promise<string> {
  const content = dummyContent('x', id, null)
  return device.call('message.send', { id, to: device.uin, content }).then(
    () => 'sent',
    (error: unknown) => (error instanceof ImError ? error.code : String(error)),
  )
}

it.skipIf(lacks('root', 'mount', 'umount'))(
  'a disk that is full to the last byte ends the relay, and loses nothing it has acknowledged',
  async () => {
    const disk = await smallDisk(160 * MIB)
    const dataDir = join(disk, 'relay')
    const file = join(disk, 'relay.toml')
    await writeFile(file, config(0))
    let relay = await startRelay(dataDir, ['--config', file])
    onTestFinished(() => relay.kill())
    const ana = await newAccount(relay.url, 'Ana')
    const acked = new Set<string>()
    // Room for a part of the log, for a whole one of 16 MiB, and for what a compaction writes beside it.
    for (const leave of [MIB, 17 * MIB, 28 * MIB]) {
      const giveBack = await fill(disk, leave)
      const device = await openDevice(relay.url, ana.uin, ana.token)
      const before = acked.size
      await sayUntilRefused(device, acked, `${leave}`)
      expect(acked.size).toBeGreaterThan(before)
      expect(await relay.ended).toBe(3)
      expect(relay.printed()).toContain('a write failed')
      await giveBack()
      relay = await startRelay(dataDir, ['--config', file])
      const reader = await openDevice(relay.url, ana.uin, ana.token)
      await reader.until(() => hasAll(reader, acked))
      reader.close()
    }
    expect(await relay.stop()).toBe(0)
    expect(await fsckRelay({ dataDir, repair: false, now: 0, tryTables: async () => [] })).toMatchObject({
      sound: true,
    })
  },
  60_000,
)

it.skipIf(lacks('root', 'mount', 'umount'))(
  'below its reserve a daemon refuses changes, and after a kill has every one it took',
  async () => {
    const disk = await smallDisk(320 * MIB)
    const env = { ...process.env, IM_HOME: join(disk, 'home') }
    const im = (args: readonly string[], input?: string) => runIm(args, { env, input })
    const relay = await startRelay(join(await tempDir(), 'relay'))
    onTestFinished(() => relay.kill())
    const register = ['register', '--relay', relay.url, '--nick', 'ana', '--token-store', 'file', '--password-stdin']
    expect(await im(register, 'a long password')).toMatchObject({ code: 0 })
    onTestFinished(async () => void (await im(['daemon', 'stop'])))
    // Only what the daemon itself has on its disk counts from here.
    await relay.kill()
    const acked: string[] = []
    const remind = async (text: string) => {
      const ran = await im(['remind', text, '--in', '3h', '--json'])
      if (ran.code === 0) acked.push((JSON.parse(ran.stdout) as { id: string }).id)
      return ran
    }
    expect(await remind('before')).toMatchObject({ code: 0 })
    const giveBack = await fill(disk, 128 * MIB)
    await expect
      .poll(() => remind('full'), { timeout: 10_000 })
      .toMatchObject({
        code: expect.any(Number),
        stderr: expect.stringContaining('DISK_FULL'),
      })
    expect(await im(['backup', 'list', '--json'])).toMatchObject({ code: 0 })
    await giveBack()
    await expect.poll(() => remind('after'), { timeout: 10_000 }).toMatchObject({ code: 0 })
    const { pid } = JSON.parse((await im(['daemon', 'status', '--json'])).stdout) as { pid: number }
    process.kill(pid, 'SIGKILL')
    await expect.poll(async () => (await im(['backup', 'list', '--json'])).code, { timeout: 10_000 }).toBe(0)
    const { stdout } = await im(['backup', 'list', '--json'])
    for (const id of acked) expect(stdout).toContain(id)
  },
  60_000,
)
