/** A snapshot of a real relay that is busy; the relay is killed, and its data is gone. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { nodeClock } from '../../src/host/node-host.ts'
import { fsckRelay } from '../../src/relay/durability/fsck.ts'
import { restoreRelay } from '../../src/relay/durability/restore.ts'
import { dummyContent } from '../support/dummy-seal.ts'
import { newAccount, openDevice, startRelay, type WireDevice } from '../support/relay-process.ts'
import { runIm } from '../support/run-im.ts'
import { tempDir } from '../support/temp-dir.ts'

const LANES = 8

type Account = Awaited<ReturnType<typeof newAccount>>

/** Writes to a friend until the link is cut; tells each message the relay has acknowledged, in their order. */
async function sayUntilCut(device: WireDevice, to: Account, onAck: (id: string) => void): Promise<void> {
  const lane = async (name: number) => {
    for (let n = 0; ; n++) {
      const id = `lane-${name}-number-${n}`.padEnd(22, '_')
      const said = await device
        .call('message.send', { id, to: to.uin, content: dummyContent('x'.repeat(500), id, to.keys) })
        .then(
          () => true,
          () => false,
        )
      if (!said) return
      onAck(id)
    }
  }
  await Promise.all(Array.from({ length: LANES }, (_, name) => lane(name)))
}

const idsOf = (device: WireDevice) => device.entries.flatMap((e) => (e.type === 'message' ? [e.message.id] : []))

it('a snapshot taken under load has all that was acknowledged before it, and no message on one side only', async () => {
  const dir = await tempDir()
  const config = join(dir, 'relay.toml')
  await writeFile(config, '[limits]\nchangesPerSecond = 100000\nchangesBurst = 100000\n')
  const relay = await startRelay(join(dir, 'relay'), ['--config', config])
  onTestFinished(() => relay.kill())
  const [ana, bo] = [await newAccount(relay.url, 'Ana'), await newAccount(relay.url, 'Bo')]
  const [owner, friend] = [
    await openDevice(relay.url, ana.uin, ana.token),
    await openDevice(relay.url, bo.uin, bo.token),
  ]
  await owner.call('friend.request', { uin: bo.uin, note: null })
  await friend.call('friend.answer', { uin: ana.uin, accept: true })

  const acked: string[] = []
  let enough = () => {}
  const busy = new Promise<void>((resolve) => {
    enough = resolve
  })
  const saying = sayUntilCut(owner, bo, (id) => {
    acked.push(id)
    if (acked.length === 500) enough()
  })
  // A refusal ends the saying, and the test with it.
  await Promise.race([busy, saying])
  expect(acked.length).toBeGreaterThanOrEqual(500)
  const before = [...acked]
  const snapshot = join(dir, 'snapshot')
  expect(await runIm(['relay', 'snapshot', snapshot, '--data', join(dir, 'relay')])).toMatchObject({ code: 0 })
  // It was taken while the relay went on taking messages.
  expect(acked.length).toBeGreaterThan(before.length)
  await relay.kill()
  await saying

  const dataDir = join(dir, 'restored')
  await restoreRelay({ snapshot, keyFile: join(dir, 'relay', 'relay.key'), dataDir, now: nodeClock.now() })
  const found = await fsckRelay({ dataDir, repair: false, now: nodeClock.now(), tryTables: async () => [] })
  expect(found).toMatchObject({ sound: true, accounts: 2 })
  const next = await startRelay(dataDir, ['--config', config])
  onTestFinished(() => next.kill())
  const [said, got] = [await openDevice(next.url, ana.uin, ana.token), await openDevice(next.url, bo.uin, bo.token)]
  for (const device of [said, got]) {
    await device.until(() => before.every((id) => new Set(idsOf(device)).has(id)))
    expect(device.entries.map(({ seq }) => seq)).toEqual(device.entries.map((_, at) => at + 1))
  }
  // What came after its moment is in it whole or not at all.
  const { messages } = await said.call('log.history', { friend: bo.uin, before: null, limit: 1 })
  const last = messages.at(-1)?.id ?? ''
  for (const device of [said, got]) await device.until(() => idsOf(device).includes(last))
  expect(idsOf(got)).toEqual(idsOf(said))
  expect(await next.stop()).toBe(0)
}, 60_000)
