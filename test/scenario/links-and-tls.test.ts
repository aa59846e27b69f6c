/** Relays that show a certificate, and links that are all one needs: as real processes. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { nodeClock, nodeTimers } from '../../src/host/node-host.ts'
import { parseAddress, parseLink } from '../../src/protocol/link.ts'
import { MAX_FRAME_BYTES } from '../../src/protocol/relay-api.ts'
import { makeCertificate } from '../../src/relay/operating/self-signed.ts'
import { connectWebSocket } from '../../src/rpc/websocket-client.ts'
import { cliHome } from '../support/cli.ts'
import { type RelayProcess, startRelay } from '../support/relay-process.ts'
import { testPeer } from '../support/rpc-links.ts'
import { tempDir } from '../support/temp-dir.ts'
import { eventually } from '../support/wait-for.ts'
import { type World, world } from '../support/world.ts'

const YEAR_MS = 365 * 86_400_000

async function relayWith(args: readonly string[], dir?: string): Promise<RelayProcess> {
  const relay = await startRelay(dir ?? join(await tempDir(), 'relay'), args)
  onTestFinished(async () => void (await relay.stop()))
  return relay
}

const register = (w: World, profile: string, where: readonly string[]) =>
  w.im(profile, ['register', ...where, '--nick', profile, '--token-store', 'file', '--password-stdin'], {
    input: `password of ${profile}`,
  })

/** One call over a connection of its own, or why there was none. */
async function hello(url: string, pins: readonly string[]) {
  const options = { connectTimeoutMs: 10_000, timers: nodeTimers, maxFrameBytes: MAX_FRAME_BYTES, tls: { pins } }
  const peer = testPeer(await connectWebSocket(`${url}/v1`, options))
  const say = () => peer.call('hello', { protocols: [1], client: '' })
  await say()
  return { say, close: () => peer.close() }
}

/** PEM files of a certificate made at that time, good for ten years. */
async function certificateFiles(dir: string, names: readonly string[], madeAt: number, name = 'relay') {
  const clock = { ...nodeClock, now: () => madeAt }
  const { cert, key } = await makeCertificate(names, { clock, random: (length) => new Uint8Array(length).fill(7) })
  const files = { cert: join(dir, `${name}.crt`), key: join(dir, `${name}.key`) }
  await writeFile(files.cert, cert)
  await writeFile(files.key, key, { mode: 0o600 })
  return files
}

describe('a relay that signed its own certificate', () => {
  it('is reached by its link; friends come by a link of the one who is there', async () => {
    const w = await world()
    const relay = await relayWith(['--self-signed', '--invite-only'])
    expect(parseLink(relay.link)).toEqual({ relay: `${relay.url}#pin=${relay.pin}`, invite: expect.any(String) })

    const ana = await register(w, 'ana', [relay.link])
    expect(ana).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d{10}\n$/) })
    const link = (await w.im('ana', ['friend', 'invite', '--uses', '2'])).stdout.trim()
    const bo = await register(w, 'bo', [link])
    expect(bo).toMatchObject({ code: 0, stderr: expect.stringContaining('you and ana are friends now') })
    expect((await w.im('ana', ['friend', 'list', '-q'])).stdout).toBe(bo.stdout)
    expect(await w.im('bo', ['send', 'ana', 'hello', '--wait', '--timeout', '10s'])).toMatchObject({ code: 0 })
    expect((await w.im('ana', ['inbox', '--json'])).json).toMatchObject([{ text: 'hello' }])

    const invite = await w.im('ana', ['friend', 'invite', '--json'])
    const cyInvite = (await w.im('bo', ['friend', 'invite'])).stdout.trim()
    await register(w, 'cy', [cyInvite])
    expect(await w.im('cy', ['friend', 'add', String(invite.json[0]?.link), '--json'])).toMatchObject({
      code: 0,
      json: [{ uin: ana.stdout.trim(), state: 'friend' }],
    })
    expect(await register(w, 'dee', [relay.link])).toMatchObject({ code: 7, stderr: expect.stringContaining('LIMIT') })
    const bare = relay.link.replace(/\/invite=.*/, '')
    expect(await register(w, 'dee', [bare])).toMatchObject({ code: 2, stderr: expect.stringContaining('INPUT_NEEDED') })
    expect(await w.im('cy', ['friend', 'add', bare])).toMatchObject({ code: 2 })
  }, 60_000)

  it('is refused with another key than the pinned one, and without a pin, each with what to do', async () => {
    const w = await world()
    const relay = await relayWith(['--self-signed'])
    const wrong = `${relay.url}#pin=${'A'.repeat(43)}`
    expect(await register(w, 'ana', ['--relay', wrong])).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/another key than the pinned one.*RELAY_CERT\]\n.*ask whoever runs the relay/),
    })
    expect(await register(w, 'ana', ['--relay', relay.url])).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/signed by nobody this machine trusts.*RELAY_CERT\]\n.*link with its pin/),
    })
    const next = `${relay.url}#pin=${'A'.repeat(43)},${relay.pin}`
    expect(await register(w, 'ana', ['--relay', next])).toMatchObject({ code: 0 })
    expect((await w.im('ana', ['whoami', '--json'])).json).toMatchObject([{ relay: next, connected: true }])
  }, 30_000)

  it('keeps its key, and invites its operator once', async () => {
    const dir = join(await tempDir(), 'relay')
    const first = await startRelay(dir, ['--self-signed', '--invite-only'])
    expect(await first.stop()).toBe(0)
    const second = await relayWith(['--self-signed', '--invite-only'], dir)
    expect(second.pin).toBe(first.pin)
    expect(parseLink(first.link).invite).not.toBeNull()
    expect(parseLink(second.link).invite).toBeNull()
  })
})

describe('a relay with the files of a certificate', () => {
  it('shows the new one at SIGHUP and when the files change, and drops no connection', async () => {
    const dir = await tempDir()
    const config = join(dir, 'relay.toml')
    await writeFile(config, '[timing]\ncertificateCheckMs = 100\n')
    const now = nodeClock.now()
    const files = await certificateFiles(dir, ['127.0.0.1'], now)
    const data = join(dir, 'relay')
    const relay = await relayWith(['--tls-cert', files.cert, '--tls-key', files.key, '--config', config], data)
    using home = cliHome()
    const pinNow = async () => String((await home.im(['relay', 'status', '--data', data, '--json'])).json[0]?.pin)
    const oldPin = relay.pin ?? ''
    const old = await hello(relay.url, [oldPin])

    await certificateFiles(dir, ['127.0.0.1'], now)
    const newPin = await eventually(async () => {
      const pin = await pinNow()
      expect(pin).not.toBe(oldPin)
      return pin
    })
    const fresh = await hello(relay.url, [newPin])
    await expect(hello(relay.url, [oldPin])).rejects.toMatchObject({ fault: 'wrong-pin' })

    await writeFile(files.key, 'no key')
    process.kill(relay.pid, 'SIGHUP')
    await hello(relay.url, [newPin])
    await certificateFiles(dir, ['127.0.0.1'], now)
    process.kill(relay.pid, 'SIGHUP')
    await eventually(() => expect(hello(relay.url, [newPin])).rejects.toMatchObject({ fault: 'wrong-pin' }))
    for (const one of [old, fresh]) {
      await one.say()
      one.close()
    }
  }, 30_000)

  it.each([
    ['that has expired', ['127.0.0.1'], -11 * YEAR_MS, 'has expired'],
    ['that is not valid yet', ['127.0.0.1'], YEAR_MS, 'is not valid yet'],
    ['for another name', ['relay.example'], 0, 'is for another name'],
  ])('is refused with one %s, though its authority is trusted', async (_, names, ageMs, sentence) => {
    const w = await world()
    const files = await certificateFiles(w.home, names, nodeClock.now() + ageMs)
    const relay = await relayWith(['--tls-cert', files.cert, '--tls-key', files.key])
    await w.im('ana', ['config', 'set', 'relay-ca', files.cert])
    expect(await register(w, 'ana', ['--relay', relay.url])).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(new RegExp(`${sentence}.*RELAY_CERT\\]\\n.+`)),
    })
  })

  it('is taken when the authority is trusted, and its links need no pin', async () => {
    const w = await world()
    const files = await certificateFiles(w.home, ['127.0.0.1'], nodeClock.now())
    const relay = await relayWith(['--tls-cert', files.cert, '--tls-key', files.key])
    await w.im('ana', ['config', 'set', 'relay-ca', files.cert])
    expect(await register(w, 'ana', [relay.link])).toMatchObject({ code: 0 })
    expect(parseAddress(parseLink(relay.link).relay).pins).toEqual([])
  })

  it('does not start with files that are none, or do not belong together', async () => {
    const dir = await tempDir()
    const one = await certificateFiles(dir, ['localhost'], nodeClock.now(), 'one')
    const two = await certificateFiles(dir, ['localhost'], nodeClock.now(), 'two')
    const start = (cert: string, key: string) => startRelay(join(dir, 'relay'), ['--tls-cert', cert, '--tls-key', key])
    await expect(start(one.cert, two.key)).rejects.toThrow(/BAD_FILE.*is not the key of /)
    await expect(start(one.key, one.key)).rejects.toThrow(/BAD_FILE.*is no certificate in PEM/)
    await expect(start(join(dir, 'none'), one.key)).rejects.toThrow(/BAD_FILE.*cannot be read \(ENOENT\)/)
  })
})

describe('a relay without a certificate', () => {
  const refused = async (args: readonly string[], why: RegExp) =>
    expect(startRelay(await tempDir(), args)).rejects.toThrow(why)

  it('listens on loopback only, or behind a proxy that it is told of, with its address', async () => {
    await refused(['--listen', '0.0.0.0:0'], /USAGE.*loopback only/)
    await refused(['--listen', '0.0.0.0:0', '--trust-proxy', '10.0.0.0/8'], /USAGE.*how it is reached/)
    await refused(['--trust-proxy', '10.0.0.0/99'], /USAGE.*not .*10.0.0.0\/99/)
    await refused(['--self-signed', '--tls-cert', 'x'], /USAGE.*exclude each other/)
    await refused(['--tls-cert', 'x'], /USAGE.*needs its key/)
    const args = ['--listen', '0.0.0.0:0', '--trust-proxy', '10.0.0.0/8', '--public-url', 'wss://relay.example/im']
    expect((await relayWith(args)).link).toBe('im://relay.example/im')
  })

  it('says that another listens there already, and ends', async () => {
    const { url } = await relayWith([])
    await refused(['--listen', new URL(url).host], /IO.*Something listens on/)
  })

  it('counts callers by what the proxy says, and believes nobody else', async () => {
    const dir = await tempDir()
    const config = join(dir, 'relay.toml')
    await writeFile(config, 'connectionsPerAddress = 2\n')
    const dial = ({ url }: RelayProcess, from: string) =>
      new Promise<number>((resolve, reject) => {
        const ws = new WebSocket(`${url}/v1`, { headers: { 'x-forwarded-for': from } })
        onTestFinished(() => ws.terminate())
        ws.on('open', () => resolve(101))
        ws.on('unexpected-response', (_, { statusCode = 0 }) => resolve(statusCode))
        ws.on('error', reject)
      })
    const behind = await relayWith(['--trust-proxy', '127.0.0.1', '--config', config])
    const seen: number[] = []
    for (const from of ['203.0.113.9', '203.0.113.9', '127.0.0.1, 203.0.113.9', '203.0.113.10', 'nonsense'])
      seen.push(await dial(behind, from))
    expect(seen).toEqual([101, 101, 429, 101, 101])
    const apart = await relayWith(['--config', config])
    for (let i = 0; i < 3; i++) expect(await dial(apart, '203.0.113.9')).toBe(101)
  })
})
