/** WebSocket byte by byte over TCP: hostile clients against a relay's process, a hostile relay against our client. */
import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, it, onTestFinished } from 'vitest'
import { nodeTimers } from '../../src/host/node-host.ts'
import { MAX_FRAME_BYTES } from '../../src/protocol/relay-api.ts'
import { connectWebSocket } from '../../src/rpc/websocket-client.ts'
import { bundleChild } from '../support/bundle-child.ts'
import { type FuzzRun, fuzzRun, heapMib, report, Stopwatch } from '../support/fuzz-run.ts'
import { heldMib, INSPECTED } from '../support/held-memory.ts'
import { newAccount, startRelay } from '../support/relay-process.ts'
import { testPeer } from '../support/rpc-links.ts'
import { stopProcess } from '../support/session-bus.ts'
import { tempDir } from '../support/temp-dir.ts'
import { turn } from '../support/turn.ts'
import { type Random, seededRandom } from './random.ts'
import { rawFrame, serverHandshake } from './raw-bytes.ts'
import { ended, MOST_FRAMES_EACH, write } from './raw-socket.ts'

const MOST_AT_ONCE = 16
/** Calls of an honest client before the attack rests or goes on. */
const CALLS_A_TURN = 12
const FEWEST_CALLS = 100
const FLOODING = 4
const SETTLE_MS = 100
const MOST_GROWTH_MIB = 96
/** Of what it holds, garbage aside, from a quarter of the frames on. */
const MOST_HELD_MIB = 8
/** Starved is who waits longer; also on a machine that does ten other things. */
const SERVED_WITHIN_MS = 20_000

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    nodeTimers.after(ms, resolve)
  })
}

/** Processor time used so far; Linux counts it in hundredths of a second. */
async function cpuMs(pid: number): Promise<number> {
  const [, fields = ''] = (await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')).split(') ')
  const [user = 0, system = 0] = fields.split(' ').slice(11, 13).map(Number)
  return (user + system) * 10
}

/** A program of test/support in a process of its own; each call gives the next line it prints. */
async function startChild(name: string, args: readonly string[]) {
  const child = spawn(process.execPath, [await bundleChild(await tempDir(), name), ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  onTestFinished(() => stopProcess(child))
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  async function nextLine(): Promise<string> {
    const late = new AbortController()
    const tooLate = new Promise<never>((_, reject) => {
      const stop = nodeTimers.after(SERVED_WITHIN_MS, () => reject(new Error(`nothing from ${name}`)))
      late.signal.addEventListener('abort', stop)
    })
    const { value, done } = await Promise.race([lines.next(), tooLate])
    late.abort()
    if (done) throw new Error(`${name} was thrown out`)
    return value
  }
  return { nextLine, turn: () => child.stdin.write('\n') }
}

/**
 * An honest client's calls, timed by turns at rest and under attack until so many frames were sent. Relay, attackers and
 * honest client have a process each, and at rest the attackers' is as busy as it can be.
 */
async function underAttack(run: FuzzRun, logins: (url: string) => Promise<string[]>) {
  const relay = await startRelay(join(await tempDir(), 'relay'), [], [INSPECTED])
  onTestFinished(() => relay.kill())
  const { uin, token } = await newAccount(relay.url, 'Ana')
  const honest = await startChild('honest-child', [relay.url, uin, token])
  const port = new URL(relay.url).port
  const attackers = await startChild('attacker-child', [port, String(run.seed), ...(await logins(relay.url))])
  expect(await attackers.nextLine()).toBe('ready')
  const [quiet, during] = [new Stopwatch(), new Stopwatch()]
  const cpuBefore = await cpuMs(relay.pid)
  let [sent, connections, warmMib] = [0, 0, 0]
  while (sent < run.frames || during.count < FEWEST_CALLS) {
    for (let n = 0; n < CALLS_A_TURN; n++) quiet.add(Number(await honest.nextLine()))
    attackers.turn()
    for (let n = 0; n < CALLS_A_TURN; n++) during.add(Number(await honest.nextLine()))
    attackers.turn()
    ;[sent = 0, connections = 0] = (await attackers.nextLine()).split(' ').map(Number)
    await settled(relay.pid)
    if (warmMib === 0 && sent > run.frames / 4) warmMib = await heldMib(relay.printed())
  }
  const heldMoreMib = (await heldMib(relay.printed())) - warmMib
  const figures = {
    sent,
    connections,
    'honest p50/p99 at rest ms': `${quiet.at(0.5)}/${quiet.p99}`,
    'during ms': `${during.at(0.5)}/${during.p99}`,
    'calls served': during.count,
    'relay CPU ms': (await cpuMs(relay.pid)) - cpuBefore,
    'relay holds more by MiB': heldMoreMib.toFixed(1),
  }
  expect(heldMoreMib).toBeLessThan(MOST_HELD_MIB)
  // Far above what noise does, far below what one flood did when it was read in one turn.
  expect(during.at(0.5)).toBeLessThan(4 * quiet.at(0.5) + 5)
  const other = await newAccount(relay.url, 'Bo')
  expect(other.uin).toMatch(/^\d{10}$/)
  expect(await relay.stop()).toBe(0)
  return figures
}

/** What was sent last has been worked off: the process takes a tenth of a processor at most. */
async function settled(pid: number): Promise<void> {
  await expect
    .poll(
      async () => {
        const before = await cpuMs(pid)
        await pause(SETTLE_MS)
        return (await cpuMs(pid)) - before
      },
      { interval: 1 },
    )
    .toBeLessThanOrEqual(SETTLE_MS / 10)
}

describe('a relay', () => {
  it('is not brought down by raw frames, nor kept from serving others', async () => {
    const run = fuzzRun(0.2)
    report('raw frames at the relay', run, await underAttack(run, async () => []))
  }, 1_200_000)

  it('serves others while devices flood it with all that they may say', async () => {
    const run = fuzzRun(0.2)
    const logins = (url: string) =>
      Promise.all(
        Array.from({ length: FLOODING }, async (_, n) => {
          const { uin, token } = await newAccount(url, `Mallory ${n}`)
          return `${uin}/${token}`
        }),
      )
    report('floods at the relay', run, await underAttack(run, logins))
  }, 1_200_000)
})

describe('raw frames', () => {
  it('of a hostile relay end the link, and the next relay is reached', async () => {
    const run = fuzzRun(0.02)
    const random = seededRandom(run.seed)
    const relay = await hostileServer(random)
    const before = heapMib()
    let links = 0
    while (relay.sent < run.frames) {
      await Promise.all(Array.from({ length: MOST_AT_ONCE }, () => linkTo(relay.url)))
      links += MOST_AT_ONCE
    }
    const grownMib = heapMib() - before
    report('raw frames of a relay', run, { sent: relay.sent, links, 'heap grew MiB': grownMib.toFixed(1) })
    expect(grownMib).toBeLessThan(MOST_GROWTH_MIB)

    const honest = await startRelay(join(await tempDir(), 'relay'))
    onTestFinished(() => honest.kill())
    expect((await newAccount(honest.url, 'Ana')).uin).toMatch(/^\d{10}$/)
  }, 1_200_000)
})

/** A link as a daemon has it: it connects, asks, and waits for the end. */
async function linkTo(url: string): Promise<void> {
  const options = { connectTimeoutMs: 1_000, timers: nodeTimers, maxFrameBytes: MAX_FRAME_BYTES }
  const channel = await connectWebSocket(url, options).catch(() => null)
  if (channel === null) return
  const peer = testPeer(channel)
  await peer.call('hello', {}).catch(() => {})
  peer.close()
  await peer.closed
}

async function hostileServer(random: Random): Promise<{ url: string; readonly sent: number }> {
  let sent = 0
  const server: Server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', async (request) => {
      await write(socket, serverHandshake(random, request.toString('latin1')), random)
      for (let n = random.int(MOST_FRAMES_EACH); n > 0 && !socket.destroyed; n--, sent++) {
        await write(socket, rawFrame(random, false), random)
        if (random.chance(0.2)) await turn()
      }
      if (random.chance(0.3)) socket.resetAndDestroy()
      await ended(socket)
    })
    socket.resume()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  return {
    url: `ws://127.0.0.1:${port}/v1`,
    get sent() {
      return sent
    },
  }
}
