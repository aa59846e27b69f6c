import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { eventEnv } from '../../../../src/cli/waiting/run-command.ts'
import { nodeTimers } from '../../../../src/host/node-host.ts'
import { ImError } from '../../../../src/protocol/errors.ts'
import type { WatchEvent } from '../../../../src/protocol/views.ts'
import type { Peer } from '../../../../src/rpc/peer.ts'
import { cliHome } from '../../../support/cli.ts'
import { type FakeDaemon, fakeDaemon } from '../../../support/fake-daemon.ts'
import { accountView, backupView, daemonView, friendView, messageView } from '../../../support/views.ts'
import { eventually } from '../../../support/wait-for.ts'

const home = cliHome()
let daemon: FakeDaemon | null = null
afterEach(async () => {
  await daemon?.close()
  daemon = null
})
afterAll(() => home[Symbol.dispose]())

function event(text: string, over: Partial<WatchEvent> = {}): WatchEvent {
  const message = messageView({ text, from: friendView().uin })
  return { v: 1, type: 'message', at: '2026-11-22T10:00:00.000Z', cursor: '1:7', change: 'arrived', message, ...over }
}

async function watched(events: readonly WatchEvent[], then: 'stay' | 'go' = 'stay'): Promise<void> {
  daemon = await fakeDaemon(home.paths, {
    'friend.list': [friendView()],
    'account.whoami': accountView(),
    'watch.start': (_: unknown, peer: Peer) => {
      for (const one of events) peer.notify('watch.event', one)
      if (then === 'go') nodeTimers.after(10, () => peer.close())
      return { cursor: '1:7' }
    },
  })
}

describe('watch', () => {
  it('prints one object a line, in order, and ends after --count', async () => {
    await watched([event('one'), event('two'), event('three')])
    const ran = await home.im(['watch', '--json', '--count', '2'])
    expect(ran.code).toBe(0)
    expect(ran.json.map((row) => (row.message as { text: string }).text)).toEqual(['one', 'two'])
  })

  it('asks for the types and the friend that are wanted, after a cursor', async () => {
    await watched([event('one')])
    await home.im(['watch', '--type', 'message,friend', '--from', 'bo', '--after', '1:3', '--count', '1'])
    expect(daemon?.paramsOf('watch.start')).toEqual({ types: ['message', 'friend'], from: 'bo', after: '1:3' })
  })

  it('is 124 when --timeout passes and nothing was seen, 0 when something was', async () => {
    await watched([])
    expect(await home.im(['watch', '--timeout', '1s'])).toMatchObject({ code: 124 })
    await daemon?.close()
    await watched([event('one')])
    expect(await home.im(['watch', '--timeout', '1s'])).toMatchObject({ code: 0 })
  })

  it('is 9 when there is no daemon to begin with', async () => {
    expect(await home.im(['watch', '--json'])).toMatchObject({ code: 9, stdout: '' })
  })

  it('waits for the next daemon when its own goes, says so, and asks for what came since the last event', async () => {
    daemon = await fakeDaemon(home.paths, {
      'friend.list': [friendView()],
      'account.whoami': accountView(),
      'watch.start': (_: unknown, peer: Peer) => {
        peer.notify('watch.event', event('one', { cursor: '1:8' }))
        peer.notify('watch.event', event('here', { cursor: null }))
        return { cursor: '1:7' }
      },
    })
    const watching = home.im(['watch', '--count', '3', '--timeout', '20s'])
    await eventually(() => expect(daemon?.calls.some(({ method }) => method === 'friend.list')).toBe(true))
    await daemon.close()
    await watched([event('two')])
    const ran = await watching
    expect(ran).toMatchObject({ code: 0, stderr: expect.stringMatching(/went away; waiting for it\n.*is back\n/) })
    expect(ran.stdout.match(/one|here|two/g)).toEqual(['one', 'here', 'two'])
    expect(daemon?.paramsOf('watch.start')).toEqual({ after: '1:8' })
  })

  it('asks from where it began when nothing has come yet, and is 124 when no daemon comes back in time', async () => {
    await watched([], 'go')
    const watching = home.im(['watch', '--timeout', '2s'])
    await eventually(() => expect(daemon?.paramsOf('watch.start')).toEqual({ after: '1:7' }))
    await daemon?.close()
    expect(await watching).toMatchObject({ code: 124 })
  })
})

describe('wait', () => {
  const message = messageView({ text: 'came meanwhile', from: friendView().uin })
  const answers = {
    'friend.list': [friendView()],
    'account.whoami': accountView(),
    'daemon.status': daemonView({ cursor: '1:7' }),
  }
  const silent = { ...answers, 'wait.friend': () => new Promise(() => {}), 'wait.item': () => new Promise(() => {}) }

  it('goes on with the next daemon when its own goes, from the cursor it began at and for the time that is left', async () => {
    daemon = await fakeDaemon(home.paths, silent)
    const waiting = home.im(['wait', 'bo', '--message', '--timeout', '20s'])
    await eventually(() => expect(daemon?.paramsOf('wait.friend')).toMatchObject({ after: '1:7' }))
    await daemon.close()
    daemon = await fakeDaemon(home.paths, {
      ...answers,
      'daemon.status': daemonView({ cursor: '1:9' }),
      'wait.friend': message,
    })
    const ran = await waiting
    expect(ran).toMatchObject({ code: 0, stdout: 'came meanwhile\n', stderr: expect.stringContaining('is back') })
    const { after, waitMs } = daemon.paramsOf('wait.friend') as { after: string; waitMs: number }
    expect(after).toBe('1:7')
    expect(waitMs).toBeLessThan(20_000)
    expect(waitMs).toBe(Math.round(waitMs))
  })

  it('for a thing goes on too, and tells nothing to whoever wants JSON', async () => {
    daemon = await fakeDaemon(home.paths, silent)
    const waiting = home.im(['wait', message.id, '--json'])
    await eventually(() => expect(daemon?.paramsOf('wait.item')).toBeDefined())
    await daemon.close()
    daemon = await fakeDaemon(home.paths, { ...answers, 'wait.item': { ...message, state: 'delivered' } })
    expect(await waiting).toMatchObject({ code: 0, stderr: '' })
  })

  it('is 9 at once where there is no daemon to begin with', async () => {
    expect(await home.im(['wait', 'bo', '--message', '--after', '1:7'])).toMatchObject({ code: 9 })
  })

  it('ends as the wait itself does: with what was refused, and when the time is over', async () => {
    const refuse = (code: 'NO_SUCH_FRIEND' | 'TIMEOUT') => () => Promise.reject(new ImError(code))
    for (const [code, exit] of [
      ['NO_SUCH_FRIEND', 6],
      ['TIMEOUT', 124],
    ] as const) {
      daemon = await fakeDaemon(home.paths, { ...answers, 'wait.friend': refuse(code) })
      expect(await home.im(['wait', 'bo', '--online'])).toMatchObject({ code: exit })
      await daemon.close()
    }
  })
})

describe('send --wait', () => {
  const sent = messageView({ id: 'sent', state: 'sent' })
  const silent = {
    ...{ 'daemon.status': daemonView(), 'message.send': sent },
    'wait.item': () => new Promise(() => {}),
  }

  it('goes on with the next daemon when its own goes: the message is known, and is not sent again', async () => {
    daemon = await fakeDaemon(home.paths, silent)
    const sending = home.im(['send', 'bo', 'x', '--wait', '--json'])
    await eventually(() => expect(daemon?.paramsOf('wait.item')).toMatchObject({ id: 'sent', waitMs: null }))
    await daemon.close()
    daemon = await fakeDaemon(home.paths, {
      'daemon.status': daemonView(),
      'wait.item': messageView({ id: 'sent', state: 'delivered' }),
    })
    expect(await sending).toMatchObject({ code: 0, stderr: '', json: [{ id: 'sent', state: 'delivered' }] })
    expect(daemon.calls.map(({ method }) => method)).not.toContain('message.send')
  })

  it('shows what was accepted when its time is over, or when it is interrupted', async () => {
    daemon = await fakeDaemon(home.paths, silent)
    const late = await home.im(['send', 'bo', 'x', '--wait', '--timeout', '1s', '--json'])
    expect(late).toMatchObject({ code: 8, json: [{ id: 'sent' }] })
    const controller = new AbortController()
    const sending = home.im(['send', 'bo', 'x', '--wait', '--json'], { interrupted: controller.signal })
    await eventually(() => expect(daemon?.paramsOf('wait.item')).toMatchObject({ waitMs: null }))
    controller.abort(new ImError('INTERRUPTED'))
    expect(await sending).toMatchObject({ code: 130, json: [{ id: 'sent' }] })
  })
})

describe('backup send --wait', () => {
  const sent = { messageId: 'msg', at: '2026-11-22T10:00:00.000Z' }
  const went = backupView({ id: 'kept', state: 'sent', sent })
  const queued = backupView({ id: 'kept', pending: 'send' })
  const argv = ['backup', 'send', 'kept', '--wait', '--json']
  const wait = { 'daemon.status': daemonView(), 'friend.list': [friendView()], 'account.whoami': accountView() }

  it.each([
    ['delivered', 0],
    ['sent', 8],
  ] as const)('waits for the relay, then for them: a message that is %s then is exit %i', async (state, code) => {
    const item = ({ confirmed }: { confirmed?: true }) => (confirmed ? went : messageView({ id: 'msg', state }))
    daemon = await fakeDaemon(home.paths, { ...wait, 'backup.send': queued, 'wait.item': item })
    expect(await home.im(argv)).toMatchObject({ code, json: [{ id: 'kept', state: 'sent' }] })
    expect(daemon.paramsOf('wait.item')).toMatchObject({ id: 'msg' })
  })

  it('is 8 with the object while the relay is away, and 7 with it when the relay refuses', async () => {
    daemon = await fakeDaemon(home.paths, { ...wait, 'backup.send': queued, 'wait.item': queued })
    expect(await home.im([...argv, '--timeout', '1s'])).toMatchObject({ code: 8, json: [{ pending: 'send' }] })
    await daemon.close()
    const error = { code: 'NOT_FRIENDS', message: 'no', at: sent.at }
    const refused = backupView({ id: 'kept', state: 'failed', error, sent })
    daemon = await fakeDaemon(home.paths, { ...wait, 'backup.send': queued, 'wait.item': refused })
    expect(await home.im(argv)).toMatchObject({ code: 7, json: [{ state: 'failed' }] })
  })

  it('goes on with the next daemon when its own goes: it is not sent again', async () => {
    const silent = { ...wait, 'backup.send': went, 'wait.item': () => new Promise(() => {}) }
    daemon = await fakeDaemon(home.paths, silent)
    const sending = home.im(argv)
    await eventually(() => expect(daemon?.paramsOf('wait.item')).toMatchObject({ id: 'msg' }))
    await daemon.close()
    daemon = await fakeDaemon(home.paths, { ...wait, 'wait.item': messageView({ id: 'msg', state: 'delivered' }) })
    expect(await sending).toMatchObject({ code: 0, json: [{ id: 'kept' }] })
    expect(daemon.calls.map(({ method }) => method)).not.toContain('backup.send')
  })
})

describe('a daemon that stays away', () => {
  it.each([
    [['watch'], ' with --after 1:7\n'],
    [['wait', 'bo', '--message'], ' with --after 1:7\n'],
    [['wait', '3fk2'], '\n'],
    [['send', 'bo', 'x', '--wait'], null],
  ])('ends im %j with 9 after a minute, and with where to go on', async (argv, goOn) => {
    daemon = await fakeDaemon(home.paths, {
      'daemon.status': daemonView({ cursor: '1:7' }),
      ...{ 'wait.friend': () => new Promise(() => {}), 'wait.item': () => new Promise(() => {}) },
      'watch.start': { cursor: '1:7' },
      'message.send': messageView({ id: 'sent', state: 'sent' }),
    })
    const running = home.im(argv, { timers: { after: (ms, run) => nodeTimers.after(ms / 500, run) } })
    await eventually(() => expect(daemon?.calls.some(({ method }) => /^(wait|watch)/.test(method))).toBe(true))
    await daemon.close()
    const { code, stderr } = await running
    expect(code).toBe(9)
    expect(stderr).toContain(
      goOn === null ? 'im daemon start; then im wait sent\n' : `im daemon start; then the same command${goOn}`,
    )
  })
})

describe('watch -- CMD', () => {
  /** Writes its environment and its stdin to a file, after a moment, so that two at once would mix. */
  const RECORDER = `
    const { appendFileSync, readFileSync } = require('node:fs')
    const env = Object.entries(process.env).filter(([name]) => name.startsWith('IM_') && name !== 'IM_HOME')
    appendFileSync(process.argv[2], 'begin\\n')
    const input = readFileSync(0, 'utf8')
    appendFileSync(process.argv[2], JSON.stringify({ args: process.argv.slice(3), env: Object.fromEntries(env), input: JSON.parse(input) }) + '\\n')
  `

  it('runs it for each event, one at a time, with the event in environment and stdin and no shell', async () => {
    const [script, log] = [join(home.home, 'recorder.cjs'), join(home.home, 'events.log')]
    writeFileSync(script, RECORDER)
    const hostile = '$(touch pwned); `id` "\n--version'
    await watched([event('one'), event(hostile)])
    const command = [process.execPath, script, log, '$IM_TEXT', '--json']
    // As a command that was itself started by a watch would see it.
    const env = { IM_BACKUP_ID: 'of another', IM_TRUNCATED: '1' }
    expect(await home.im(['watch', '--count', '2', '--', ...command], { env })).toMatchObject({ code: 0, stdout: '' })
    const [begin, first, again, second] = readFileSync(log, 'utf8').trimEnd().split('\n')
    expect([begin, again]).toEqual(['begin', 'begin'])
    expect(JSON.parse(first ?? '')).toMatchObject({
      env: { IM_TYPE: 'message', IM_TEXT: 'one', IM_FROM: friendView().uin, IM_NICK: friendView().nick },
      args: ['$IM_TEXT', '--json'],
    })
    expect(Object.keys(JSON.parse(first ?? '').env)).not.toContain('IM_BACKUP_ID')
    expect(Object.keys(JSON.parse(first ?? '').env)).not.toContain('IM_TRUNCATED')
    expect(JSON.parse(second ?? '')).toMatchObject({ env: { IM_TEXT: hostile }, input: { message: { text: hostile } } })
  })

  it('tells a failure and goes on', async () => {
    await watched([event('one'), event('two')])
    const ran = await home.im(['watch', '--count', '2', '--', process.execPath, '-e', 'process.exit(3)'])
    expect(ran.code).toBe(0)
    expect(ran.stderr.match(/exit 3/g)).toHaveLength(2)
  })

  it('tells a command that is not there, and goes on', async () => {
    await watched([event('one')])
    const ran = await home.im(['watch', '--count', '1', '--', '/nowhere/command'])
    expect(ran).toMatchObject({ code: 0, stderr: expect.stringContaining('ENOENT') })
  })

  it('leaves out of the environment what is too long or has a NUL, and says so', () => {
    expect(eventEnv(event('x'.repeat(32 * 1024)), (uin) => uin)).not.toHaveProperty('IM_TRUNCATED')
    for (const text of ['x'.repeat(32 * 1024 + 1), 'a\0b']) {
      const env = eventEnv(event(text), (uin) => uin)
      expect(env).toMatchObject({ IM_TYPE: 'message', IM_TRUNCATED: '1' })
      expect(env).not.toHaveProperty('IM_TEXT')
    }
  })
})
