import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import type { BackupPlan } from '../../src/domain/backup.ts'
import type { Uin } from '../../src/domain/uin.ts'
import { seededBytes } from '../../src/host/fake-host.ts'
import { nodeClock } from '../../src/host/node-host.ts'
import type { LogEntry, PublicKeys } from '../../src/protocol/records.ts'
import { dummyContent, dummyPrivate, dummyText } from '../support/dummy-seal.ts'
import { newAccount, openDevice, type RelayProcess, startRelay, type WireDevice } from '../support/relay-process.ts'
import { tempDir } from '../support/temp-dir.ts'

/** `npm run torture` sets more. */
const KILLS = Number(process.env.IM_RELAY_KILLS ?? 100)
/** How far ahead the backups are due: some fire before the kill, some after. */
const AHEAD_MS = 25

let relay: RelayProcess | null = null
afterEach(async () => {
  await relay?.kill()
  relay = null
})

function plan(to: Uin, at: number): BackupPlan {
  return {
    to,
    trigger: { match: 'all', conditions: [{ kind: 'time', at, local: '', zone: 'UTC' }] },
    action: { kind: 'send', countdownMs: null },
    window: null,
    unless: { reply: null },
    late: { graceMs: 3_600_000, then: 'remind' },
    repeat: null,
  }
}

/** Adds backups, several at once, until the link goes; remembers what the relay acknowledged. */
async function addUntilCut(
  ana: WireDevice,
  { uin: to, keys }: { uin: Uin; keys: PublicKeys },
  round: number,
  acked: Set<string>,
  onAck: () => void,
) {
  const worker = async (lane: number) => {
    for (let i = 0; ; i++) {
      const id = `r${round}lane${lane}nr${i}`.padEnd(16, '_')
      const backup = {
        id,
        plan: plan(to, nodeClock.now() + AHEAD_MS),
        content: dummyContent(id, id, keys),
        private: dummyPrivate(id),
        conflictOf: null,
      }
      try {
        await ana.call('backup.put', { backups: [backup] })
      } catch {
        return
      }
      acked.add(id)
      onAck()
    }
  }
  await Promise.all([0, 1, 2, 3].map(worker))
}

/** Shows each entry once to a check that remembers: the log of a thousand kills is long. */
function eachOnce(take: (entry: LogEntry) => boolean): (entries: readonly LogEntry[]) => boolean {
  let seen = 0
  return (entries) => {
    while (seen < entries.length) {
      const entry = entries[seen++]
      if (entry !== undefined && take(entry)) return true
    }
    return false
  }
}

it(
  `keeps every acknowledged backup and sends each once, over ${KILLS} kills of the relay`,
  async () => {
    const dir = await tempDir()
    const config = join(dir, 'relay.toml')
    await writeFile(
      config,
      'loginsPerMinute = 10000\n[timing]\nstandInDelayMs = 0\n[limits]\nchangesPerSecond = 100000\nchangesBurst = 100000\nbackupsPerFriend = 100000\nbackupsPerAccount = 100000\n',
    )
    const start = () => startRelay(join(dir, 'relay'), ['--config', config])
    const random = seededBytes('kills')

    relay = await start()
    const ana = await newAccount(relay.url, 'Ana')
    const bo = await newAccount(relay.url, 'Bo')
    const first = await openDevice(relay.url, ana.uin, ana.token)
    const second = await openDevice(relay.url, bo.uin, bo.token)
    await first.call('friend.request', { uin: bo.uin, note: null })
    await second.call('friend.answer', { uin: ana.uin, accept: true })

    const acked = new Set<string>()
    for (let round = 0; round < KILLS; round++) {
      const device = await openDevice(relay.url, ana.uin, ana.token, { follow: false })
      let left = 1 + ((random(1)[0] ?? 0) % 40)
      let resolve = () => {}
      const enough = new Promise<void>((done) => {
        resolve = done
      })
      const adding = addUntilCut(device, bo, round, acked, () => {
        if (--left === 0) resolve()
      })
      await enough
      await relay.kill()
      await adding
      relay = await start()
    }

    const owner = await openDevice(relay.url, ana.uin, ana.token)
    const friend = await openDevice(relay.url, bo.uin, bo.token)
    const unsent = new Set(acked)
    await owner.until(
      eachOnce((e) => {
        if (e.type === 'backup' && e.backup.state === 'sent') unsent.delete(e.backup.id)
        return unsent.size === 0
      }),
    )
    const missing = new Set(acked)
    await friend.until(
      eachOnce((e) => {
        if (e.type === 'message') missing.delete(dummyText(e.message.content))
        return missing.size === 0
      }),
    )

    const messages = friend.entries.flatMap((e) => (e.type === 'message' ? [e.message] : []))
    const received = new Set(messages.map(({ content }) => dummyText(content)))
    expect(received.size).toBe(messages.length)
    expect(new Set(messages.map(({ id }) => id)).size).toBe(messages.length)
    expect(friend.entries.map((entry) => entry.seq)).toEqual(friend.entries.map((_, i) => i + 1))
    expect(acked.size).toBeGreaterThan(KILLS)
    owner.close()
    friend.close()
    expect(await relay.stop()).toBe(0)
    relay = null
  },
  60_000 + KILLS * 3_000,
)
