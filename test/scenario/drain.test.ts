/** A relay that is stopped while it is used: real processes, SIGTERM. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { nodeClock } from '../../src/host/node-host.ts'
import { dummyContent } from '../support/dummy-seal.ts'
import { newAccount, openDevice, startRelay } from '../support/relay-process.ts'
import { tempDir } from '../support/temp-dir.ts'
import { eventually } from '../support/wait-for.ts'
import { world } from '../support/world.ts'

it('no acknowledged change is lost, the clients are told when to return, and it ends with 0', {
  timeout: 60_000,
}, async () => {
  const dir = await tempDir()
  const relay = await startRelay(dir)
  const { port } = new URL(relay.url)
  const accounts = []
  for (let n = 0; n < 8; n++) accounts.push(await newAccount(relay.url, `a${n}`))
  const devices = await Promise.all(accounts.map(({ uin, token }) => openDevice(relay.url, uin, token)))
  const acknowledged = devices.map(() => new Set<string>())
  // Each writes to itself, eight at once, until its link goes.
  const busy = devices.map(async (device, n) => {
    const writer = async () => {
      for (;;) {
        const id = randomBytes(16).toString('base64url')
        const content = dummyContent('x', id, null, 1)
        await device.call('message.send', { id, to: device.uin, content })
        acknowledged[n]?.add(id)
      }
    }
    const ends = await Promise.allSettled(Array.from({ length: 8 }, writer))
    return ends.map((end) => (end.status === 'rejected' ? String((end.reason as Error).message) : 'none'))
  })
  await eventually(() => expect(acknowledged.every((ids) => ids.size > 10)).toBe(true))

  const begun = nodeClock.monotonic()
  const ended = relay.stop()
  const ends = await Promise.all(busy)
  expect(await ended).toBe(0)
  expect(nodeClock.monotonic() - begun).toBeLessThan(10_000)
  expect(devices.map(({ closings }) => closings[0]?.retryAfterMs ?? 0).every((ms) => ms >= 500)).toBe(true)
  expect(ends.flat()).not.toContain('none')

  const again = await startRelay(dir, ['--listen', `127.0.0.1:${port}`])
  onTestFinished(() => again.kill())
  for (const [n, { uin, token }] of accounts.entries()) {
    const device = await openDevice(again.url, uin, token)
    const ids = acknowledged[n] ?? new Set()
    await device.until((entries) => {
      const seen = new Set(entries.flatMap((entry) => (entry.type === 'message' ? [entry.message.id] : [])))
      return [...ids].every((id) => seen.has(id))
    })
    device.close()
  }
})

it('daemons come back by themselves, and what was written meanwhile arrives', { timeout: 60_000 }, async () => {
  const w = await world()
  await w.register('ana')
  await w.stopRelay()
  expect((await w.im('ana', ['send', 'me', 'while it was away', '--json'])).json).toMatchObject([{ state: 'queued' }])
  await w.startRelay()
  await eventually(async () => {
    const [status] = (await w.im('ana', ['daemon', 'status', '--json'])).json
    expect(status).toMatchObject({ connected: true, outbox: 0 })
  })
})

/** It upgrades and then neither reads nor writes, so the relay waits for its part of the closing handshake. */
async function silentClient(url: string): Promise<void> {
  const { hostname, port } = new URL(url)
  const silent = connect(Number(port), hostname)
  onTestFinished(() => void silent.destroy())
  const key = randomBytes(16).toString('base64')
  silent.write(
    `GET /v1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
  )
  await once(silent, 'data')
  silent.pause()
}

/** How long it takes, and what came of it. */
async function timed<T>(run: () => Promise<T>): Promise<{ result: T; ms: number }> {
  const begun = nodeClock.monotonic()
  return { result: await run(), ms: nodeClock.monotonic() - begun }
}

it('a client that takes no part in the parting keeps a relay for ten seconds at most', {
  timeout: 30_000,
}, async () => {
  const relay = await startRelay(await tempDir())
  await silentClient(relay.url)
  const { result, ms } = await timed(() => relay.stop())
  expect(result).toBe(0)
  expect(ms).toBeLessThan(10_000)
})

it('a relay that hangs, a caller that hangs and what still waits keep a daemon for ten seconds at most', {
  timeout: 60_000,
}, async () => {
  const w = await world()
  await w.register('ana')
  const [status] = (await w.im('op', ['relay', 'status', '--json'])).json
  const relayPid = status?.pid as number
  const [daemon] = (await w.im('ana', ['daemon', 'status', '--json'])).json
  process.kill(relayPid, 'SIGSTOP')
  onTestFinished(() => void process.kill(relayPid, 'SIGCONT'))
  await w.im('ana', ['send', 'me', 'on its way'])
  const caller = connect(String(daemon?.socket))
  onTestFinished(() => void caller.destroy())
  await once(caller, 'connect')
  caller.pause()
  const { result, ms } = await timed(() => w.im('ana', ['daemon', 'stop']))
  expect(result).toMatchObject({ code: 0, stdout: 'the daemon has stopped\n', stderr: '' })
  expect(ms).toBeLessThan(10_000)
  process.kill(relayPid, 'SIGCONT')
  await w.im('ana', ['daemon', 'start'])
  await eventually(async () =>
    expect((await w.im('ana', ['daemon', 'status', '--json'])).json).toMatchObject([{ connected: true, outbox: 0 }]),
  )
  expect((await w.im('ana', ['history', 'me', '--json'])).json).toMatchObject([{ text: 'on its way' }])
})

it('a second SIGTERM ends it at once', { timeout: 30_000 }, async () => {
  const relay = await startRelay(await tempDir())
  await silentClient(relay.url)
  const ended = relay.stop()
  await eventually(() => expect(relay.printed()).toContain('relay stopping'))
  const begun = nodeClock.monotonic()
  expect(await relay.stop()).toBe(null)
  expect(await ended).toBe(null)
  expect(nodeClock.monotonic() - begun).toBeLessThan(2_000)
})
