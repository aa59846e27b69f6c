/**
 * A relay with a million accounts of three backups each: how long it takes to start, and to list one of them. The accounts
 * are copies of one that was made over the wire, written in the order of their keys, as a restore does. IM_BENCH_ACCOUNTS:
 * how many.
 */
import { randomBytes, randomInt } from 'node:crypto'
import { mkdtemp, rm, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomUin, type Uin } from '../src/domain/uin.ts'
import { nodeTimers } from '../src/host/node-host.ts'
import { RELAY_MIGRATIONS } from '../src/relay/durability/store-format.ts'
import { OPERATOR } from '../src/relay/friends/invites.ts'
import { openStore } from '../src/store/account-store.ts'
import { buildStore } from '../src/store/build.ts'
import { putRow } from '../src/store/codec.ts'
import { headJson } from '../src/store/heads.ts'
import { headKey, rowPrefix, wakeKey } from '../src/store/layout.ts'
import { openLevelEngine } from '../src/store/level-engine.ts'
import { storePlace } from '../src/store/place.ts'
import { FileWitness } from '../src/store/witness.ts'
import { dummyContent, dummyPrivate } from '../test/support/dummy-seal.ts'
import type { Figure } from './main.ts'
import { cpuSeconds, pause, rssBytes, type Server, startServer } from './process.ts'
import { newAccount, RelayClient } from './relay-client.ts'

const ACCOUNTS = Number(process.env.IM_BENCH_ACCOUNTS ?? 1_000_000)
const LISTED = 500
const LOOKED_MS = 2_000
/** What an account takes on disk, generously. */
const BYTES_AN_ACCOUNT = 24_000
const DAY_MS = 86_400_000

/** What the relay has written of an account. */
interface Written {
  uin: Uin
  /** Key and JSON, in the order of the keys. */
  json: [string, string][]
  /** As its head has them. */
  rows: ReadonlyMap<string, number>
  version: number
  wake: number | null
}

const startRelay = (dir: string): Promise<Server> =>
  startServer(['bin/im.js', 'relay', 'start', '--data', dir, '--listen', '127.0.0.1:0', '--json'])

/** As sealed text is: nothing that a table of LevelDB could make smaller. */
const noise = <T extends { body: string; sig: string }>(sealed: T): T => ({
  ...sealed,
  body: randomBytes(Buffer.from(sealed.body, 'base64url').length).toString('base64url'),
  sig: sealed.sig === '' ? '' : randomBytes(64).toString('base64url'),
})

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
    const content = noise(dummyContent('x'.repeat(120), id, null))
    return { id, plan, content, private: noise(dummyPrivate(id)), conflictOf: null }
  })
  await client.call('backup.put', { backups })
  client.close()
  // The relay looks at what is new once; that it has is not to be copied as well.
  await pause(LOOKED_MS)
  await server.stop()
  return { uin, token }
}

async function writtenIn(dir: string, accounts: readonly Uin[]): Promise<Written[]> {
  const { store: path, witness } = storePlace(dir)
  const store = await openStore({
    engine: await openLevelEngine(path),
    kind: 'relay',
    witness: new FileWitness(witness),
    migrations: RELAY_MIGRATIONS,
  })
  try {
    return await Promise.all(
      accounts.map((uin) =>
        store.read(uin, async (reader) => {
          const { rows, version, wake } = reader
          return { uin, json: await reader.texts({}), rows, version, wake }
        }),
      ),
    )
  } finally {
    await store.close()
  }
}

/** All rows in the order of their keys; each account is that of the relay's own, or a copy of the template. */
async function* storeRows(template: Written, relay: Written, uins: readonly Uin[]): AsyncGenerator<[string, string]> {
  const row = (key: string, json: string): [string, string] => {
    const op = putRow(key, json)
    return [key, op.type === 'put' ? op.value : '']
  }
  for (const uin of uins) {
    const prefix = rowPrefix(uin)
    for (const [key, json] of template.json) yield row(prefix + key, json.replaceAll(template.uin, uin))
  }
  for (const [key, json] of relay.json) yield row(rowPrefix(relay.uin) + key, json)
  const head = headJson(template)
  for (const uin of uins) yield row(headKey(uin), head)
  yield row(headKey(relay.uin), headJson(relay))
  if (template.wake !== null) for (const uin of uins) yield row(wakeKey(template.wake, uin), 'null')
}

function manyUins(count: number): Uin[] {
  const uins = new Set<Uin>()
  while (uins.size < count) uins.add(randomUin((length) => randomBytes(length)))
  return [...uins].sort()
}

/** In place of the store there, one with as many copies of its account. Some of them, to be asked for. */
async function fill(dir: string, made: Uin): Promise<Uin[]> {
  const [template, relay] = (await writtenIn(dir, [made, OPERATOR])) as [Written, Written]
  if ((template.wake ?? 0) < Date.now() + DAY_MS) throw new Error('the relay has not looked at the account yet')
  const uins = manyUins(ACCOUNTS)
  const { store, witness: path } = storePlace(dir)
  await rm(store, { recursive: true })
  await rm(path)
  const engine = await openLevelEngine(store)
  const witness = new FileWitness(path)
  try {
    const about = { format: RELAY_MIGRATIONS.length + 1, kind: 'relay', epoch: 1 }
    await buildStore(engine, witness, about, storeRows(template, relay, uins))
  } finally {
    await engine.close()
    await witness.close()
  }
  return Array.from({ length: LISTED }, () => uins[randomInt(uins.length)] as Uin)
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
    const uins = await fill(data, made.uin)
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
