import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, describe, expect, it, onTestFinished } from 'vitest'
import { openDaemon } from '../../../../src/cli/client/client.ts'
import { lives } from '../../../../src/cli/client/lives.ts'
import type { Io } from '../../../../src/cli/io.ts'
import { compareVersions } from '../../../../src/domain/compare-versions.ts'
import { fakeTime } from '../../../../src/host/fake-host.ts'
import type { Timers } from '../../../../src/host/host.ts'
import { nodeClock, nodeTimers } from '../../../../src/host/node-host.ts'
import { ERRORS, type ErrorCode, ImError } from '../../../../src/protocol/errors.ts'
import { IM_VERSION } from '../../../../src/protocol/version.ts'
import type { MessageView } from '../../../../src/protocol/views.ts'
import { cliHome } from '../../../support/cli.ts'
import { type FakeDaemon, fakeDaemon } from '../../../support/fake-daemon.ts'
import { accountView, backupView, daemonView, messageView } from '../../../support/views.ts'

const home = cliHome()
let daemon: FakeDaemon | null = null
afterEach(async () => {
  await daemon?.close()
  daemon = null
})
afterAll(() => home[Symbol.dispose]())

/** A program that ends at once when it is started first, and then answers one caller. */
const SECOND_TIME_LUCKY = `
  import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
  import { createServer } from 'node:net'
  const { ANSWER, SOCKET, STARTS } = process.env
  appendFileSync(STARTS, 'x')
  if (readFileSync(STARTS, 'utf8') === 'x') process.exit(5)
  writeFileSync(STARTS + '.pid', String(process.pid))
  rmSync(SOCKET, { force: true })
  createServer((socket) => {
    socket.on('close', () => process.exit(0))
    socket.on('data', (chunk) => {
      for (const line of chunk.toString().split('\\n').filter((text) => text.startsWith('{'))) {
        socket.write(JSON.stringify({ jsonrpc: '2.0', id: JSON.parse(line).id, result: { ...JSON.parse(ANSWER), pid: process.pid } }) + '\\n')
      }
    })
  }).listen(SOCKET)
`

async function answering(answers: Parameters<typeof fakeDaemon>[1], version?: string): Promise<FakeDaemon> {
  daemon = await fakeDaemon(home.paths, answers, version)
  return daemon
}

describe('an error of the daemon', () => {
  const codes = Object.keys(ERRORS) as ErrorCode[]

  it.each(codes)('%s has the exit code of the table, its sentence and its hint', async (code) => {
    await answering({
      'account.whoami': () => {
        throw new ImError(code, 'It is so.', { hint: 'do this', retryAfterMs: 1_500 })
      },
    })
    const person = await home.im(['whoami'])
    const script = await home.im(['whoami', '--json'])
    expect(person).toMatchObject({ code: ERRORS[code].exit, stdout: '' })
    expect(person.stderr).toBe(`im: It is so [${code}]\n    do this\n    again in 2 s\n`)
    expect(JSON.parse(script.stderr)).toEqual({
      v: 1,
      error: { code, message: 'It is so.', hint: 'do this', retryAfterMs: 1_500 },
    })
  })
})

describe('the hello', () => {
  it('comes first, and says version, zone, person and desktop', async () => {
    const { calls } = await answering({ 'account.whoami': accountView() })
    await home.im(['whoami'], { env: { TZ: 'Asia/Tokyo', DISPLAY: ':1', TERM: 'xterm', HOME: '/nowhere' } })
    expect(calls.map(({ method }) => method)).toEqual(['hello', 'account.whoami'])
    expect(calls[0]?.params).toEqual({
      version: IM_VERSION,
      zone: 'Asia/Tokyo',
      person: false,
      desktop: { DISPLAY: ':1', TERM: 'xterm' },
    })
  })

  it('is not waited for: the call is already there when it is answered', async () => {
    let answerHello = (): void => {}
    const seen = new Promise<void>((resolve) => {
      answerHello = resolve
    })
    await answering({
      hello: () => seen.then(() => ({ version: IM_VERSION, profile: 'default' })),
      'account.whoami': () => {
        answerHello()
        return accountView()
      },
    })
    expect(await home.im(['whoami'])).toMatchObject({ code: 0 })
  })
})

describe('a daemon of another version', () => {
  it('that is newer is left alone: DAEMON_NEWER', async () => {
    const { calls } = await answering({ 'account.whoami': accountView() }, '99.0.0')
    expect(await home.im(['whoami'])).toMatchObject({ code: 9, stderr: expect.stringContaining('DAEMON_NEWER') })
    expect(calls).toEqual([])
  })

  it('that is older is stopped, so that another can start', async () => {
    const older = await answering({ 'daemon.stop': () => void older.close() }, '0.0.1')
    const ran = await home.im(['whoami'])
    expect(older.calls.map(({ method }) => method)).toEqual(['hello', 'daemon.stop'])
    expect(ran).toMatchObject({ code: 9, stderr: expect.stringContaining('no daemon runs') })
  })

  it.each([
    ['0.1.0', '0.1.0', 0],
    ['0.2.0', '0.1.9', 1],
    ['0.1.0', '0.10.0', -1],
    ['2.0.0', '10.0.0', -1],
  ])('%s against %s', (a, b, sign) => {
    expect(Math.sign(compareVersions(a, b))).toBe(sign)
  })
})

describe('where no daemon answers', () => {
  it('a socket that a killed daemon left behind is none', async () => {
    mkdirSync(home.paths.runtime, { recursive: true, mode: 0o700 })
    const listen = `require('net').createServer().listen(process.argv[1], () => console.log('there'))`
    const killed = spawn(process.execPath, ['-e', listen, home.paths.socket], { stdio: ['ignore', 'pipe', 'inherit'] })
    await once(killed.stdout, 'data')
    killed.kill('SIGKILL')
    await once(killed, 'exit')
    expect(existsSync(home.paths.socket)).toBe(true)
    expect(await home.im(['whoami'])).toMatchObject({ code: 9, stderr: expect.stringContaining('no daemon runs') })
    expect(await home.im(['daemon', 'stop'])).toMatchObject({ code: 0 })
    await answering({ 'account.whoami': accountView() })
    expect(await home.im(['whoami'])).toMatchObject({ code: 0 })
  })

  it('one that cannot start is told with the end of its log', async () => {
    const program = join(home.home, 'broken.mjs')
    const { logFile } = home.paths
    mkdirSync(dirname(logFile), { recursive: true })
    writeFileSync(logFile, 'first\nthe disk is on fire\n')
    writeFileSync(program, 'process.exit(3)')
    const self = [process.execPath, program] as const
    const ran = await home.im(['whoami', '--timeout', '1s'], { env: { IM_NO_AUTOSTART: '' }, self })
    expect(ran).toMatchObject({ code: 9, stderr: expect.stringContaining('the disk is on fire') })
    expect(ran.stderr).toContain('[DAEMON_UNREACHABLE]')
  })

  it('one that met a daemon still closing its store is followed by another', async () => {
    const [program, starts] = [join(home.home, 'second.mjs'), join(home.home, 'starts')]
    mkdirSync(home.paths.runtime, { recursive: true, mode: 0o700 })
    writeFileSync(program, SECOND_TIME_LUCKY)
    const env = {
      IM_NO_AUTOSTART: '',
      STARTS: starts,
      SOCKET: home.paths.socket,
      ANSWER: JSON.stringify(accountView()),
    }
    const ran = await home.im(['whoami', '-q'], { env, self: [process.execPath, program] })
    expect(ran).toMatchObject({ code: 0, stdout: `${accountView().uin}\n` })
    expect(readFileSync(starts, 'utf8')).toBe('xx')
    const pid = Number(readFileSync(`${starts}.pid`, 'utf8'))
    await expect.poll(() => lives(pid)).toBe(false)
  })

  it('status prints that none runs, and is exit 9', async () => {
    const ran = await home.im(['daemon', 'status', '--json'])
    expect(ran.code).toBe(9)
    expect(ran.json[0]).toMatchObject({ v: 1, running: false, pid: null })
  })

  it('one that goes away before it answers is told', async () => {
    await answering({ 'account.whoami': (_: unknown, peer: { close: () => void }) => peer.close() })
    expect(await home.im(['whoami'])).toMatchObject({ code: 9, stderr: expect.stringContaining('went away') })
  })
})

describe('a daemon that does not answer', () => {
  const stuck = { 'daemon.status': () => new Promise(() => {}) }

  it('is not ended where its process is not to be found: what is written down may be somebody else by now', async () => {
    await answering(stuck)
    const bystander = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] })
    onTestFinished(() => void bystander.kill())
    const about = { v: 1, socket: home.paths.socket, pid: bystander.pid, version: IM_VERSION }
    writeFileSync(home.paths.daemonFile, JSON.stringify(about))
    const ran = await home.im(['daemon', 'stop', '--timeout', '1s'])
    expect(ran).toMatchObject({ code: 124, stderr: expect.stringContaining('its process is not to be found') })
    expect(lives(bystander.pid ?? 0)).toBe(true)
  })

  it('is named as the fault also when nobody else can queue up for it', async () => {
    if (process.platform !== 'linux') return
    mkdirSync(home.paths.runtime, { recursive: true, mode: 0o700 })
    const listen = `require('net').createServer().listen({ path: process.argv[1], backlog: 1 }, () => console.log('there'))`
    const full = spawn(process.execPath, ['-e', listen, home.paths.socket], { stdio: ['ignore', 'pipe', 'inherit'] })
    // The next test has the same home: its socket is free only once this process is no more.
    onTestFinished(async () => {
      full.kill('SIGKILL')
      if (full.signalCode === null) await once(full, 'exit')
    })
    await once(full.stdout, 'data')
    full.kill('SIGSTOP')
    const queued = Array.from({ length: 3 }, () => connect(home.paths.socket).on('error', () => {}))
    const ran = await home.im(['whoami', '--timeout', '5s'])
    expect(ran).toMatchObject({ code: 124, stderr: expect.stringContaining('the daemon runs, but does not answer') })
    expect(ran.stderr).toContain('im daemon restart')
    for (const socket of queued) socket.destroy()
  })

  it('of another version is stopped when that is asked for', async () => {
    const newer = await answering(
      { 'daemon.status': daemonView({ pid: null }), 'daemon.stop': () => void newer.close() },
      '99.0.0',
    )
    expect(await home.im(['daemon', 'stop'])).toMatchObject({ code: 0, stdout: 'the daemon has stopped\n' })
  })
})

describe('a home of 200 characters', () => {
  it('moves the socket, and nothing else', async () => {
    using far = cliHome(`im-${'long-'.repeat(36)}`)
    const other = await fakeDaemon(far.paths, { 'account.whoami': accountView() })
    expect(far.home.length).toBeGreaterThan(180)
    expect(far.paths.socket).not.toContain(far.home)
    expect(await far.im(['whoami', '-q'])).toMatchObject({ code: 0, stdout: `${accountView().uin}\n` })
    await other.close()
  })
})

describe('time', () => {
  const never = (): Promise<never> => new Promise(() => {})

  it('--timeout ends a call that is not answered: 124', async () => {
    await answering({ 'account.whoami': never })
    expect(await home.im(['whoami', '--timeout', '1s'])).toMatchObject({
      code: 124,
      stderr: expect.stringContaining('[TIMEOUT]'),
    })
  })

  it('an interrupt ends it: 130', async () => {
    const controller = new AbortController()
    await answering({
      'account.whoami': () => {
        controller.abort(new ImError('INTERRUPTED'))
        return never()
      },
    })
    expect(await home.im(['whoami'], { interrupted: controller.signal })).toMatchObject({ code: 130 })
  })

  it('--wait hands its time to the daemon; without --timeout there is none', async () => {
    await answering({
      'message.send': messageView({ state: 'sent' }),
      'wait.item': messageView({ state: 'delivered' }),
      'daemon.status': daemonView(),
    })
    const waited = () => (daemon?.paramsOf('wait.item') as { waitMs: number | null } | undefined)?.waitMs
    await home.im(['send', 'bo', 'x'])
    expect(waited()).toBeUndefined()
    expect(await home.im(['send', 'bo', 'x', '--wait'])).toMatchObject({ code: 0 })
    expect(waited()).toBe(null)
    await home.im(['send', 'bo', 'x', '--wait', '--timeout', '2m'])
    expect(waited()).toBeGreaterThan(110_000)
    expect(waited()).toBeLessThanOrEqual(120_000)
  })
})

describe('accepted, but not finished', () => {
  it.each([
    ['sent', 8, 'NOT_YET'],
    ['queued', 8, 'NOT_YET'],
    ['delivered', 0, ''],
    ['read', 0, ''],
  ] as const)('send --wait that ends %s is exit %i, and the object is printed', async (state, code, error) => {
    await answering({
      'message.send': messageView({ state: 'queued' }),
      'wait.item': messageView({ state }),
      'daemon.status': daemonView(),
    })
    const ran = await home.im(['send', 'bo', 'x', '--wait', '--timeout', '1s', '--json'])
    expect(ran).toMatchObject({ code, stderr: expect.stringContaining(error) })
    expect(ran.json[0]).toMatchObject({ state })
  })

  it('the daemon is given a moment longer, to say itself how its wait ended', async () => {
    const late = ({ waitMs }: { waitMs: number }): Promise<MessageView> =>
      new Promise((resolve) => nodeTimers.after(waitMs + 200, () => resolve(messageView({ state: 'sent' }))))
    await answering({ 'wait.item': late, 'daemon.status': daemonView() })
    expect(await home.im(['wait', '3fk2', '--timeout', '1s'])).toMatchObject({ code: 8 })
  })

  it.each(['NOT_FRIENDS', 'RATE_LIMITED'])('send --wait that is refused for good (%s) is exit 7', async (code) => {
    const error = { code, message: 'refused', at: '2026-11-22T10:00:00.000Z' }
    const failed = messageView({ state: 'failed', error })
    await answering({ 'message.send': failed, 'wait.item': failed, 'daemon.status': daemonView() })
    expect(await home.im(['send', 'bo', 'x', '--wait', '--json'])).toMatchObject({ code: 7 })
  })

  it('a cancel that the relay has not confirmed is exit 8, with every object', async () => {
    const open = backupView({ id: 'open', pending: 'cancel', stored: 'here' })
    await answering({ 'backup.cancel': [backupView({ state: 'cancelled' }), open] })
    const ran = await home.im(['backup', 'cancel', 'a', 'b', '--json'])
    expect(ran).toMatchObject({ code: 8, stderr: expect.stringContaining('NOT_YET') })
    expect(ran.json).toHaveLength(2)
  })

  it('wait ID: sent is 0, ended otherwise 7', async () => {
    await answering({
      'daemon.status': daemonView(),
      'wait.item': (p: { id: string }) => backupView({ state: p.id === 'a' ? 'sent' : 'cancelled' }),
    })
    expect(await home.im(['wait', 'a', '--json'])).toMatchObject({ code: 0 })
    expect(await home.im(['wait', 'b', '--json'])).toMatchObject({ code: 7 })
  })
})

describe('one connection with several calls', () => {
  /** The world of a verb whose user interrupts when `user` aborts. */
  const ioOf = (user: AbortController, timers: Timers): Io =>
    ({
      env: {},
      platform: process.platform,
      clock: nodeClock,
      timers,
      stdin: { isTTY: false },
      stderr: { isTTY: false },
      interrupted: () => user.signal,
    }) as unknown as Io

  it('makes none any more when the user has interrupted between two of them', async () => {
    const { calls } = await answering({ 'account.whoami': accountView() })
    const user = new AbortController()
    const connection = openDaemon({ io: ioOf(user, nodeTimers), paths: home.paths, timeoutMs: 15_000 })
    onTestFinished(() => connection.close())
    await connection.call('account.whoami', {})
    user.abort(new ImError('INTERRUPTED'))
    await expect(connection.call('account.whoami', {})).rejects.toMatchObject({ code: 'INTERRUPTED' })
    // By the time that another caller is answered, one more would have come.
    const other = openDaemon({ io: ioOf(new AbortController(), nodeTimers), paths: home.paths, timeoutMs: 15_000 })
    onTestFinished(() => other.close())
    await other.call('account.whoami', {})
    expect(calls.filter(({ method }) => method === 'account.whoami')).toHaveLength(2)
  })

  it('does not count the time that a person takes between two of them', async () => {
    await answering({ 'account.whoami': accountView() })
    const { clock, timers } = fakeTime(0)
    const connection = openDaemon({ io: ioOf(new AbortController(), timers), paths: home.paths, timeoutMs: 15_000 })
    onTestFinished(() => connection.close())
    await connection.call('account.whoami', {})
    clock.advance(20_000)
    expect(await connection.call('account.whoami', {})).toMatchObject({ v: 1 })
  })
})
