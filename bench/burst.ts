/** 10,000 backups that come due at the same instant, with the terminal of their owner off: the relay sends them alone. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Uin } from '../src/domain/uin.ts'
import { nodeClock } from '../src/host/node-host.ts'
import type { LogEntry, PublicKeys } from '../src/protocol/records.ts'
import type { NewBackup } from '../src/protocol/relay-api.ts'
import { dummyContent, dummyPrivate } from '../test/support/dummy-seal.ts'
import type { Figure } from './figure.ts'
import { cpuSeconds, startRelay } from './process.ts'
import { newAccount, type RelayClient } from './relay-client.ts'

const BACKUPS = Number(process.env.IM_BENCH_BURST ?? 10_000)
const FRIENDS = 10
/** As many as fit in a frame. */
const BATCH = 100
/** Enough to put all of them before the instant comes. */
const AHEAD_MS = 2_000 + BACKUPS * 4

interface Friend {
  uin: Uin
  keys: PublicKeys
  client: RelayClient
}

function backupTo({ uin, keys }: Friend, number: number, at: number): NewBackup {
  const id = randomBytes(16).toString('hex')
  return {
    id,
    plan: {
      to: uin,
      trigger: { match: 'all', conditions: [{ kind: 'time', at, local: '', zone: 'UTC' }] },
      action: { kind: 'send', countdownMs: null },
      window: null,
      unless: { reply: null },
      late: { graceMs: 600_000, then: 'remind' },
      repeat: null,
    },
    content: dummyContent(String(number), id, keys),
    private: dummyPrivate(id),
    conflictOf: null,
  }
}

/** Resolves with the instant of the last arrival and how many came out of order, once `total` messages are there. */
function arrivals(friends: readonly Friend[], order: ReadonlyMap<string, number>, total: number) {
  let arrived = 0
  let disordered = 0
  return new Promise<{ at: number; disordered: number }>((resolve) => {
    for (const { client } of friends) {
      let last = -1
      client.onEvent = (method, params) => {
        if (method !== 'log.entries') return
        for (const entry of (params as { entries: LogEntry[] }).entries) {
          if (entry.type !== 'message' || entry.message.content.kind !== 'sealed') continue
          const number = order.get(entry.message.content.origin) ?? -1
          if (number < last) disordered++
          last = number
          arrived++
        }
        if (arrived === total) resolve({ at: nodeClock.now(), disordered })
      }
    }
  })
}

async function befriended(url: string, owner: { uin: Uin; client: RelayClient }): Promise<Friend> {
  const friend = await newAccount(url)
  await owner.client.call('friend.request', { uin: friend.uin, note: null })
  await friend.client.call('friend.answer', { uin: owner.uin, accept: true })
  return friend
}

export async function burst(): Promise<Figure[]> {
  const dir = await mkdtemp(join(tmpdir(), 'im-bench-'))
  const relay = await startRelay(dir)
  try {
    const owner = await newAccount(relay.ready.url)
    const friends: Friend[] = []
    for (let n = 0; n < FRIENDS; n++) friends.push(await befriended(relay.ready.url, owner))
    const at = nodeClock.now() + AHEAD_MS
    const order = new Map<string, number>()
    for (let from = 0; from < BACKUPS; from += BATCH) {
      const backups = Array.from({ length: Math.min(BATCH, BACKUPS - from) }, (_, n) =>
        backupTo(friends[n % FRIENDS] as Friend, from + n, at),
      )
      for (const { id } of backups) order.set(id, order.size)
      await owner.client.call('backup.put', { backups })
    }
    const putMs = AHEAD_MS - (at - nodeClock.now())
    owner.client.close()
    const all = arrivals(friends, order, BACKUPS)
    const cpu = cpuSeconds(relay.pid)
    const { at: last, disordered } = await all
    const usedMicros = ((cpuSeconds(relay.pid) - cpu) / BACKUPS) * 1e6
    for (const { client } of friends) client.close()
    const plain = { yardstick: null, ratio: null, goal: '' }
    const many = `${BACKUPS} backups`
    return [
      { ...plain, name: `${many} put`, unit: '/s', value: BACKUPS / (putMs / 1000) },
      {
        ...plain,
        name: `${many} due at once, the last is there after`,
        unit: 's',
        value: (last - at) / 1000,
        goal: '<= 5 s',
      },
      { ...plain, name: 'out of order', unit: '', value: disordered, goal: '0' },
      { ...plain, name: 'server CPU a firing', unit: 'us', value: usedMicros },
    ]
  } finally {
    await relay.stop()
    await rm(dir, { recursive: true, force: true })
  }
}
