/**
 * What honest clients notice while others misuse the relay: thousands that connect and say nothing, hundreds that ask and
 * never read, and twice as much work as there is time for. The suite runs it small, `npm run bench -- overload` whole.
 */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WebSocket } from 'ws'
import { nodeClock, nodeTimers } from '../src/host/node-host.ts'
import { dummyContent } from '../test/support/dummy-seal.ts'
import type { Figure } from './figure.ts'
import { rssBytes, type Server, startServer } from './process.ts'
import { RelayClient } from './relay-client.ts'
import { type SeededAccount, seedAccounts } from './seed.ts'

export interface OverloadSize {
  honest: number
  halfOpen: number
  slowReaders: number
  /** The `connections` of the relay; fewer than the half-open, so that those would keep everybody out. */
  connections: number
  /** How long each stage lasts. */
  stageMs: number
}

const WHOLE: OverloadSize = { honest: 1_000, halfOpen: 5_000, slowReaders: 1_000, connections: 3_000, stageMs: 5_000 }

/** A relay whose own budgets are out of the way: what is measured is what is left when they do not help. */
const CONFIG = `
loginsPerMinute = 1000000
[timing]
loginDeadlineMs = 60000
[limits]
changesPerSecond = 1000000
changesBurst = 1000000
`

/** Devices that come and go all the time. */
const COMERS = 5

interface Account extends SeededAccount {
  client: RelayClient
}

export interface OverloadFound {
  /** Acknowledgement of a message, ms: alone, and beside the half-open and the slow. */
  quietMs: number[]
  besideMs: number[]
  /** A login by token beside them, ms, and under twice the load. */
  loginBesideMs: number[]
  loginUnderLoadMs: number[]
  /** A second: what it can do, and what it did when asked for twice that. */
  sustained: number
  acknowledged: number
  refused: number
  slowReadersCut: number
  /** Messages that were acknowledged and are not in the log. */
  lost: number
  mostRssBytes: number
}

export async function runOverload(size: OverloadSize): Promise<OverloadFound> {
  const dir = await mkdtemp(join(tmpdir(), 'im-overload-'))
  const config = join(dir, 'relay.toml')
  await writeFile(config, `connections = ${size.connections}\n${CONFIG}`)
  const data = join(dir, 'relay')
  const seeded = await seedAccounts(data, COMERS + size.honest + size.slowReaders)
  const where = ['--data', data, '--listen', '127.0.0.1:0', '--metrics', '0', '--config', config]
  const server = await startServer(['bin/im.js', 'relay', 'start', ...where, '--json'])
  try {
    return await stages(server, size, seeded)
  } finally {
    await server.stop()
    await rm(dir, { recursive: true, force: true })
  }
}

async function stages(server: Server, size: OverloadSize, seeded: readonly SeededAccount[]): Promise<OverloadFound> {
  const { url } = server.ready
  const comers = seeded.slice(0, COMERS)
  const honest = await Promise.all(seeded.slice(COMERS, COMERS + size.honest).map((account) => opened(url, account)))
  const sent = honest.map(() => new Set<string>())
  const quietMs = await writeGently(honest, sent, size.stageMs)

  const slow = seeded.slice(COMERS + size.honest)
  const halfOpen = openAndSayNothing(url, size.halfOpen)
  const readers: WebSocket[] = []
  while (readers.length < slow.length) {
    const some = slow.slice(readers.length, readers.length + 50)
    readers.push(...(await Promise.all(some.map((account) => askAndNeverRead(url, account)))))
  }
  const beside = comeAndGo(url, comers)
  const besideMs = await writeGently(honest, sent, size.stageMs)
  const loginBesideMs = await beside.stop()
  halfOpen.stop()
  const mostRssBytes = rssBytes(server.pid)

  const sustained = await writeFlatOut(honest, sent, size.stageMs)
  const under = comeAndGo(url, comers)
  const { acknowledged, refused } = await writeTooMuch(honest, sent, sustained * 2, size.stageMs)
  const loginUnderLoadMs = await under.stop()

  const slowReadersCut = await countCut(server.ready.metrics ?? '', size.slowReaders)
  for (const reader of readers) reader.terminate()
  const lost = await countLost(url, honest, sent)
  for (const { client } of honest) client.close()
  return {
    ...{ quietMs, besideMs, loginBesideMs, loginUnderLoadMs, sustained, acknowledged, refused, slowReadersCut, lost },
    mostRssBytes: Math.max(mostRssBytes, rssBytes(server.pid)),
  }
}

/** A session that follows its log. */
async function opened(url: string, { uin, token }: SeededAccount): Promise<Account> {
  const client = await RelayClient.connect(`${url}/v1`)
  await client.call('session.open', { uin, token, person: true })
  await client.call('log.follow', { cursor: null })
  return { uin, token, client }
}

async function write({ uin, client }: Account, sent: Set<string>, text = 'hello'): Promise<void> {
  const id = randomBytes(16).toString('base64url')
  await client.call('message.send', { id, to: uin, content: dummyContent(text, id, null) })
  sent.add(id)
}

/** Each writes now and then, two hundred messages a second in all; how long the answers took. */
async function writeGently(honest: readonly Account[], sent: readonly Set<string>[], ms: number): Promise<number[]> {
  const took: Promise<number>[] = []
  let n = 0
  await every(5, ms, () => {
    const at = n++ % honest.length
    const begun = nodeClock.monotonic()
    const done = write(honest[at] as Account, sent[at] as Set<string>).then(() => nodeClock.monotonic() - begun)
    took.push(done)
  })
  return Promise.all(took)
}

/** As fast as answers come, eight at once each, a hundred of them; how many a second. */
async function writeFlatOut(honest: readonly Account[], sent: readonly Set<string>[], ms: number): Promise<number> {
  let done = 0
  const until = nodeClock.monotonic() + ms
  const writers = honest.slice(0, 100).flatMap((account, at) =>
    Array.from({ length: 8 }, async () => {
      while (nodeClock.monotonic() < until) {
        await write(account, sent[at] as Set<string>)
        done++
      }
    }),
  )
  await Promise.all(writers)
  return done / (ms / 1000)
}

/** At a fixed rate, whether answers come or not; how many a second were acknowledged and refused. */
async function writeTooMuch(honest: readonly Account[], sent: readonly Set<string>[], rate: number, ms: number) {
  let [acknowledged, refused, n] = [0, 0, 0]
  const ends: Promise<void>[] = []
  const begun = nodeClock.monotonic()
  await every(10, ms, () => {
    const due = ((nodeClock.monotonic() - begun) / 1000) * rate
    for (; n < due; n++) {
      const at = n % honest.length
      const end = write(honest[at] as Account, sent[at] as Set<string>).then(
        () => void acknowledged++,
        (error: unknown) => {
          if (!String(error).includes('RATE_LIMITED')) throw error
          refused++
        },
      )
      ends.push(end)
    }
  })
  await Promise.all(ends)
  const seconds = (nodeClock.monotonic() - begun) / 1000
  return { acknowledged: acknowledged / seconds, refused: refused / seconds }
}

/** One device after another comes back with its token on a new connection; how long that took. */
function comeAndGo(url: string, comers: readonly SeededAccount[]): { stop(): Promise<number[]> } {
  const took: number[] = []
  let isOver = false
  const running = (async () => {
    for (let n = 0; !isOver; n++) {
      const { uin, token } = comers[n % comers.length] as SeededAccount
      const begun = nodeClock.monotonic()
      const client = await RelayClient.connect(`${url}/v1`)
      await client.call('hello', { protocols: [1], client: 'bench' })
      await client.call('session.open', { uin, token, person: false })
      took.push(nodeClock.monotonic() - begun)
      client.close()
      await pause(20)
    }
  })()
  return {
    async stop(): Promise<number[]> {
      isOver = true
      await running
      return took
    },
  }
}

/** Connections that never say a word; whenever one is cut, another comes. */
function openAndSayNothing(url: string, count: number): { stop(): void } {
  const { hostname, port } = new URL(url)
  const sockets = new Set<Socket>()
  let isOver = false
  const open = (): void => {
    const socket = connect(Number(port), hostname)
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => {
      sockets.delete(socket)
      // Five seconds, so that five thousand of them are a thousand new ones a second.
      if (!isOver) nodeTimers.after(5_000, open)
    })
  }
  for (let n = 0; n < count; n++) open()
  return {
    stop() {
      isOver = true
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** A session that asks for pages of its history and reads none of the answers. */
async function askAndNeverRead(url: string, account: SeededAccount): Promise<WebSocket> {
  const before = await opened(url, account)
  const ids = new Set<string>()
  for (let n = 0; n < 8; n++) await write(before, ids, 'x'.repeat(12_000))
  before.client.close()
  const socket = new WebSocket(`${url}/v1`, { perMessageDeflate: false })
  await new Promise((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
  })
  socket.on('error', () => {})
  const ask = (id: number, method: string, params: unknown) =>
    socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }))
  ask(1, 'session.open', { uin: account.uin, token: account.token, person: false })
  await new Promise((resolve) => socket.once('message', resolve))
  socket.pause()
  for (let n = 2; n < 60; n++) ask(n, 'log.state', { after: null })
  return socket
}

/** As the relay counts them: a client that never reads does not notice. Waits for all, or some time. */
async function countCut(metrics: string, all: number): Promise<number> {
  for (const until = nodeClock.monotonic() + 20_000; ; await pause(250)) {
    const text = await (await fetch(metrics)).text()
    const count = Number(/^im_relay_connections_closed_total\{code="1013"\} (\d+)$/m.exec(text)?.[1] ?? 0)
    if (count >= all || nodeClock.monotonic() > until) return count
  }
}

/** Reads every log anew, fifty at once. */
async function countLost(url: string, honest: readonly Account[], sent: readonly Set<string>[]): Promise<number> {
  let lost = 0
  for (let from = 0; from < honest.length; from += 50) {
    const some = honest.slice(from, from + 50)
    const missing = await Promise.all(some.map((account, n) => missingIn(url, account, sent[from + n] as Set<string>)))
    lost += missing.reduce((sum, count) => sum + count, 0)
  }
  return lost
}

async function missingIn(url: string, { uin, token }: Account, sent: ReadonlySet<string>): Promise<number> {
  const missing = new Set(sent)
  if (missing.size === 0) return 0
  const client = await RelayClient.connect(`${url}/v1`)
  const done = new Promise<void>((resolve) => {
    client.onEvent = (method, params) => {
      if (method !== 'log.entries') return
      const { entries, head } = params as { entries: { seq: number; message?: { id: string } }[]; head: number }
      for (const { message } of entries) if (message !== undefined) missing.delete(message.id)
      if ((entries.at(-1)?.seq ?? 0) >= head) resolve()
    }
  })
  const { epoch } = await client.call('session.open', { uin, token, person: false })
  await client.call('log.follow', { cursor: { epoch, seq: 0 } })
  await done
  client.close()
  return missing.size
}

/** Calls again and again, at least once in so many ms, for so long. */
async function every(stepMs: number, forMs: number, run: () => void): Promise<void> {
  for (const until = nodeClock.monotonic() + forMs; nodeClock.monotonic() < until; ) {
    run()
    await pause(stepMs)
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void nodeTimers.after(ms, () => resolve()))
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

export async function overload(): Promise<Figure[]> {
  const found = await runOverload(WHOLE)
  const { honest, halfOpen, slowReaders } = WHOLE
  const crowd = `beside ${halfOpen} half-open and ${slowReaders} that never read`
  const figure = (name: string, unit: string, value: number, yardstick: Figure['yardstick'], goal = ''): Figure => ({
    ...{ name, unit, value, yardstick, goal },
    ratio: yardstick === null ? null : value / yardstick.value,
  })
  const quiet = { name: 'alone', value: quantile(found.quietMs, 0.99) }
  return [
    figure(`acknowledgement p99, ${honest} honest ${crowd}`, 'ms', quantile(found.besideMs, 0.99), quiet),
    figure(`coming in p99 ${crowd}`, 'ms', quantile(found.loginBesideMs, 0.99), null),
    figure('slow readers cut off', '', found.slowReadersCut, null),
    figure('most memory of the relay', 'MB', found.mostRssBytes / 1e6, null),
    figure('acknowledged when asked for twice what it can', '/s', found.acknowledged, {
      name: 'sustained',
      value: found.sustained,
    }),
    figure('told to come back meanwhile', '/s', found.refused, null),
    figure('coming in p99 meanwhile', 'ms', quantile(found.loginUnderLoadMs, 0.99), null),
    figure('acknowledged and lost', '', found.lost, null, '0'),
  ]
}
