/**
 * A relay and two terminals with all that happens to them in a day, for as long as is asked: what they hold at the end that
 * they did not hold before. Ten minutes say whether something grows by the megabyte, a night whether anything does.
 */
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import type { Uin } from '../src/domain/uin.ts'
import { nodeClock } from '../src/host/node-host.ts'
import type { LogEntry, PublicKeys } from '../src/protocol/records.ts'
import { dummyContent, dummyPrivate } from '../test/support/dummy-seal.ts'
import type { Figure, Options } from './figure.ts'
import { type Playground, playground } from './playground.ts'
import { handles, pause, rssBytes } from './process.ts'
import { newAccount, RelayClient } from './relay-client.ts'

const PAIRS = 20
const ROUND_MS = 1_000
/** A person's round: a few programs are started in each. */
const PERSON_MS = 10_000
const SAMPLE_MS = 5_000
/** A backup comes due so long after it is put. */
const AHEAD_MS = 2_000
/** After the last round, until the last backup has fired and nothing is on its way. */
const REST_MS = 15_000

const RELAY_TOML = 'loginsPerMinute = 1000000\n[limits]\nchangesPerSecond = 1000000\nchangesBurst = 1000000\n'

const run = promisify(execFile)

interface Account {
  uin: Uin
  token: string
  keys: PublicKeys
}

/** Writes to its friend all the time, and sometimes is busy. */
interface Writer extends Account {
  client: RelayClient
  to: Reader
}

/** Comes and goes; reads on where it stopped. */
interface Reader extends Account {
  client: RelayClient
  seq: number
  read: Set<string>
}

interface Tally {
  messages: number
  backups: number
  reconnects: number
  flaps: number
  commands: number
}

async function reader(url: string): Promise<Reader> {
  const account = await newAccount(url)
  account.client.close()
  const made: Reader = { ...account, seq: 0, read: new Set() }
  await comeBack(url, made)
  return made
}

async function comeBack(url: string, account: Reader): Promise<void> {
  const { uin, token, seq } = account
  account.client = await RelayClient.connect(`${url}/v1`)
  account.client.onEvent = (method, params) => {
    if (method !== 'log.entries') return
    for (const entry of (params as { entries: LogEntry[] }).entries) {
      account.seq = Math.max(account.seq, entry.seq)
      if (entry.type === 'message') account.read.add(entry.message.id)
    }
  }
  const { epoch } = await account.client.call('session.open', { uin, token, person: true })
  await account.client.call('log.follow', { cursor: { epoch, seq } })
}

async function pair(url: string): Promise<Writer> {
  const [writer, to] = [await newAccount(url), await reader(url)]
  await writer.client.call('friend.request', { uin: to.uin, note: null })
  await to.client.call('friend.answer', { uin: writer.uin, accept: true })
  return { ...writer, to }
}

async function putBackup({ client, to }: Writer): Promise<void> {
  const id = randomBytes(16).toString('base64url')
  const plan = {
    to: to.uin,
    trigger: {
      match: 'all' as const,
      conditions: [{ kind: 'time' as const, at: nodeClock.now() + AHEAD_MS, local: '', zone: 'UTC' }],
    },
    action: { kind: 'send' as const, countdownMs: null },
    window: null,
    unless: { reply: null },
    late: { graceMs: 600_000, then: 'send' as const },
    repeat: null,
  }
  const content = dummyContent('soaked', id, to.keys)
  const { results } = await client.call('backup.put', {
    backups: [{ id, plan, content, private: dummyPrivate(id), conflictOf: null }],
  })
  if (results.some((result) => 'error' in result)) throw new Error(JSON.stringify(results))
}

/** One message, one backup, one change of presence, and the friend goes and comes. */
async function round(url: string, writer: Writer, n: number, tally: Tally): Promise<void> {
  const { client, to } = writer
  const id = randomBytes(16).toString('base64url')
  await client.call('message.send', { id, to: to.uin, content: dummyContent('x'.repeat(120), id, to.keys) })
  tally.messages++
  await putBackup(writer)
  tally.backups++
  await client.call('setting.put', { status: n % 2 === 0 ? 'busy' : 'auto' })
  tally.flaps++
  to.client.close()
  await comeBack(url, to)
  tally.reconnects++
}

async function repeat(everyMs: number, until: number, act: (n: number) => Promise<void>): Promise<void> {
  for (let n = 0; nodeClock.monotonic() < until; n++) {
    const begun = nodeClock.monotonic()
    await act(n)
    await pause(Math.max(0, everyMs - (nodeClock.monotonic() - begun)))
  }
}

/** Two people with a daemon each, friends of one another. */
async function twoPeople(place: Playground): Promise<{ bo: string; pids: number[] }> {
  const asBo = ['--profile', 'bo']
  const uin = (words: readonly string[]) =>
    (JSON.parse(place.im([...words, 'whoami', '--json'])) as { uin: string }).uin
  const [ana, bo] = [uin([]), uin(asBo)]
  place.im(['friend', 'add', bo])
  place.im([...asBo, 'friend', 'accept', ana])
  const pid = (words: readonly string[]) =>
    (JSON.parse(place.im([...words, 'daemon', 'status', '--json'])) as { pid: number }).pid
  return { bo, pids: [pid([]), pid(asBo)] }
}

async function person({ env }: Playground, bo: string, n: number, tally: Tally): Promise<void> {
  const lines = [
    ['send', bo, `round ${n}`],
    ['backup', 'add', bo, '-m', `later ${n}`, '--in', '5s'],
    ['remind', `thing ${n}`, '--in', '5s'],
    ['--profile', 'bo', 'inbox'],
    ['backup', 'list'],
  ]
  for (const words of lines) await run(process.execPath, ['bin/im.js', ...words], { env })
  tally.commands += lines.length
}

interface Sample {
  hours: number
  rss: number
  handles: number
}

const sample = (pid: number): Sample => ({
  hours: nodeClock.monotonic() / 3_600_000,
  rss: rssBytes(pid) / 1e6,
  handles: handles(pid),
})

/** MB an hour, by least squares. */
export function slope(samples: readonly { hours: number; rss: number }[]): number {
  const mean = (of: (one: { hours: number; rss: number }) => number) =>
    samples.reduce((sum, one) => sum + of(one), 0) / samples.length
  const [hours, rss] = [mean((one) => one.hours), mean((one) => one.rss)]
  return mean((one) => (one.hours - hours) * (one.rss - rss)) / mean((one) => (one.hours - hours) ** 2)
}

function figuresOf(name: string, samples: readonly Sample[]): Figure[] {
  const [first, last] = [samples[0], samples.at(-1)]
  if (first === undefined || last === undefined) return []
  const against = (what: string, unit: string, before: number, after: number, goal: string): Figure => ({
    ...{ name: `${name}: ${what}`, unit, value: after, goal },
    yardstick: { name: 'at the start', value: before },
    ratio: after / before,
  })
  const half = samples.slice(Math.floor(samples.length / 2))
  return [
    against('RSS at the end', 'MB', first.rss, last.rss, ''),
    { name: `${name}: slope`, unit: 'MB/h', value: slope(half), yardstick: null, ratio: null, goal: '' },
    against('open handles at the end', '', first.handles, last.handles, 'as many'),
  ]
}

export async function soak({ minutes }: Options): Promise<Figure[]> {
  const place = await playground({ relayToml: RELAY_TOML, others: ['bo'] })
  try {
    const { url } = place.server.ready
    const writers: Writer[] = []
    while (writers.length < PAIRS) writers.push(await pair(url))
    const { bo, pids } = await twoPeople(place)
    const watched = [place.server.pid, ...pids].map((pid) => ({ pid, samples: [] as Sample[] }))
    const look = async () => {
      for (const { pid, samples } of watched) samples.push(sample(pid))
    }
    const tally: Tally = { messages: 0, backups: 0, reconnects: 0, flaps: 0, commands: 0 }
    await pause(REST_MS)
    const until = nodeClock.monotonic() + minutes * 60_000
    await Promise.all([
      ...writers.map((writer) => repeat(ROUND_MS, until, (n) => round(url, writer, n, tally))),
      repeat(PERSON_MS, until, (n) => person(place, bo, n, tally)),
      repeat(SAMPLE_MS, until, look),
    ])
    await pause(REST_MS)
    await look()
    const arrived = writers.reduce((sum, { to }) => sum + to.read.size, 0)
    for (const { client, to } of writers) for (const each of [client, to.client]) each.close()
    const plain = { yardstick: null, ratio: null, goal: '' }
    const counts = Object.entries(tally).map(([name, value]) => ({ ...plain, name: `soak: ${name}`, unit: '', value }))
    return [
      ...counts,
      {
        ...{ ...plain, name: 'soak: sent or fired, and not there', unit: '', goal: '0' },
        value: tally.messages + tally.backups - arrived,
      },
      ...watched.flatMap(({ samples }, n) => figuresOf(['relay', "Ana's daemon", "Bo's daemon"][n] ?? '', samples)),
    ]
  } finally {
    await place.close()
  }
}
