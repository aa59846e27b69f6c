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
import type { Figure } from './figure.ts'
import { cpuSeconds, pause, rssBytes, type Server, startServer } from './process.ts'
import { newAccount, RelayClient } from './relay-client.ts'

const ACCOUNTS = Number(process.env.IM_BENCH_ACCOUNTS ?? 1_000_000)
/** The yardstick. */
const FEW = 1_000
const LISTED = 500
/** Before those, until V8 has compiled what they run through. */
const WARM_UP = 100
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
async function fill(dir: string, made: Uin, count: number): Promise<Uin[]> {
  const [template, relay] = (await writtenIn(dir, [made, OPERATOR])) as [Written, Written]
  if ((template.wake ?? 0) < Date.now() + DAY_MS) throw new Error('the relay has not looked at the account yet')
  const uins = manyUins(count)
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
  return Array.from({ length: LISTED + WARM_UP }, () => uins[randomInt(uins.length)] as Uin)
}

/** Until a tenth of a processor is enough for it. */
async function idle(server: Server): Promise<void> {
  for (let used = 1; used > 0.1; ) {
    const before = cpuSeconds(server.pid)
    await new Promise<void>((resolve) => nodeTimers.after(1_000, resolve))
    used = cpuSeconds(server.pid) - before
  }
}

interface Relay {
  server: Server
  uins: readonly Uin[]
  token: string
}

/** Milliseconds of `log.state` of one account that no terminal was at. */
async function list({ server, token }: Relay, uin: Uin): Promise<number> {
  const client = await RelayClient.connect(`${server.ready.url}/v1`)
  await client.call('session.open', { uin, token, person: true })
  const start = performance.now()
  const { items } = await client.call('log.state', { after: null })
  const ms = performance.now() - start
  if (items.length < 3) throw new Error('an account without its backups')
  client.close()
  return ms
}

/** In turn, so that both have the same machine. Of each the milliseconds, sorted, and the server's CPU seconds. */
async function listInTurn(relays: readonly Relay[]): Promise<{ times: number[]; cpu: number }[]> {
  for (let n = LISTED; n < LISTED + WARM_UP; n++) for (const relay of relays) await list(relay, relay.uins[n] as Uin)
  const measured = relays.map(({ server }) => ({ times: [] as number[], cpu: -cpuSeconds(server.pid) }))
  for (let n = 0; n < LISTED; n++) {
    for (const [which, relay] of relays.entries()) {
      measured[which]?.times.push(await list(relay, relay.uins[n] as Uin))
    }
  }
  return measured.map(({ times, cpu }, which) => {
    return { times: times.sort((a, b) => a - b), cpu: cpu + cpuSeconds((relays[which] as Relay).server.pid) }
  })
}

async function timeToStart(dir: string): Promise<{ server: Server; ms: number }> {
  const start = performance.now()
  const server = await startRelay(dir)
  return { server, ms: performance.now() - start }
}

export async function accounts(): Promise<Figure[]> {
  const { bavail, bsize } = await statfs(tmpdir())
  if (bavail * bsize < ACCOUNTS * BYTES_AN_ACCOUNT) {
    throw new Error(`${ACCOUNTS} accounts want ${(ACCOUNTS * BYTES_AN_ACCOUNT) / 1e9} GB free in ${tmpdir()}`)
  }
  const dir = await mkdtemp(join(tmpdir(), 'im-bench-'))
  try {
    const [many, few] = [join(dir, 'many'), join(dir, 'few')]
    const made = [await makeOne(many), await makeOne(few)] as const
    const uins = [await fill(many, made[0].uin, ACCOUNTS), await fill(few, made[1].uin, FEW)] as const
    // What was written in one go is sorted first; no relay has that behind it each time.
    const first = await startRelay(many)
    await idle(first)
    await first.stop()
    const small = await timeToStart(few)
    const large = await timeToStart(many)
    await idle(large.server)
    const relays: Relay[] = [
      { server: large.server, uins: uins[0], token: made[0].token },
      { server: small.server, uins: uins[1], token: made[1].token },
    ]
    const [of, beside] = await listInTurn(relays)
    if (of === undefined || beside === undefined) throw new Error('nothing was measured')
    const rss = relays.map(({ server }) => rssBytes(server.pid) / 1e6)
    for (const { server } of relays) await server.stop()
    const figure = (name: string, unit: string, [value, other]: readonly number[], goal = ''): Figure => {
      const yardstick = { name: `${FEW} accounts`, value: other ?? Number.NaN }
      return { name, unit, value: value ?? Number.NaN, yardstick, ratio: (value ?? Number.NaN) / yardstick.value, goal }
    }
    const at = (part: number) => [of, beside].map(({ times }) => times[Math.floor(LISTED * part)] ?? Number.NaN)
    return [
      figure(`${ACCOUNTS} accounts x 3 backups: start`, 'ms', [large.ms, small.ms], '<= 1,000 ms'),
      figure('list one account, p50', 'ms', at(0.5)),
      figure('list one account, p99', 'ms', at(0.99), '<= 5 ms'),
      figure(
        'server CPU, session and list',
        'us',
        [of, beside].map(({ cpu }) => (cpu / LISTED) * 1e6),
      ),
      figure('server RSS', 'MB', rss),
    ]
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}
