/** The command line as a process: how it starts a daemon, how it ends, and what its exit codes are. */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { lives } from '../../src/cli/client/lives.ts'
import { finished } from '../../src/cli/demo/world.ts'
import { eventually } from '../support/wait-for.ts'
import { world } from '../support/world.ts'

it('five verbs at once start one daemon, and all of them are answered by it', async () => {
  const { home, im } = await world()
  const ran = await Promise.all(Array.from({ length: 5 }, () => im('ana', ['daemon', 'start', '--json'])))
  expect(ran.map(({ code, stderr }) => [code, stderr])).toEqual(ran.map(() => [0, '']))
  expect(new Set(ran.map(({ json }) => json[0]?.pid)).size).toBe(1)
  await expect.poll(() => daemonsOf(home)).toHaveLength(process.platform === 'linux' ? 1 : 0)
})

/** The processes that run a daemon of this home: none may be left that lost the race. */
function daemonsOf(home: string): string[] {
  const pids = process.platform === 'linux' ? readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name)) : []
  return pids.filter((pid) => {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
      const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
      return words.includes('daemon') && words.includes('--foreground') && environment.includes(`IM_HOME=${home}`)
    } catch {
      return false // it has ended meanwhile, or is somebody else's
    }
  })
}

it('a daemon that was killed is replaced by the next verb', async () => {
  const { home, im } = await world()
  const first = await im('ana', ['daemon', 'start', '--json'])
  const pid = first.json[0]?.pid as number
  process.kill(pid, 'SIGKILL')
  const about = JSON.parse(readFileSync(join(home, 'ana', 'data', 'daemon.json'), 'utf8')) as { pid: number }
  expect(about.pid).toBe(pid)
  const second = await im('ana', ['daemon', 'start', '--json'])
  expect(second).toMatchObject({ code: 0, stderr: '' })
  expect(second.json[0]?.pid).not.toBe(pid)
})

it('whoever reaches a daemon finds written down which one it is, not the one that was killed before it', async () => {
  const { home, im } = await world()
  const started = (await im('ana', ['daemon', 'start', '--json'])).json[0] as { pid: number; socket: string }
  process.kill(started.pid, 'SIGKILL')
  while (await listensAt(started.socket));
  const starting = im('ana', ['daemon', 'start', '--json'])
  while (!(await listensAt(started.socket)));
  const about = JSON.parse(readFileSync(join(home, 'ana', 'data', 'daemon.json'), 'utf8')) as { pid: number }
  expect(about.pid).toBe((await starting).json[0]?.pid)
})

function listensAt(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => resolve(true))
    socket.once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

it('one of an older build of the same version is replaced by the next verb, and by no question about it', async () => {
  const { home, im } = await world()
  const start = async (env = {}) => (await im('ana', ['daemon', 'start', '--json'], { env })).json[0]?.pid
  const first = await start()
  const file = join(home, 'ana', 'data', 'daemon.json')
  const { build, ...about } = JSON.parse(readFileSync(file, 'utf8')) as { build: number }
  expect(build).toBeGreaterThan(0)
  const pretend = (build: object) => writeFileSync(file, JSON.stringify({ ...about, ...build }))
  pretend({ build: build + 1 })
  expect(await start()).toBe(first)
  pretend({ build: build - 1 })
  const status = await im('ana', ['daemon', 'status', '--json'])
  expect(status.json).toMatchObject([{ pid: first, warnings: [{ code: 'OLDER_BUILD' }] }])
  expect(await start({ IM_NO_AUTOSTART: '1' })).toBe(first)
  const second = await start()
  expect(second).not.toBe(first)
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ build, pid: second })
  // From before builds were noted.
  pretend({ pid: second })
  expect(await start()).not.toBe(second)
})

it('one of an older build stays where its service would start that one again', async () => {
  const { home, im } = await world()
  const env = { HOME: home, XDG_CONFIG_HOME: join(home, 'config') }
  const start = async () => (await im('ana', ['daemon', 'start', '--json'], { env })).json[0]?.pid
  const first = await start()
  const file = join(home, 'ana', 'data', 'daemon.json')
  const about = JSON.parse(readFileSync(file, 'utf8')) as { build: number }
  writeFileSync(file, JSON.stringify({ ...about, build: about.build - 1 }))
  const unit = (await im('ana', ['daemon', 'install', '--print', '--json'], { env })).json[0]
  const { path, text } = unit as { path: string; text: string }
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text.replace('/bin/im.js', '/another/im.js'))
  expect(await start()).toBe(first)
  const status = await im('ana', ['daemon', 'status', '--json'], { env })
  expect(status.json).toMatchObject([{ pid: first, warnings: [{ code: 'OLDER_BUILD' }, { code: 'SERVICE_DRIFT' }] }])
  writeFileSync(path, text)
  expect(await start()).not.toBe(first)
})

it('the verb that starts a daemon shows what came while none ran', async () => {
  const { im, register, befriend } = await world()
  const [ana, bo] = await Promise.all([register('ana'), register('bo')])
  await befriend({ profile: 'ana', uin: ana }, { profile: 'bo', uin: bo })
  await im('ana', ['daemon', 'stop'])
  expect((await im('bo', ['send', ana, 'while you were away'])).code).toBe(0)
  expect((await im('ana', ['--json'])).json[0]).toMatchObject({ unread: 1, stale: false })
})

it('the daemon a verb started has its own session and none of its files', async () => {
  const { im } = await world()
  const { json } = await im('ana', ['daemon', 'start', '--json'])
  const pid = String(json[0]?.pid)
  if (process.platform !== 'linux') return
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  expect(fields[3]).toBe(pid)
})

it('it answers nobody before it has read the keys, however slow the disk is', async () => {
  const { home, im, register } = await world()
  await register('ana')
  await im('ana', ['remind', 'sealed', '--at', 'tomorrow 9am'])
  await im('ana', ['daemon', 'stop'])
  const slow = join(home, 'slow.cjs')
  writeFileSync(slow, SLOW_SECRETS)
  // The verb starts the daemon, and its environment goes along.
  const { json } = await im('ana', ['backup', 'list', '--json'], { env: { NODE_OPTIONS: `--require ${slow}` } })
  expect(json).toMatchObject([{ text: 'sealed', unreadable: false }])
})

/** Loaded before the program: the file with the secret of the device takes a second to open. */
const SLOW_SECRETS = `
  const { promises } = require('node:fs')
  const { open } = promises
  promises.open = async (path, ...rest) => {
    if (/token/.test(require('node:path').basename(String(path)))) await new Promise((resolve) => setTimeout(resolve, 1_000))
    return open(path, ...rest)
  }
  require('node:module').syncBuiltinESMExports()
`

it('stop and restart end it; status then says that none runs: 9', async () => {
  const { im } = await world()
  const started = await im('ana', ['daemon', 'start', '--json'])
  const again = await im('ana', ['daemon', 'restart', '--json'])
  expect(again.json[0]?.pid).not.toBe(started.json[0]?.pid)
  expect(await im('ana', ['daemon', 'stop'])).toMatchObject({ code: 0 })
  expect(await im('ana', ['daemon', 'status'])).toMatchObject({ code: 9, stderr: expect.stringContaining('no daemon') })
  expect(await im('ana', ['daemon', 'logs'])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('daemon stopped'),
  })
})

it('one that is stuck is ended by restart and by stop, which say so', async () => {
  if (process.platform !== 'linux') return
  const { im, register } = await world()
  await register('ana')
  await im('ana', ['remind', 'kept', '--at', 'tomorrow 9am'])
  const pidOf = async () => (await im('ana', ['daemon', 'status', '--json'])).json[0]?.pid as number
  const first = await pidOf()
  process.kill(first, 'SIGSTOP')
  expect(await im('ana', ['daemon', 'restart', '--timeout', '4s'])).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(new RegExp(`does not answer.*${first}`)),
  })
  expect(lives(first)).toBe(false)
  expect((await im('ana', ['backup', 'list'])).stdout).toContain('kept')
  const second = await pidOf()
  process.kill(second, 'SIGSTOP')
  expect(await im('ana', ['daemon', 'stop', '--timeout', '1s'])).toMatchObject({
    code: 0,
    stdout: 'the daemon has stopped\n',
    stderr: expect.stringContaining('does not answer'),
  })
  expect(lives(second)).toBe(false)
}, 30_000)

it('watch and wait outlive a restart of the daemon: what came meanwhile is told, and once', async () => {
  const { befriend, im, register, start } = await world()
  const [ana, bo] = [await register('ana'), await register('bo')]
  await befriend({ profile: 'ana', uin: ana }, { profile: 'bo', uin: bo })
  const watching = start('ana', ['watch', '--type', 'message', '--count', '3', '--json'])
  const waiting = start('ana', ['wait', bo, '--message', '--debug'])
  const seen = { watch: '', wait: '' }
  watching.stdout?.on('data', (chunk: string) => (seen.watch += chunk))
  waiting.stderr?.on('data', (chunk: string) => (seen.wait += chunk))
  const ended = [finished(watching), finished(waiting)] as const
  await eventually(() => expect(seen.wait).toContain('daemon.status is answered'))
  await im('ana', ['send', bo, 'one'])
  await eventually(() => expect(seen.watch).toContain('one'))
  await im('ana', ['daemon', 'stop'])
  await im('bo', ['send', ana, 'two'])
  await im('ana', ['daemon', 'start'])
  await im('bo', ['send', ana, 'three'])
  const [watched, waited] = await Promise.all(ended)
  const texts = watched.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).message.text)
  expect(texts).toEqual(['one', 'two', 'three'])
  expect(waited).toMatchObject({ code: 0, stdout: 'two\n', stderr: expect.stringContaining('the daemon is back') })
}, 30_000)

it('SIGINT ends a wait with 130', async () => {
  const { register, start } = await world()
  await register('ana')
  const child = start('ana', ['watch', '--debug'])
  const result = finished(child)
  child.stderr?.on('data', (chunk: string) => {
    if (chunk.includes('watch.start is answered')) child.kill('SIGINT')
  })
  expect(await result).toMatchObject({ code: 130, stderr: expect.stringContaining('INTERRUPTED') })
})

it('a reader that has gone ends it quietly with 0', async () => {
  const { start } = await world()
  const child = start('ana', ['help'])
  child.stdout?.destroy()
  expect(await finished(child)).toMatchObject({ code: 0, stderr: '' })
})

it('a wrong password is exit 4 and stores nothing; nobody logged in is exit 4', async () => {
  const { im, register } = await world()
  const uin = await register('ana')
  const wrong = await im('other', ['login', uin, '--password-stdin', '--token-store', 'file'], { input: 'guess' })
  expect(wrong).toMatchObject({ code: 4, stderr: expect.stringContaining('WRONG_LOGIN') })
  expect(await im('other', ['whoami'])).toMatchObject({ code: 4, stderr: expect.stringContaining('NOT_LOGGED_IN') })
})

it('the relay away: register is exit 3', async () => {
  const { im, stopRelay } = await world()
  await stopRelay()
  const ran = await im('ana', ['register', '--password-stdin', '--token-store', 'file', '--json'], { input: 'x' })
  expect(ran.code).toBe(3)
  expect(JSON.parse(ran.stderr)).toMatchObject({ error: { code: 'RELAY_UNREACHABLE' } })
})

it('the relay says how it is, and stops when it is told to', async () => {
  const { home, im, relayUrl } = await world()
  const data = ['--data', join(home, 'relay')]
  const status = await im('ana', ['relay', 'status', ...data, '--json'])
  expect(status.json[0]).toMatchObject({ v: 1, running: true, url: relayUrl })
  expect(await im('ana', ['relay', 'stop', ...data])).toMatchObject({ code: 0, stdout: 'the relay has stopped\n' })
  expect(await im('ana', ['relay', 'status', ...data])).toMatchObject({ code: 3 })
})
