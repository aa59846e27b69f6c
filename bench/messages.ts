/**
 * Durable relayed messages: 50 pairs x 8 in flight, 120 bytes of text (sealed in form only), against the bare loop of
 * `bare-relay.ts`, and against two XMPP servers, which pass the same text on and keep nothing.
 */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PublicKeys } from '../src/protocol/records.ts'
import { dummyContent } from '../test/support/dummy-seal.ts'
import type { Figure } from './figure.ts'
import { cpuSeconds, rssBytes, startRelay, startServer } from './process.ts'
import { newAccount, RelayClient } from './relay-client.ts'
import { closePairs, drive as driveXmpp, openPairs, startXmpp, type XmppServerName } from './xmpp.ts'

const PAIRS = 50
const IN_FLIGHT = 8
const WARM_UP = 2_000
const MESSAGES = 20_000
const ROUNDS = Number(process.env.IM_BENCH_ROUNDS ?? 3)
const TEXT = 'x'.repeat(120)
const NOBODY: PublicKeys = { kem: 'nobody', sign: 'nobody' }

interface Pair {
  sender: RelayClient
  receiver: RelayClient
  to: string
  /** The receiver's, to seal for. */
  keys: PublicKeys
}

interface Run {
  perSecond: number
  cpuMicros: number
  rss: number
}

/** Sends `total` messages over all pairs; resolves when every one was answered and every one arrived. */
async function drive(pairs: readonly Pair[], total: number): Promise<void> {
  let left = total
  let arrived = 0
  let allThere = () => {}
  const there = new Promise<void>((resolve) => {
    allThere = resolve
  })
  for (const { receiver } of pairs) {
    receiver.onEvent = (method, params) => {
      if (method !== 'log.entries') return
      const { entries } = params as { entries?: { type: string }[] }
      arrived += entries === undefined ? 1 : entries.filter((entry) => entry.type === 'message').length
      if (arrived >= total) allThere()
    }
  }
  const worker = async ({ sender, to, keys }: Pair) => {
    while (left-- > 0) {
      const id = randomBytes(16).toString('base64url')
      await sender.request('message.send', { id, to, content: dummyContent(TEXT, id, keys) })
    }
  }
  await Promise.all(pairs.flatMap((pair) => Array.from({ length: IN_FLIGHT }, () => worker(pair))))
  await there
}

async function measure(server: { pid: number }, drive: (total: number) => Promise<void>): Promise<Run> {
  await drive(WARM_UP)
  const cpu = cpuSeconds(server.pid)
  const start = performance.now()
  await drive(MESSAGES)
  const seconds = (performance.now() - start) / 1000
  return {
    perSecond: MESSAGES / seconds,
    cpuMicros: ((cpuSeconds(server.pid) - cpu) / MESSAGES) * 1e6,
    rss: rssBytes(server.pid),
  }
}

export async function relayRun(dir: string): Promise<Run> {
  const server = await startRelay(dir)
  const pairs: Pair[] = []
  for (let i = 0; i < PAIRS; i++) {
    const [a, b] = [await newAccount(server.ready.url), await newAccount(server.ready.url)]
    await a.client.call('friend.request', { uin: b.uin, note: null })
    await b.client.call('friend.answer', { uin: a.uin, accept: true })
    pairs.push({ sender: a.client, receiver: b.client, to: b.uin, keys: b.keys })
  }
  const run = await measure(server, (total) => drive(pairs, total))
  for (const { sender, receiver } of pairs) for (const client of [sender, receiver]) client.close()
  await server.stop()
  return run
}

export async function bareRun(dir: string, how: 'list' | 'row-by-row' | 'two-frames' = 'list'): Promise<Run> {
  const server = await startServer(['dist/bare-relay.js', join(dir, how), how])
  const pairs: Pair[] = []
  for (let i = 0; i < PAIRS; i++) {
    const sender = await RelayClient.connect(`${server.ready.url}/?as=1${i}`)
    const receiver = await RelayClient.connect(`${server.ready.url}/?as=2${i}`)
    pairs.push({ sender, receiver, to: `2${i}`, keys: NOBODY })
  }
  const run = await measure(server, (total) => drive(pairs, total))
  for (const { sender, receiver } of pairs) for (const client of [sender, receiver]) client.close()
  await server.stop()
  return run
}

/** @returns null where the server is not installed */
export async function xmppRun(name: XmppServerName, dir: string): Promise<Run | null> {
  const server = await startXmpp(name, dir)
  if (server === null) return null
  try {
    const pairs = await openPairs(server.port, PAIRS)
    const run = await measure(server, (total) => driveXmpp(pairs, IN_FLIGHT, total, TEXT))
    closePairs(pairs)
    return run
  } finally {
    await server.stop()
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

interface Round {
  relay: Run
  bare: Run
  /** The bare loop, writing row by row. */
  careful: Run
  /** The bare loop that spares the sender its own entry. */
  sparing: Run
  Prosody: Run | null
  ejabberd: Run | null
}

async function round(dir: string): Promise<Round> {
  const bare = await bareRun(dir)
  const relay = await relayRun(dir)
  const careful = await bareRun(dir, 'row-by-row')
  const sparing = await bareRun(dir, 'two-frames')
  return {
    bare,
    relay,
    careful,
    sparing,
    Prosody: await xmppRun('Prosody', dir),
    ejabberd: await xmppRun('ejabberd', dir),
  }
}

const YARDSTICKS = { bare: 'bare loop', Prosody: 'Prosody', ejabberd: 'ejabberd' } as const

export async function messages(): Promise<Figure[]> {
  const rounds: Round[] = []
  while (rounds.length < ROUNDS) {
    const dir = await mkdtemp(join(tmpdir(), 'im-bench-'))
    try {
      rounds.push(await round(dir))
    } finally {
      await rm(dir, { recursive: true, force: true })
    }
  }
  const figure = (
    name: string,
    unit: string,
    of: (run: Run) => number,
    goal: string,
    beside: keyof typeof YARDSTICKS,
  ) => {
    const pairs = rounds.flatMap(({ relay, [beside]: other }) =>
      other ? [{ value: of(relay), other: of(other) }] : [],
    )
    const isThere = pairs.length > 0
    return {
      ...{ name, unit, goal },
      value: median(rounds.map(({ relay }) => of(relay))),
      yardstick: isThere ? { name: YARDSTICKS[beside], value: median(pairs.map(({ other }) => other)) } : null,
      ratio: isThere ? median(pairs.map(({ value, other }) => value / other)) : null,
      ...(isThere ? {} : { note: `${YARDSTICKS[beside]} is not installed` }),
    }
  }
  const three = (beside: keyof typeof YARDSTICKS, goals: readonly [string, string]): Figure[] => [
    figure('messages a second', '/s', (run) => run.perSecond, goals[0], beside),
    figure('server CPU a message', 'us', (run) => run.cpuMicros, goals[1], beside),
    figure('server RSS', 'MB', (run) => run.rss / 1e6, '', beside),
  ]
  const itself = (how: string, run: 'careful' | 'sparing'): Figure => ({
    name: `the bare loop itself, ${how}`,
    unit: 'us',
    value: median(rounds.map(({ [run]: other }) => other.cpuMicros)),
    yardstick: { name: 'bare loop', value: median(rounds.map(({ bare }) => bare.cpuMicros)) },
    ratio: median(rounds.map(({ bare, [run]: other }) => other.cpuMicros / bare.cpuMicros)),
    goal: '',
  })
  return [
    ...three('bare', ['>= 0.75 x', '<= 1.3 x']),
    itself('writing row by row', 'careful'),
    itself('without the frame to the sender', 'sparing'),
    ...three('Prosody', ['', '']),
    ...three('ejabberd', ['', '']),
  ]
}
