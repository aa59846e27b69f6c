/** Accounts with real processes: the stretching done in a process of its own, and logins by the thousand. */

import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { randomUin } from '../../src/domain/uin.ts'
import { nodeTimers } from '../../src/host/node-host.ts'
import { type ErrorData, ImError, toErrorData } from '../../src/protocol/errors.ts'
import { MAX_FRAME_BYTES } from '../../src/protocol/relay-api.ts'
import { createPeer } from '../../src/rpc/json-rpc-peer.ts'
import { connectWebSocket } from '../../src/rpc/websocket-client.ts'
import { loadLoginClient } from '../../src/sealing/login-client.ts'
import { newAccount, openDevice, startRelay } from '../support/relay-process.ts'
import { refusal } from '../support/relay-world.ts'
import { tempDir } from '../support/temp-dir.ts'
import { world } from '../support/world.ts'

const SECRET = ['--token-store', 'file', '--password-stdin']

it('a password is changed, lost, recovered; the account is taken along and deleted', async () => {
  const { home, im } = await world()
  const made = await im('ana', ['register', '--nick', 'Ana', ...SECRET, '--json'], { input: 'first' })
  const { uin, recoveryCode } = made.json[0] as { uin: string; recoveryCode: string }
  await im('ana', ['send', 'me', 'a note'])

  const changed = await im('ana', ['account', 'password', '--password-stdin'], { input: 'first\nsecond\n' })
  expect(changed).toMatchObject({ code: 0, stderr: '' })
  expect(await im('bo', ['login', uin, ...SECRET], { input: 'first' })).toMatchObject({ code: 4 })
  const typo = `${recoveryCode.slice(0, -1)}${recoveryCode.endsWith('0') ? '1' : '0'}`
  const mistyped = await im('bo', ['login', uin, '--recover', ...SECRET], { input: `${typo}\nthird\n` })
  expect(mistyped).toMatchObject({ code: 2, stderr: expect.stringContaining('mistyped') })
  const recovered = await im('bo', ['login', uin, '--recover', ...SECRET], { input: `${recoveryCode}\nthird\n` })
  expect(recovered).toMatchObject({ code: 0, stderr: '' })
  // The first terminal holds a token: it goes on.
  expect(await im('ana', ['send', 'me', 'still here', '--wait'])).toMatchObject({ code: 0 })

  const file = join(home, 'ana.jsonl')
  expect(await im('bo', ['account', 'export', '-o', file])).toMatchObject({ code: 0 })
  const texts = readFileSync(file, 'utf8').match(/a note|still here/g)
  expect(texts).toEqual(['a note', 'still here'])

  const gone = await im('bo', ['account', 'delete', '--confirm', uin, '--password-stdin'], { input: 'third' })
  expect(gone).toMatchObject({ code: 0, stderr: '' })
  expect(await im('bo', ['whoami'])).toMatchObject({ code: 4 })
  await expect.poll(async () => (await im('ana', ['send', 'me', 'anybody?'])).stderr).toContain('TOKEN_REFUSED')
}, 60_000)

it('a daemon that has logged somebody in is as small as before', async () => {
  const { im } = await world()
  const rss = async () => (await im('ana', ['daemon', 'status', '--json'])).json[0]?.rssBytes as number
  await im('ana', ['register', ...SECRET], { input: 'first' })
  await im('ana', ['daemon', 'restart'])
  await im('ana', ['who'])
  const rested = await rss()
  await im('ana', ['account', 'password', '--password-stdin'], { input: 'first\nsecond\n' })
  // What the stretching takes, 64 MiB and more, is not in it.
  expect((await rss()) - rested).toBeLessThan(32 * 2 ** 20)
})

it('1,000 wrong logins at once: a device that is logged in goes on being answered', async () => {
  const dir = await tempDir()
  await writeFile(
    join(dir, 'relay.toml'),
    'loginsPerMinute = 100000\n[limits]\nchangesPerSecond = 100000\nchangesBurst = 100000\n',
  )
  const relay = await startRelay(dir)
  onTestFinished(() => relay.kill())
  const { uin, token } = await newAccount(relay.url, 'Ana')
  const device = await openDevice(relay.url, uin, token)
  const { request } = (await loadLoginClient()).startLogin('a guess')

  async function guess(): Promise<string> {
    const channel = await connectWebSocket(`${relay.url}/v1`, {
      connectTimeoutMs: 60_000,
      timers: nodeTimers,
      maxFrameBytes: MAX_FRAME_BYTES,
    })
    const peer = createPeer(channel, {
      handle: () => {},
      errorPayload: toErrorData,
      reviveError: (payload) => ImError.fromData(payload as ErrorData),
      timers: nodeTimers,
    })
    const victim = randomUin(randomBytes)
    const start = peer.call('login.start', { uin: victim, with: 'password', request })
    const code = await refusal(start.then(() => peer.call('login.prove', { request: 'A'.repeat(86) })))
    peer.close()
    return code
  }

  let over = false
  const all = Promise.all(Array.from({ length: 1_000 }, guess)).finally(() => {
    over = true
  })
  let answered = 0
  while (!over) {
    await device.call('setting.put', {})
    answered++
  }
  const codes = new Set(await all)
  expect(answered).toBeGreaterThan(10)
  expect([...codes].sort()).toEqual(['RATE_LIMITED', 'WRONG_LOGIN'])
  device.close()
}, 120_000)
