/** What a relay holds for terminals that are logged in and do nothing: most of them, most of the time. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nodeTimers } from '../src/host/node-host.ts'
import type { Figure } from './figure.ts'
import { cpuSeconds, rssBytes, startRelay } from './process.ts'
import { moreDevices, newAccount, type RelayClient } from './relay-client.ts'

const CONNECTIONS = Number(process.env.IM_BENCH_CONNECTIONS ?? 10_000)
const DEVICES_EACH = 5
/** Accounts made at once. */
const AT_ONCE = 8
/** Long enough for every connection to be pinged several times, and for V8 to collect what the rush of logins left. */
const SETTLE_MS = 150_000

const sleep = (ms: number) => new Promise<void>((resolve) => nodeTimers.after(ms, resolve))

async function terminals(url: string): Promise<RelayClient[]> {
  const { uin, client } = await newAccount(url)
  return [client, ...(await moreDevices(url, uin, DEVICES_EACH - 1))]
}

async function connectAll(url: string): Promise<RelayClient[]> {
  const clients: RelayClient[] = []
  const worker = async () => {
    while (clients.length < CONNECTIONS) clients.push(...(await terminals(url)))
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return clients
}

export async function idleConnections(): Promise<Figure[]> {
  const dir = await mkdtemp(join(tmpdir(), 'im-bench-'))
  const relay = await startRelay(dir, 'connectionsPerAddress = 20000\n')
  try {
    const before = rssBytes(relay.pid)
    const clients = await connectAll(relay.ready.url)
    const rushed = rssBytes(relay.pid)
    const cpu = cpuSeconds(relay.pid)
    await sleep(SETTLE_MS)
    const used = (cpuSeconds(relay.pid) - cpu) / (SETTLE_MS / 1000)
    const rss = rssBytes(relay.pid)
    for (const client of clients) client.close()
    const plain = { yardstick: null, ratio: null, goal: '' }
    const many = `${clients.length} idle terminals`
    return [
      {
        ...plain,
        name: `relay RSS, ${many}`,
        unit: 'MB',
        value: rss / 1e6,
        yardstick: { name: 'without one', value: before / 1e6 },
        ratio: rss / before,
        goal: '<= 200 MB',
      },
      { ...plain, name: 'the same just after they came', unit: 'MB', value: rushed / 1e6 },
      { ...plain, name: 'RSS a terminal', unit: 'KiB', value: (rss - before) / clients.length / 1024 },
      { ...plain, name: `relay CPU, ${many}`, unit: '%', value: used * 100 },
    ]
  } finally {
    await relay.stop()
    await rm(dir, { recursive: true, force: true })
  }
}
