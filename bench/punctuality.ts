/** How late a relay that does nothing else sends: after an instant, and after a friend's coming online. Owners are off. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Condition } from '../src/domain/backup.ts'
import { nodeClock, nodeTimers } from '../src/host/node-host.ts'
import type { LogEntry } from '../src/protocol/records.ts'
import { dummyContent, dummyPrivate } from '../test/support/dummy-seal.ts'
import type { Figure } from './figure.ts'
import { startServer } from './process.ts'
import { newAccount } from './relay-client.ts'

const OWNERS = 50
/** Between one instant and the next: the relay is idle in between. */
const STEP_MS = 137
/** Until all are put, and the owners have left. */
const AHEAD_MS = 8_000

const sleep = (ms: number) => new Promise<void>((resolve) => nodeTimers.after(ms, resolve))

function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? Number.NaN
}

type Account = Awaited<ReturnType<typeof newAccount>>

async function put({ client }: Account, friend: Account, conditions: readonly Condition[]): Promise<string> {
  const id = randomBytes(16).toString('hex')
  const plan = {
    to: friend.uin,
    trigger: { match: 'all' as const, conditions },
    action: { kind: 'send' as const, countdownMs: null },
    window: null,
    unless: { reply: null },
    late: { graceMs: 600_000, then: 'remind' as const },
    repeat: null,
  }
  const content = dummyContent('punctual', id, friend.keys)
  await client.call('backup.put', { backups: [{ id, plan, content, private: dummyPrivate(id), conflictOf: null }] })
  return id
}

/** When each text arrived at the friend, by the backup it was written for; resolves once all are there. */
function arrivals({ client }: Account, count: number): Promise<ReadonlyMap<string, number>> {
  const at = new Map<string, number>()
  return new Promise((resolve) => {
    client.onEvent = (method, params) => {
      if (method !== 'log.entries') return
      for (const entry of (params as { entries: LogEntry[] }).entries) {
        if (entry.type !== 'message' || entry.message.content.kind !== 'sealed') continue
        at.set(entry.message.content.origin, nodeClock.now())
      }
      if (at.size === count) resolve(at)
    }
  })
}

/** Owners who are friends of one who is away. */
async function owners(url: string): Promise<{ friend: Account; all: Account[] }> {
  const friend = await newAccount(url)
  await friend.client.call('setting.put', { status: 'away' })
  const all: Account[] = []
  for (let n = 0; n < OWNERS; n++) {
    const owner = await newAccount(url)
    await owner.client.call('friend.request', { uin: friend.uin, note: null })
    await friend.client.call('friend.answer', { uin: owner.uin, accept: true })
    all.push(owner)
  }
  return { friend, all }
}

async function afterInstant(url: string): Promise<number[]> {
  const { friend, all } = await owners(url)
  const first = nodeClock.now() + AHEAD_MS
  const there = arrivals(friend, OWNERS)
  const planned = new Map<string, number>()
  for (const [n, owner] of all.entries()) {
    const at = first + n * STEP_MS
    planned.set(await put(owner, friend, [{ kind: 'time', at, local: '', zone: 'UTC' }]), at)
    owner.client.close()
  }
  const late = [...(await there)].map(([id, at]) => at - (planned.get(id) ?? 0))
  friend.client.close()
  return late
}

/** The change is asked for at once; its figure is with the way to the relay and back. */
async function afterSignOn(url: string): Promise<number[]> {
  const { friend, all } = await owners(url)
  const there = arrivals(friend, OWNERS)
  for (const owner of all) {
    await put(owner, friend, [{ kind: 'presence', who: friend.uin, is: 'online', turns: null }])
    owner.client.close()
  }
  await sleep(1_000)
  const since = nodeClock.now()
  await friend.client.call('setting.put', { status: 'auto' })
  const late = [...(await there).values()].map((at) => at - since)
  friend.client.close()
  return late
}

export async function punctuality(): Promise<Figure[]> {
  const dir = await mkdtemp(join(tmpdir(), 'im-bench-'))
  const config = join(dir, 'relay.toml')
  await writeFile(config, 'loginsPerMinute = 1000000\n[limits]\nchangesPerSecond = 1000000\nchangesBurst = 1000000\n')
  const words = ['--data', join(dir, 'relay'), '--listen', '127.0.0.1:0', '--config', config, '--json']
  const server = await startServer(['bin/im.js', 'relay', 'start', ...words])
  try {
    const figure = { unit: 'ms', yardstick: null, ratio: null, goal: 'p99 <= 250 ms' }
    const instant = await afterInstant(server.ready.url)
    const signOn = await afterSignOn(server.ready.url)
    return [
      { ...figure, name: 'sent after its instant, p50', value: percentile(instant, 50), goal: '' },
      { ...figure, name: 'sent after its instant, p99', value: percentile(instant, 99) },
      {
        ...figure,
        name: `${OWNERS} wait for one friend to come online: sent, p50`,
        value: percentile(signOn, 50),
        goal: '',
      },
      { ...figure, name: `${OWNERS} wait for one friend to come online: sent, p99`, value: percentile(signOn, 99) },
    ]
  } finally {
    await server.stop()
    await rm(dir, { recursive: true, force: true })
  }
}
