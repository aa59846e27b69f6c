/** `im doctor`: each fault is planted on a healthy machine, found, and where that is safe mended. */
import { once } from 'node:events'
import { chmod, mkdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { WebSocketServer } from 'ws'
import { nodeClock } from '../../src/host/node-host.ts'
import { DEFAULT_LIMITS } from '../../src/protocol/limits.ts'
import { SELF } from '../support/cli.ts'
import { startRelay } from '../support/relay-process.ts'
import { tempDir } from '../support/temp-dir.ts'
import { world } from '../support/world.ts'

async function machine() {
  const w = await world()
  const bin = join(w.home, 'bin')
  await mkdir(bin)
  await symlink(SELF[1], join(bin, 'im'))
  await writeFile(join(w.home, '.bashrc'), 'eval "$(im completion bash)"\n')
  const env = {
    HOME: w.home,
    PATH: `${bin}:${process.env.PATH}`,
    LANG: 'C.UTF-8',
    LC_ALL: '',
    LC_CTYPE: '',
    SHELL: '/bin/bash',
    TZ: 'Europe/Berlin',
    XDG_CONFIG_HOME: join(w.home, '.config'),
    XDG_RUNTIME_DIR: '',
    DBUS_SESSION_BUS_ADDRESS: '',
    IM_RELAY: '',
  }
  /** The checks that failed, with their commands, and the exit code. */
  const doctor = async (args: readonly string[] = [], more: Record<string, string> = {}, profile = 'ana') => {
    const ran = await w.im(profile, ['doctor', '--json', ...args], { env: { ...env, ...more } })
    const rows = ran.json as readonly { check: string; ok: boolean; detail: string; fix: string | null }[]
    return { code: ran.code, rows, wrong: rows.filter(({ ok }) => !ok) }
  }
  return { w, bin, env, doctor }
}

const WELL = { code: 0, wrong: [] }

it('each planted fault is found with the command that mends it', { timeout: 120_000 }, async () => {
  const { w, bin, env, doctor } = await machine()
  // Nothing there yet: no account, no daemon, and no relay named. All is well, and nothing was made.
  expect(await doctor([], {}, 'new')).toMatchObject(WELL)
  await expect(stat(join(w.home, 'new'))).rejects.toThrow('ENOENT')

  await w.register('ana')
  expect(await doctor()).toMatchObject(WELL)
  const home = join(w.home, 'ana')
  const found = async (check: string, fix: string | RegExp, more: Record<string, string> = {}) => {
    const fits = typeof fix === 'string' ? fix : expect.stringMatching(fix)
    expect(await doctor([], more)).toMatchObject({ code: 1, wrong: [{ check, fix: fits, detail: expect.any(String) }] })
  }

  await found('locale', 'export LANG=C.UTF-8', { LANG: 'C' })
  await found('zones', /export TZ=/, { TZ: 'Mars/Olympus' })
  await found('path', /npm install -g/, { PATH: '/usr/bin:/bin' })
  await writeFile(join(w.home, 'im'), '#!/bin/sh\n', { mode: 0o755 })
  await found('path', /^export PATH=/, { PATH: `${w.home}:${env.PATH}` })
  await found('notifications', /apt install/, { DBUS_SESSION_BUS_ADDRESS: `unix:path=${w.home}/none` })
  await found('completion', 'im completion install', { SHELL: '/usr/bin/zsh' })
  await found('completion', 'im completion install', { SHELL: '/usr/bin/fish' })
  expect(await doctor(['--fix'], { SHELL: '/usr/bin/fish' })).toMatchObject(WELL)
  const script = join(w.home, '.config/fish/completions/im.fish')
  await writeFile(script, `${await readFile(script, 'utf8')}# older\n`)
  await found('completion', 'im completion install', { SHELL: '/usr/bin/fish' })

  await chmod(join(home, 'data'), 0o755)
  await found('directories', `chmod 700 ${join(home, 'data')}`)
  expect(await doctor(['--fix'])).toMatchObject(WELL)
  expect((await stat(join(home, 'data'))).mode & 0o777).toBe(0o700)

  const config = join(home, 'config/config.toml')
  await mkdir(join(config, '..'), { recursive: true, mode: 0o700 })
  for (const [text, detail] of [
    ['[notify]\nfriends = \n', 'config.toml:2:'],
    ['[notify]\nfreinds = true\n', 'notify.freinds'],
  ] as const) {
    await writeFile(config, text, { mode: 0o600 })
    await found('config', `"\${EDITOR:-vi}" ${config}`)
    expect((await doctor()).wrong[0]?.detail).toContain(detail)
  }
  await rm(config)

  const token = join(home, 'data/token.json')
  await chmod(token, 0o644)
  await found('socket', `chmod 600 ${token}`)
  expect(await doctor(['--fix'])).toMatchObject(WELL)
  await rename(token, `${token}.away`)
  await found('token', /^im logout -y && im login \d{10}$/)
  await rename(`${token}.away`, token)

  const about = join(home, 'data/daemon.json')
  const written = await readFile(about, 'utf8')
  const { pid } = JSON.parse(written) as { pid: number }
  await writeFile(about, written.replace(/"version":"[^"]*"/, '"version":"0.0.1"'))
  await found('daemon', 'im daemon restart')
  expect((await doctor()).wrong[0]?.detail).toContain('it is im 0.0.1')
  expect(() => process.kill(pid, 0)).not.toThrow()
  expect(await doctor(['--fix'])).toMatchObject(WELL)

  const { build, ...rest } = JSON.parse(await readFile(about, 'utf8')) as { build: number }
  await writeFile(about, JSON.stringify({ ...rest, build: build - 1 }))
  await found('daemon', 'im daemon restart')
  expect((await doctor()).wrong[0]?.detail).toContain('older build')
  expect(await doctor(['--fix'])).toMatchObject(WELL)

  const unit = JSON.parse((await w.im('ana', ['daemon', 'install', '--print', '--json'], { env })).stdout)
  await mkdir(join(unit.path, '..'), { recursive: true })
  await writeFile(unit.path, unit.text)
  await writeFile(join(bin, 'loginctl'), '#!/bin/sh\necho no\n', { mode: 0o755 })
  await found('lingering', /^loginctl enable-linger /)
  await writeFile(join(bin, 'loginctl'), '#!/bin/sh\necho yes\n', { mode: 0o755 })
  expect(await doctor()).toMatchObject(WELL)
  await writeFile(unit.path, unit.text.replace('RestartSec=5', 'RestartSec=6'))
  await found('service', 'im daemon install')
  await rm(unit.path)

  await w.stopRelay()
  await found('relay', /is the relay at ws:\/\/127\.0\.0\.1:\d+ running\?/)
  await w.startRelay()

  await w.im('ana', ['daemon', 'stop'])
  const stopped = await doctor()
  expect(stopped).toMatchObject({ code: 1, wrong: [{ check: 'daemon', fix: 'im daemon start' }] })
  expect((await doctor(['--fix'])).wrong.map(({ check }) => check)).not.toContain('daemon')
})

it('another key than the pinned one, and a clock that is off, are found without an account', {
  timeout: 60_000,
}, async () => {
  const { doctor } = await machine()
  const relay = await startRelay(await tempDir(), ['--self-signed'])
  onTestFinished(() => relay.kill())
  const address = (pin: string | null) => `${relay.url}#pin=${pin}`
  expect(await doctor([], { IM_RELAY: address(relay.pin) })).toMatchObject(WELL)
  const other = `A${relay.pin?.slice(1)}`
  expect(
    (await doctor([], { IM_RELAY: address(other === relay.pin ? `B${other.slice(1)}` : other) })).wrong,
  ).toMatchObject([
    { check: 'relay', detail: expect.stringContaining('RELAY_CERT'), fix: expect.stringContaining('im login') },
  ])

  const late = new WebSocketServer({ port: 0, host: '127.0.0.1', path: '/v1' })
  onTestFinished(() => void late.close())
  late.on('connection', (ws) =>
    ws.on('message', (data) => {
      const { id } = JSON.parse(String(data)) as { id: unknown }
      const hello = {
        protocol: 1,
        relay: 'r',
        version: '9.9.9',
        limits: DEFAULT_LIMITS,
        now: nodeClock.now() + 600_000,
      }
      ws.send(JSON.stringify({ jsonrpc: '2.0', id, result: hello }))
    }),
  )
  await once(late, 'listening')
  const { port } = late.address() as { port: number }
  expect((await doctor([], { IM_RELAY: `ws://127.0.0.1:${port}` })).wrong).toMatchObject([
    {
      check: 'relay',
      detail: expect.stringMatching(/this clock is 10 min.* behind/),
      fix: expect.stringContaining('timedatectl'),
    },
  ])
})
