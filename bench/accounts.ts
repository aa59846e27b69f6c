/**
 * A relay with a million accounts of three backups each: how long it takes to start, and to list one of them. The accounts
 * are copies of one that was made over the wire, written straight into the store. IM_BENCH_ACCOUNTS: how many.
 */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomUin, type Uin } from '../src/domain/uin.ts'
import { nodeTimers } from '../src/host/node-host.ts'
import { RELAY_MIGRATIONS } from '../src/relay/durability/store-format.ts'
import { openStore } from '../src/store/account-store.ts'
import { openLevelEngine } from '../src/store/level-engine.ts'
import type { Store } from '../src/store/store.ts'
import { FileWitness } from '../src/store/witness.ts'
import { dummyContent, dummyPrivate } from '../test/support/dummy-seal.ts'
import type { Figure } from './main.ts'
import { cpuSeconds, rssBytes, type Server, startServer } from './process.ts'
import { newAccount, RelayClient } from './relay-client.ts'

const ACCOUNTS = Number(process.env.IM_BENCH_ACCOUNTS ?? 1_000_000)
const AT_ONCE = 512
const LISTED = 500
/** What an account takes on disk until LevelDB has compacted it, generously. */
const BYTES_AN_ACCOUNT = 24_000
const DAY_MS = 86_400_000

interface Template {
  uin: Uin
  token: string
  rows: [string, string][]
  wake: number | null
}

const startRelay = (dir: string): Promise<Server> =>
  startServer(['bin/im.js', 'relay', 'start', '--data', dir, '--listen', '127.0.0.1:0', '--json'])

async function makeOne(dir: string): Promise<{ uin: Uin; token: string }> {
  const server = await startRelay(dir)
  const { uin, token, client } = await newAccount(server.ready.url)
  const backups = Array.from({ length: 3 }, (_, n) => {
    const id = randomBytes(16).toString('base64url')
    const at = Date.now() + (30 + n) * DAY_MS
    const time = { kind: 'time' as const, at, local: new Date(at).toISOString().slice(0, 19), zone: 'UTC' }
    const plan = {
      to: uin,
      trigger: { match: 'all' as const, conditions: [time] },
      action: { kind: 'remind' as const },
      window: null,
      unless: { reply: null },
      late: { graceMs: 600_000, then: 'remind' as const },
      repeat: null,
    }
    return { id, plan, content: dummyContent('x'.repeat(120), id, null), private: dummyPrivate(id), conflictOf: null }
  })
  await client.call('backup.put', { backups })
  client.close()
  await server.stop()
  return { uin, token }
}

const openAt = async (dir: string): Promise<Store> =>
  openStore({
    engine: await openLevelEngine(join(dir, 'store')),
    kind: 'relay',
    witness: new FileWitness(join(dir, 'witness')),
    migrations: RELAY_MIGRATIONS,
  })

async function copy(store: Store, { uin, rows, wake }: Template): Promise<Uin> {
  const other = randomUin((length) => randomBytes(length))
  await store.transact([other], () => ({
    writes: [rows.map(([key, json]) => ({ op: 'insert' as const, key, json: json.replaceAll(uin, other) }))],
    wake: [wake],
    result: null,
  }))
  return other
}

/** Some of the copies, to be asked for. */
async function fill(dir: string, made: { uin: Uin; token: string }): Promise<Uin[]> {
  const store = await openAt(dir)
  try {
    const template = await store.read(made.uin, async (reader) => {
      return { ...made, rows: await reader.texts({}), wake: reader.wake }
    })
    const some: Uin[] = []
    for (let n = 0; n < ACCOUNTS; n += AT_ONCE) {
      const more = await Promise.all(Array.from({ length: AT_ONCE }, () => copy(store, template)))
      if (some.length < LISTED || randomBytes(1)[0] === 0) some.push(...more.slice(0, 2))
    }
    return some.slice(-LISTED)
  } finally {
    await store.close()
  }
}

/** Until a tenth of a processor is enough for it. */
async function idle(server: Server): Promise<void> {
  for (let used = 1; used > 0.1; ) {
    const before = cpuSeconds(server.pid)
    await new Promise<void>((resolve) => nodeTimers.after(1_000, resolve))
    used = cpuSeconds(server.pid) - before
  }
}

export async function accounts(): Promise<Figure[]> {
  const { bavail, bsize } = await statfs(tmpdir())
  if (bavail * bsize < ACCOUNTS * BYTES_AN_ACCOUNT) {
    throw new Error(`${ACCOUNTS} accounts want ${(ACCOUNTS * BYTES_AN_ACCOUNT) / 1e9} GB free in ${tmpdir()}`)
  }
  const dir = await mkdtemp(join(tmpdir(), 'im-bench-'))
  try {
    const data = join(dir, 'relay')
    const empty = join(dir, 'empty')
    const made = await makeOne(data)
    const uins = await fill(data, made)
    const timeToStart = async (where: string) => {
      const start = performance.now()
      const server = await startRelay(where)
      return { server, ms: performance.now() - start }
    }
    const bare = await timeToStart(empty)
    await bare.server.stop()
    // What was written in one go is sorted first; no relay has that behind it each time.
    const first = await startRelay(data)
    await idle(first)
    await first.stop()
    const { server, ms } = await timeToStart(data)
    await idle(server)
    const times: number[] = []
    const cpu = cpuSeconds(server.pid)
    for (const uin of uins) {
      const client = await RelayClient.connect(`${server.ready.url}/v1`)
      await client.call('session.open', { uin, token: made.token, person: true })
      const start = performance.now()
      const { items } = await client.call('log.state', { after: null })
      times.push(performance.now() - start)
      if (items.length < 3) throw new Error('an account without its backups')
      client.close()
    }
    const sorted = times.toSorted((a, b) => a - b)
    const at = (part: number) => sorted[Math.floor(sorted.length * part)] ?? Number.NaN
    const rss = rssBytes(server.pid)
    const cpuEach = ((cpuSeconds(server.pid) - cpu) / uins.length) * 1e6
    await server.stop()
    const alone = { yardstick: null, ratio: null }
    const name = `${ACCOUNTS} accounts x 3 backups`
    return [
      {
        name: `${name}: start`,
        unit: 'ms',
        value: ms,
        yardstick: { name: 'an empty relay', value: bare.ms },
        ratio: ms / bare.ms,
        goal: '<= 1,000 ms',
      },
      { ...alone, name: 'list one account, p50', unit: 'ms', value: at(0.5), goal: '' },
      { ...alone, name: 'list one account, p99', unit: 'ms', value: at(0.99), goal: '<= 5 ms' },
      { ...alone, name: 'server CPU, session and list', unit: 'us', value: cpuEach, goal: '' },
      { ...alone, name: 'server RSS', unit: 'MB', value: rss / 1e6, goal: '' },
    ]
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}
