/** WebSocket byte by byte over TCP: hostile clients against a relay's process, a hostile relay against our client. */
import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, it, onTestFinished } from 'vitest'
import { nodeTimers } from '../../src/host/node-host.ts'
import { MAX_FRAME_BYTES } from '../../src/protocol/relay-api.ts'
import { connectWebSocket } from '../../src/rpc/websocket-client.ts'
import { bundleChild } from '../support/bundle-child.ts'
import { fuzzRun, heapMib, report, Stopwatch } from '../support/fuzz-run.ts'
import { newAccount, startRelay } from '../support/relay-process.ts'
import { testPeer } from '../support/rpc-links.ts'
import { stopProcess } from '../support/session-bus.ts'
import { tempDir } from '../support/temp-dir.ts'
import { turn } from '../support/turn.ts'
import { type Random, seededRandom } from './random.ts'
import { clientHandshake, rawFrame, serverHandshake } from './raw-bytes.ts'

const MOST_AT_ONCE = 16
const MOST_FRAMES_EACH = 40
/** Calls of an honest client before the attack rests or goes on. */
const CALLS_A_TURN = 12
/** How long an attacker waits to be thrown out before it goes by itself. */
const LINGER_MS = 20
const MOST_GROWTH_MIB = 96
const SERVED_WITHIN_MS = 5_000

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    nodeTimers.after(ms, resolve)
  })
}

/** Resolves when the socket is gone: the other end's doing, or ours after a moment. */
function ended(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const stop = nodeTimers.after(LINGER_MS, () => socket.destroy())
    socket.on('error', () => {})
    socket.once('close', () => {
      stop()
      resolve()
    })
  })
}

async function write(socket: Socket, bytes: Buffer, random: Random): Promise<void> {
  if (!random.chance(0.02)) {
    socket.write(bytes)
    return
  }
  // Slowly: a few bytes at a time, each in a packet of its own.
  for (let at = 0; at < Math.min(bytes.length, 60); at += 3) {
    socket.write(bytes.subarray(at, at + 3))
    await turn()
  }
  socket.write(bytes.subarray(60))
}

/** One hostile connection; the frames it sent. */
async function attackOnce(port: number, random: Random): Promise<number> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true })
  const over = ended(socket)
  socket.resume()
  await write(socket, clientHandshake(random), random)
  const frames = 1 + random.int(MOST_FRAMES_EACH)
  let sent = 0
  for (; sent < frames && !socket.destroyed; sent++) {
    await write(socket, rawFrame(random, true), random)
    if (random.chance(0.2)) await turn()
  }
  if (random.chance(0.3)) socket.resetAndDestroy()
  else if (random.chance(0.5)) socket.end()
  await over
  return Math.max(1, sent)
}

function closedGate(): { opened: Promise<void>; open: () => void } {
  let open = (): void => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}

async function rssMib(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024
}

/** Processor time used so far; Linux counts it in hundredths of a second. */
async function cpuMs(pid: number): Promise<number> {
  const [, fields = ''] = (await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')).split(') ')
  const [user = 0, system = 0] = fields.split(' ').slice(11, 13).map(Number)
  return (user + system) * 10
}

/** An honest client in a process of its own; each number is how long the next of its calls took. */
async function startHonest(url: string): Promise<() => Promise<number>> {
  const { uin, token } = await newAccount(url, 'Ana')
  const child = spawn(process.execPath, [await bundleChild(await tempDir(), 'honest-child'), url, uin, token])
  onTestFinished(() => stopProcess(child))
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  return async () => {
    const late = new AbortController()
    const tooLate = new Promise<never>((_, reject) => {
      const stop = nodeTimers.after(SERVED_WITHIN_MS, () => reject(new Error('an honest client was not served')))
      late.signal.addEventListener('abort', stop)
    })
    const { value, done } = await Promise.race([lines.next(), tooLate])
    late.abort()
    if (done) throw new Error('an honest client was thrown out')
    return Number(value)
  }
}

describe('raw frames', () => {
  it('do not bring down a relay, nor keep it from serving others', async () => {
    const run = fuzzRun(0.2)
    const relay = await startRelay(join(await tempDir(), 'relay'))
    onTestFinished(() => relay.kill())
    const nextCallMs = await startHonest(relay.url)
    const [quiet, during] = [new Stopwatch(), new Stopwatch()]
    const port = Number(new URL(relay.url).port)
    const cpuBefore = await cpuMs(relay.pid)
    let [sent, connections, warmMib] = [0, 0, 0]
    let gate = closedGate()
    const attackers = Array.from({ length: MOST_AT_ONCE }, async (_, n) => {
      const random = seededRandom(run.seed + n)
      for (; sent < run.frames; connections++) {
        await gate.opened
        // Not `sent += await`: that would add to what it was before the others added theirs.
        const more = await attackOnce(port, random)
        sent += more
      }
    })
    // Rest and attack in turns, so that both are timed on the same machine with whatever else it does.
    while (sent < run.frames) {
      for (let n = 0; n < CALLS_A_TURN; n++) quiet.add(await nextCallMs())
      gate.open()
      for (let n = 0; n < CALLS_A_TURN; n++) during.add(await nextCallMs())
      gate = closedGate()
      if (warmMib === 0 && sent > run.frames / 4) warmMib = await rssMib(relay.pid)
      await pause(LINGER_MS)
    }
    gate.open()
    await Promise.all(attackers)
    const grownMib = (await rssMib(relay.pid)) - warmMib
    report('raw frames at the relay', run, {
      sent,
      connections,
      'honest p50/p99 at rest ms': `${quiet.at(0.5)}/${quiet.p99}`,
      'during ms': `${during.at(0.5)}/${during.p99}`,
      'calls served': during.count,
      'relay CPU ms a connection': (((await cpuMs(relay.pid)) - cpuBefore) / connections).toFixed(2),
      'relay grew MiB': grownMib.toFixed(1),
    })
    expect(grownMib).toBeLessThan(MOST_GROWTH_MIB)
    const other = await newAccount(relay.url, 'Bo')
    expect(other.uin).toMatch(/^\d{10}$/)
    expect(await relay.stop()).toBe(0)
  }, 1_200_000)

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
    const over = ended(socket)
    socket.once('data', async (request) => {
      await write(socket, serverHandshake(random, request.toString('latin1')), random)
      for (let n = random.int(MOST_FRAMES_EACH); n > 0 && !socket.destroyed; n--, sent++) {
        await write(socket, rawFrame(random, false), random)
        if (random.chance(0.2)) await turn()
      }
      if (random.chance(0.3)) socket.resetAndDestroy()
      await over
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
