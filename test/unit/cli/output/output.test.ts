import { afterAll, afterEach, describe, expect, it } from 'vitest'
import type { BackupView } from '../../../../src/protocol/views.ts'
import { type CliOptions, type CliRun, cliHome } from '../../../support/cli.ts'
import { type FakeDaemon, fakeDaemon } from '../../../support/fake-daemon.ts'
import { accountView, BO, backupView, daemonView, friendView, messageView } from '../../../support/views.ts'

const home = cliHome()
let daemon: FakeDaemon | null = null
afterEach(async () => {
  await daemon?.close()
  daemon = null
})
afterAll(() => home[Symbol.dispose]())

const TERMINAL = { terminal: 100 }
const HOSTILE = 'a\u001b[2J\u001b]0;title\u0007b\r\nc\u202eevil\u2066d\u009b31m\u007f'

async function im(
  argv: string[],
  answers: Parameters<typeof fakeDaemon>[1],
  options: CliOptions = {},
): Promise<CliRun> {
  await daemon?.close()
  daemon = await fakeDaemon(home.paths, { 'friend.list': [friendView()], 'account.whoami': accountView(), ...answers })
  return home.im(argv, options)
}

describe('a verb that makes something', () => {
  const answers = { 'backup.add': backupView() }
  const argv = ['backup', 'add', 'bo', 'hello', '--when-online', '--send']

  it('prints its id into a pipe', async () => {
    expect(await im(argv, answers)).toMatchObject({ code: 0, stdout: '3fk2bbbbbbbbbbbbbbbbbb\n', stderr: '' })
  })

  it('says on a terminal what will happen, what it needs and how to undo it', async () => {
    const { stdout } = await im(argv, answers, TERMINAL)
    expect(stdout).toBe(
      'will be sent to Bo when Bo is online; goes even if this machine is off; undo: im backup cancel 3fk2bb\n',
    )
  })

  it('says so when it needs a terminal, and when the relay does not have it yet', async () => {
    const view = backupView({ standIn: false, stored: 'here', pending: 'add' })
    const { stdout } = await im(argv, { 'backup.add': view }, TERMINAL)
    expect(stdout).toContain('needs one of your terminals; kept here; goes to the relay when it answers')
  })

  it('prints its warnings on stderr, and in the object where JSON is wanted', async () => {
    const view = backupView({ warnings: [{ code: 'GAP', message: '02:30 does not exist' }] })
    expect((await im(argv, { 'backup.add': view })).stderr).toBe('im: note: 02:30 does not exist\n')
    expect((await im([...argv, '--json'], { 'backup.add': view })).stderr).toBe('')
  })
})

/** A list that fits into one answer. */
const pageOf = (rows: BackupView[]) => ({ rows, next: null })

describe('a list that is as last heard', () => {
  const stale = {
    'backup.page': pageOf([backupView({ stale: true })]),
    'backup.ids': { ids: ['x1'], stale: true },
  }
  const note = 'im: note: the relay has not answered yet, so this is as last heard\n'

  it.each([
    ['a pipe', [], {}],
    ['-q', ['-q'], {}],
    ['a terminal', [], TERMINAL],
  ])('says so once on stderr, for %s', async (_, flags, options) => {
    expect(await im(['backup', 'list', ...flags], stale, options)).toMatchObject({ code: 0, stderr: note })
  })

  it('says so in each object where JSON is wanted', async () => {
    const json = await im(['backup', 'list', '--json'], stale)
    expect(json).toMatchObject({ stderr: '', json: [{ stale: true }] })
  })

  it.each([true, false])('says so of ids with nothing among them: %s', async (isStale) => {
    const ran = await im(['backup', 'list', '-q'], { 'backup.ids': { ids: [], stale: isStale } })
    expect(ran).toMatchObject({ code: 0, stdout: '', stderr: isStale ? note : '' })
  })

  describe.each([
    ['backup list', { 'backup.page': pageOf([]) }],
    ['friend list', { 'friend.list': [] }],
    ['friend requests', { 'friend.requests': [] }],
    ['who', { 'presence.who': [] }],
    ['inbox', { 'message.inbox': [] }],
    ['history bo', { 'message.history': [] }],
  ])('of %s with nothing in it', (verb, empty) => {
    it.each([true, false])('the daemon says whether it is: %s', async (isStale) => {
      const answers = { ...empty, 'daemon.status': daemonView({ stale: isStale }) }
      const said = isStale ? note : ''
      expect(await im(verb.split(' '), answers)).toMatchObject({ code: 0, stdout: '', stderr: said })
      expect((await im(verb.split(' '), answers, TERMINAL)).stderr).toBe(said)
      expect(await im([...verb.split(' '), '--json'], answers)).toMatchObject({ code: 0, stdout: '', stderr: '' })
    })
  })

  it('says nothing of one that is not', async () => {
    expect((await im(['backup', 'list'], { 'backup.page': pageOf([backupView()]) })).stderr).toBe('')
    expect((await im(['friend', 'list'], { 'friend.list': [friendView()] })).stderr).toBe('')
    expect((await im(['friend', 'list'], { 'friend.list': [friendView({ stale: true })] })).stderr).toBe(note)
    expect((await im(['inbox'], { 'message.inbox': [messageView({ stale: true })] })).stderr).toBe(note)
    expect((await im(['inbox'], { 'message.inbox': [messageView()] })).stderr).toBe('')
  })
})

it('a list of several pages is one list', async () => {
  const pages = [
    { rows: [backupView({ id: 'x1' })], next: 'a' },
    { rows: [backupView({ id: 'x2' })], next: 'b' },
    { rows: [], next: null },
  ]
  const page = ({ after }: { after: string | null }) => ({
    ...pages[after === null ? 0 : after === 'a' ? 1 : 2],
  })
  const listed = (await im(['backup', 'list', '--json'], { 'backup.page': page })).json
  expect(listed.map(({ id }) => id)).toEqual(['x1', 'x2'])
  expect((await im(['backup', 'export'], { 'backup.page': page })).json.map(({ id }) => id)).toEqual(['x1', 'x2'])
})

describe('--json', () => {
  it('is one object a line, whole', async () => {
    const ran = await im(['backup', 'list', '--json'], {
      'backup.page': pageOf([backupView(), backupView({ id: 'x2' })]),
    })
    expect(ran.json).toEqual([backupView(), backupView({ id: 'x2' })])
  })

  it('writes control, C1 and bidirectional characters as escapes', async () => {
    const { stdout, json } = await im(['inbox', '--json'], { 'message.inbox': [messageView({ text: HOSTILE })] })
    expect(stdout).toMatch(/^[\x20-\x7e]*\n$/)
    expect(json[0]?.text).toBe(HOSTILE)
  })

  it('prints nothing for an empty list', async () => {
    expect(await im(['backup', 'list', '--json'], { 'backup.page': pageOf([]) })).toMatchObject({ code: 0, stdout: '' })
  })
})

describe('--fields', () => {
  it('keeps the fields it names, in that order, and the version', async () => {
    const { stdout } = await im(['backup', 'list', '--fields', 'state,id'], { 'backup.page': pageOf([backupView()]) })
    expect(stdout).toBe('{"v":1,"state":"armed","id":"3fk2bbbbbbbbbbbbbbbbbb"}\n')
  })

  it('gives null for a field this kind of object does not have', async () => {
    const { stdout } = await im(['backup', 'list', '--fields', 'uin'], { 'backup.page': pageOf([backupView()]) })
    expect(stdout).toBe('{"v":1,"uin":null}\n')
  })
})

describe('-q', () => {
  it('prints ids only, for rows and for what was changed', async () => {
    const ids = ['3fk2bbbbbbbbbbbbbbbbbb', 'x2']
    const list = await im(['backup', 'list', '-q'], { 'backup.ids': { ids, stale: false } }, TERMINAL)
    const changed = await im(['friend', 'accept', 'bo', '-q'], { 'friend.accept': friendView() })
    expect([list.stdout, changed.stdout]).toEqual(['3fk2bbbbbbbbbbbbbbbbbb\nx2\n', `${BO}\n`])
  })
})

describe('a table', () => {
  const answers = { 'friend.list': [friendView({ presence: 'online' })] }

  it('has headings, colour and relative times on a terminal', async () => {
    const { stdout } = await im(['friend', 'list'], answers, TERMINAL)
    expect(stdout).toMatch(/UIN.*NAME.*PRESENCE/)
    expect(stdout).toContain('\u001b[32monline')
    expect(stdout).toMatch(/ago|in |Nov/)
  })

  it.each([{ NO_COLOR: '1' }, { TERM: 'dumb' }])('has no colour with %j', async (env) => {
    expect((await im(['friend', 'list'], answers, { ...TERMINAL, env })).stdout).not.toContain('\u001b')
  })

  it('has no colour with --no-color', async () => {
    expect((await im(['friend', 'list', '--no-color'], answers, TERMINAL)).stdout).not.toContain('\u001b')
  })

  it('is tabs in a pipe, without headings, with instants as RFC 3339', async () => {
    const { stdout } = await im(['friend', 'list'], answers)
    expect(stdout).toBe(`${BO}\tBo\tonline\t2026-11-22T10:00:00.000Z\toff\t\t\n`)
  })

  it('keeps its columns under wide characters, and its width', async () => {
    const rows = [friendView({ nick: '包小柏' }), friendView({ nick: 'Bo', statusText: 'x'.repeat(300) })]
    const { stdout } = await im(['friend', 'list', '--no-color'], { 'friend.list': rows }, TERMINAL)
    const [, wide = '', narrow = ''] = stdout.split('\n')
    expect(wide.indexOf('online') + 3).toBe(narrow.indexOf('online'))
    expect(narrow).toHaveLength(100)
  })
})

describe('text from outside', () => {
  const CONTROL = /[^\n\t\x20-\x7e\u00a0-\uffff]|[\u202a-\u202e\u2066-\u2069]/u
  const friend = friendView({ nick: HOSTILE, alias: HOSTILE, statusText: HOSTILE, note: HOSTILE })
  const message = messageView({ text: HOSTILE })
  const backup = backupView({
    text: HOSTILE,
    note: HOSTILE,
    why: { code: 'X', text: HOSTILE, waitsFor: [], lookAt: null },
  })
  const answers = {
    'friend.list': [friend],
    'friend.requests': [friend],
    'friend.accept': friend,
    'presence.of': [friend],
    'presence.who': [friend],
    'account.whoami': accountView({ nick: HOSTILE, statusText: HOSTILE, device: HOSTILE }),
    'account.devices': [{ v: 1, id: 'd', name: HOSTILE, current: true, connected: true, lastSeenAt: null }],
    'message.inbox': [message],
    'message.history': [message],
    'message.send': { ...message, state: 'failed', error: { code: 'X', message: HOSTILE, at: message.at } },
    'backup.page': pageOf([backup]),
    'backup.show': backup,
    'backup.undo': { ...backup, state: 'held' },
    'backup.cancel': () => {
      throw new Error(HOSTILE)
    },
  }

  it.each([
    'friend list',
    'friend requests',
    'friend accept bo',
    'presence bo',
    'who',
    'whoami',
    'status',
    'account devices',
    'inbox',
    'history bo',
    'send bo x',
    'backup list',
    'backup show 3fk2',
    'backup undo 3fk2',
    'backup cancel 3fk2',
  ])('cannot reach the terminal or the pipe as an escape: im %s', async (line) => {
    for (const options of [TERMINAL, {}]) {
      const ran = await im([...line.split(' '), '--no-color'], answers, options)
      expect(`${ran.stdout}${ran.stderr}`).not.toMatch(CONTROL)
    }
  })

  it('stays on its line in a table', async () => {
    const { stdout } = await im(['inbox'], { 'message.inbox': [messageView({ text: 'a\nb' })] })
    expect(stdout.split('\n')).toHaveLength(2)
  })
})

describe('register', () => {
  const view = accountView({ recoveryCode: 'AAAA-BBBB' })
  const argv = ['register', '--password-stdin']

  it('prints the UIN into a pipe, and tells the recovery code on stderr', async () => {
    const ran = await im(argv, { 'account.register': view }, { input: 'secret\n' })
    expect(ran).toMatchObject({ code: 0, stdout: `${view.uin}\n`, stderr: expect.stringContaining('AAAA-BBBB') })
    expect(daemon?.paramsOf('account.register')).toEqual({ password: 'secret' })
  })

  it('takes IM_RELAY, and --relay beats it', async () => {
    const env = { IM_RELAY: 'ws://127.0.0.1:1' }
    await im(argv, { 'account.register': view }, { input: 'secret', env })
    expect(daemon?.paramsOf('account.register')).toMatchObject({ relay: 'ws://127.0.0.1:1' })
    await im([...argv, '--relay', 'ws://127.0.0.1:2'], { 'account.register': view }, { input: 'secret', env })
    expect(daemon?.paramsOf('account.register')).toMatchObject({ relay: 'ws://127.0.0.1:2' })
  })
})
