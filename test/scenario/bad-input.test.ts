/** What goes wrong, with real processes: each a clear error with its code and the next command, and nothing is lost. */

import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { appendFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { createWorld } from '../../src/cli/demo/world.ts'
import { randomUin } from '../../src/domain/uin.ts'
import { nodeClock, nodeTimers } from '../../src/host/node-host.ts'
import { profilePaths } from '../../src/host/paths.ts'
import { ERRORS, type ErrorCode, ImError, toErrorData } from '../../src/protocol/errors.ts'
import { createPeer } from '../../src/rpc/json-rpc-peer.ts'
import { serveWebSocket } from '../../src/rpc/websocket-server.ts'
import { putRow } from '../../src/store/codec.ts'
import { FORMAT_KEY } from '../../src/store/layout.ts'
import { openLevelEngine } from '../../src/store/level-engine.ts'
import { SELF } from '../support/cli.ts'
import { type Ran, type World, world } from '../support/world.ts'

/** The error as a script reads it, with the exit code its table says. */
async function refused(world: World, args: readonly string[], code: ErrorCode, profile = 'ana'): Promise<Ran> {
  const ran = await world.im(profile, [...args, '--json'])
  const { error } = JSON.parse(ran.stderr || '{}') as { error?: { code: string; hint: string | null } }
  expect({ args, code: error?.code, exit: ran.code, stdout: ran.stdout }).toEqual({
    args,
    code,
    exit: ERRORS[code].exit,
    stdout: '',
  })
  return ran
}

/** The code, and a next command or what to change, in the words a person reads. */
async function advised(world: World, args: readonly string[], code: ErrorCode, profile = 'ana'): Promise<void> {
  const { stderr } = await world.im(profile, args)
  expect(stderr).toMatch(new RegExp(`^im: .+ \\[${code}\\]\n {4}\\S`))
}

/** Its daemon has found the relay again. */
async function connected(w: World): Promise<void> {
  const isConnected = async () => (await w.im('ana', ['daemon', 'status', '--json'])).json[0]?.connected
  await expect.poll(isConnected).toBe(true)
}

async function friends(): Promise<{ w: World; ana: string; bo: string }> {
  const w = await world()
  const [ana, bo] = await Promise.all([w.register('ana'), w.register('bo')])
  await w.befriend({ profile: 'ana', uin: ana }, { profile: 'bo', uin: bo })
  return { w, ana, bo }
}

describe('a command line that cannot be meant', () => {
  it('is refused with its own code and a way on, and changes nothing', async () => {
    const { w, ana } = await friends()
    expect(await w.im('ana', ['backup', 'add', 'bo', 'keep me', '--when-online'])).toMatchObject({ code: 0 })
    const wrongDigit = `${ana.slice(0, 9)}${(Number(ana[9]) + 1) % 10}`
    const stranger = randomUin((length) => randomBytes(length))
    const table: readonly (readonly [ErrorCode, ...string[]])[] = [
      ['BAD_TIME', 'backup', 'add', 'bo', 'x', '--at', 'someday'],
      ['BAD_TIME', 'backup', 'add', 'bo', 'x', '--at', '12/24 9am'],
      ['PAST_TIME', 'backup', 'add', 'bo', 'x', '--at', '2020-01-01 09:00'],
      ['BAD_DURATION', 'backup', 'add', 'bo', 'x', '--in', '5'],
      ['BAD_ZONE', 'backup', 'add', 'bo', 'x', '--at', 'tomorrow 9am', '--tz', 'Mars/Olympus'],
      ['USAGE', 'backup', 'add', 'bo', 'x', '--att', '9am'],
      ['USAGE', 'backup', 'add', 'bo', 'x', '--at', 'tomorrow 9am', '--at', 'tomorrow 10am'],
      ['USAGE', 'send', 'bo', '-hello there'],
      ['USAGE', 'send', 'bo', 'two', 'words'],
      ['USAGE', 'backup', 'add', 'bo', 'x', '--at', '--send'],
      ['EMPTY_TEXT', 'send', 'bo', ''],
      ['BAD_FILE', 'send', 'bo', '-F', join(w.home, 'no such file')],
      ['NO_SUCH_FRIEND', 'send', 'nobody', 'x'],
      ['BAD_UIN', 'send', wrongDigit, 'x'],
      ['NOT_FRIENDS', 'send', stranger, 'x'],
      ['NO_SUCH_BACKUP', 'backup', 'show', 'zzzz'],
      ['NO_SUCH_MESSAGE', 'wait', 'bo'],
      ['USAGE', 'send', '', 'x'],
      ['USAGE', 'backup', 'add', 'bo', 'x', '--in', '1h', '--key', ''],
      ['NO_SUCH_DEVICE', 'account', 'revoke', 'nothing'],
      ['TOO_LONG', 'send', 'bo', 'x'.repeat(20_000)],
      ['INPUT_NEEDED', 'backup', 'add', 'bo'],
    ]
    for (const [code, ...args] of table) await refused(w, args, code)
    for (const [code, ...args] of table) await advised(w, args, code)
    expect((await w.im('ana', ['wait', 'bo'])).stderr).toContain('im wait bo --online, --message or --read')
    const unset = await w.im('ana', ['backup', 'cancel', ''])
    expect(unset.stderr).toBe('im: "id" is empty [USAGE]\n    in a script: is its variable set?\n')
    const list = await w.im('ana', ['backup', 'list', '--json'])
    expect(list.json.map((backup) => backup.text)).toEqual(['keep me'])
  }, 120_000)

  it('two friends of one name are ambiguous, and the error names both', async () => {
    const { w, ana, bo } = await friends()
    const args = ['register', '--nick', 'bo', '--token-store', 'file', '--password-stdin']
    const other = (await w.im('bo2', args, { input: 'a password' })).stdout.trim()
    await w.befriend({ profile: 'ana', uin: ana }, { profile: 'bo2', uin: other })
    const { stderr } = await refused(w, ['send', 'bo', 'x'], 'AMBIGUOUS')
    expect(stderr).toContain(bo)
    expect(stderr).toContain(other)
    expect(await w.im('ana', ['friend', 'alias', other, 'bobby'])).toMatchObject({ code: 0 })
    expect(await w.im('ana', ['send', 'bobby', 'x'])).toMatchObject({ code: 0 })
  })

  it('blocked by me is said; blocked by them looks like removal', async () => {
    const { w } = await friends()
    expect(await w.im('ana', ['friend', 'block', 'bo'])).toMatchObject({ code: 0 })
    await refused(w, ['send', 'bo', 'x'], 'BLOCKED_BY_ME')
    await advised(w, ['send', 'bo', 'x'], 'BLOCKED_BY_ME')
    await expect.poll(async () => (await w.im('bo', ['send', 'ana', 'x', '--json'])).stderr).toContain('NO_SUCH_FRIEND')
  })
})

describe('a relay that cannot be used', () => {
  let http: Server | null = null
  afterEach(() => {
    http?.closeAllConnections()
    http?.close()
    http = null
  })

  it('speaks another protocol: said, with what to update', async () => {
    http = createServer()
    serveWebSocket({
      server: http,
      path: '/v1',
      maxFrameBytes: 100_000,
      allowOrigin: () => true,
      pingIntervalMs: 30_000,
      timers: nodeTimers,
      clock: nodeClock,
      onChannel: (channel) => {
        createPeer(channel, {
          handle: () => {
            throw new ImError('RELAY_PROTOCOL', 'This relay speaks protocol 9.', { hint: 'update im' })
          },
          errorPayload: toErrorData,
          reviveError: (payload) => new Error(payload.message),
          timers: nodeTimers,
        })
      },
    })
    await new Promise<void>((resolve) => http?.listen(0, '127.0.0.1', resolve))
    const url = `ws://127.0.0.1:${(http.address() as AddressInfo).port}`
    const w = await world()
    const ran = await w.im('ana', ['register', '--relay', url, '--password-stdin', '--token-store', 'file'], {
      input: 'x',
    })
    expect(ran).toMatchObject({ code: 3, stdout: '' })
    expect(ran.stderr).toMatch(/protocol 9.*\[RELAY_PROTOCOL\]\n {4}update im/)
  })

  it('has too little disk: changes are refused, reading goes on, and nothing is lost', async () => {
    const { w } = await friends()
    expect(await w.im('ana', ['backup', 'add', 'bo', 'keep me', '--when-online'])).toMatchObject({ code: 0 })
    await w.stopRelay()
    const config = join(w.home, 'relay.toml')
    const before = await readFile(config, 'utf8')
    await writeFile(config, `reserveBytes = ${Number.MAX_SAFE_INTEGER}\n${before}`)
    await w.startRelay()
    await connected(w)
    const kept = await w.im('ana', ['backup', 'add', 'bo', 'no room yet', '--when-online', '--json'])
    expect(kept).toMatchObject({ code: 0, json: [{ stored: 'here', pending: 'add' }] })
    await refused(w, ['friend', 'remove', 'bo'], 'DISK_FULL')
    const list = await w.im('ana', ['backup', 'list', '--json'])
    expect(list.json.map((backup) => backup.text)).toContain('keep me')
    await w.stopRelay()
    await writeFile(config, before)
    await w.startRelay()
    await connected(w)
    await expect
      .poll(async () => (await w.im('ana', ['backup', 'list', '--json'])).json.map((backup) => backup.stored))
      .toEqual(['relay', 'relay'])
  }, 120_000)

  it('is written by another version, or is not there: exit 3, and the store is left as it was', async () => {
    const w = await world()
    await w.register('ana')
    await w.stopRelay()
    const store = await openLevelEngine(join(w.home, 'relay', 'store'))
    const format = (await store.get(FORMAT_KEY)) ?? ''
    await store.write([putRow(FORMAT_KEY, JSON.stringify({ format: 99, kind: 'relay' }))])
    await store.close()
    const args = ['relay', 'start', '--data', join(w.home, 'relay'), '--listen', '127.0.0.1:0']
    const ran = await w.im('ana', args)
    expect(ran).toMatchObject({ code: 3, stdout: '', stderr: expect.stringMatching(/99.*\[STORE_FORMAT\]\n {4}\S/) })
    const again = await openLevelEngine(join(w.home, 'relay', 'store'))
    await again.write([{ type: 'put', key: FORMAT_KEY, value: format }])
    await again.close()
    await w.startRelay()
    expect(await w.im('ana', ['remind', 'still there', '--in', '1h'])).toMatchObject({ code: 0 })
  })
})

describe('a profile that cannot be used', () => {
  it('a half-written config names its line, and stays as it is', async () => {
    const w = await world()
    await w.register('ana')
    const file = profilePaths({ env: { IM_HOME: w.home }, platform: process.platform, profile: 'ana' }).configFile
    await mkdir(join(file, '..'), { recursive: true, mode: 0o700 })
    const half = 'relay = "ws://127.0.0.1:1"\n[notify]\nfriends = '
    await writeFile(file, half, { mode: 0o600 })
    await w.im('ana', ['daemon', 'stop'])
    const ran = await w.im('ana', ['config', 'list'])
    expect(ran).toMatchObject({ code: 2, stderr: expect.stringMatching(/config\.toml:3:.*\[BAD_FILE\]\n {4}\S/) })
    // A verb that would start the daemon says the same, in one line and at once.
    const verb = await w.im('ana', ['backup', 'list'])
    expect(verb).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^im: .*config\.toml:3:.*\[BAD_FILE\]\n {4}\S.*\n$/),
    })
    expect(await readFile(file, 'utf8')).toBe(half)
    await writeFile(file, '', { mode: 0o600 })
    expect(await w.im('ana', ['whoami'])).toMatchObject({ code: 0 })
  })

  it('a store of another format is refused with its code, and a mended one opens with everything', async () => {
    const w = await world()
    await w.register('ana')
    expect(await w.im('ana', ['remind', 'keep me', '--in', '1h'])).toMatchObject({ code: 0 })
    await w.im('ana', ['daemon', 'stop'])
    const { store } = profilePaths({ env: { IM_HOME: w.home }, platform: process.platform, profile: 'ana' })
    const engine = await openLevelEngine(store)
    const format = (await engine.get(FORMAT_KEY)) ?? ''
    await engine.write([putRow(FORMAT_KEY, JSON.stringify({ format: 99, kind: 'daemon' }))])
    await engine.close()
    const ran = await w.im('ana', ['backup', 'list'])
    expect(ran.code).toBeGreaterThan(2)
    expect(ran.stderr).toMatch(/STORE_FORMAT/)
    const again = await openLevelEngine(store)
    await again.write([{ type: 'put', key: FORMAT_KEY, value: format }])
    await again.close()
    expect((await w.im('ana', ['backup', 'list', '--json'])).json.map((backup) => backup.text)).toEqual(['keep me'])
  })

  it('works below a home path of 200 characters', async () => {
    const parent = join(tmpdir(), `im-${'long-'.repeat(38)}`)
    await mkdir(parent, { recursive: true })
    const w = await createWorld({ self: SELF, timers: nodeTimers, env: process.env, autostart: true, parent })
    try {
      const made = await w.im('ana', ['register', '--token-store', 'file', '--password-stdin'], { input: 'long' })
      expect(made).toMatchObject({ code: 0 })
      expect(await w.im('ana', ['remind', 'far away', '--in', '1h'])).toMatchObject({ code: 0 })
    } finally {
      await w[Symbol.asyncDispose]()
      await rm(parent, { recursive: true, force: true })
    }
  })

  it('a data directory where the machine takes none is refused at once', () => {
    const [node, im] = SELF
    const words = [im, 'relay', 'start', '--data', '/proc/im/relay']
    const ran = spawnSync(node, words, { timeout: 20_000, encoding: 'utf8' })
    expect(ran).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('No directory can be made in /proc [USAGE]'),
    })
  })

  it('a log with noise in it does not matter', async () => {
    const w = await world()
    await w.register('ana')
    const { logFile } = profilePaths({ env: { IM_HOME: w.home }, platform: process.platform, profile: 'ana' })
    await appendFile(logFile, '\u001b[31mnoise\u0000\n')
    expect(await w.im('ana', ['daemon', 'logs'])).toMatchObject({
      code: 0,
      stdout: expect.not.stringContaining('\u001b'),
    })
  })
})
