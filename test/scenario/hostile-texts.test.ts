/** Thousands of texts that want to be more than texts, through every verb and every way out. */
import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { VERBS } from '../../src/cli/tree/index.ts'
import { type VerbSpec, wordSpecs } from '../../src/cli/tree/verb.ts'
import { desktopNotifier } from '../../src/daemon/notifications/desktop.ts'
import { nodeTimers } from '../../src/host/node-host.ts'
import { ImError } from '../../src/protocol/errors.ts'
import type { LocalMethod } from '../../src/protocol/local-api.ts'
import { localParams } from '../../src/protocol/local-params.ts'
import type { Peer } from '../../src/rpc/peer.ts'
import { type CliRun, cliHome, SELF } from '../support/cli.ts'
import { popup } from '../support/desktop.ts'
import { type FakeDaemon, fakeDaemon } from '../support/fake-daemon.ts'
import { hostileTexts, NEVER_SHOWN } from '../support/hostile-texts.ts'
import { lacks } from '../support/real-parts.ts'
import { tempDir } from '../support/temp-dir.ts'
import { accountView, BO, backupView, friendView, messageView } from '../support/views.ts'

const TEXTS = hostileTexts(2_000)
/** Several at once, so that each goes through every verb in a bounded time. */
const CHUNKS = Array.from({ length: 10 }, (_, n) => TEXTS.slice(n * 200, n * 200 + 200).join('|'))
/** Verbs that ask no daemon for anything, or run for as long as they are wanted. */
const ELSEWHERE = /^(relay|config|daemon|demo|help|completion|chat|setup|service)\b/
// biome-ignore lint/suspicious/noControlCharactersInRegex: this is what it is about
const OWN_COLOURS = /\u001b\[(0|2|31|32|33)m/g

const home = cliHome('im-hostile-')
const profile = process.cwd()
let daemon: FakeDaemon
/** What stands in every text a daemon answers with. */
let payload = ''
let fails = false

const NAMES = new Set([
  'nick',
  'alias',
  'statusText',
  'note',
  'text',
  'message',
  'name',
  'device',
  'createdBy',
  'words',
  'hint',
])

/** The view with the payload in place of each text in it. */
function hostile<T>(view: T, key = ''): T {
  if (Array.isArray(view)) return view.map((item) => hostile(item, key)) as T
  if (typeof view === 'object' && view !== null) {
    return Object.fromEntries(Object.entries(view).map(([name, value]) => [name, hostile(value, name)])) as T
  }
  return NAMES.has(key) && (typeof view === 'string' || view === null) ? (payload as T) : view
}

const error = { code: 'LIMIT', message: 'x', at: '2026-11-22T10:00:00.000Z' }
const warnings = [{ code: 'GAP', message: 'x' }]
const views = {
  account: () => hostile({ ...accountView({ recoveryCode: 'x' }), warnings }),
  friend: () => hostile(friendView({ note: 'x', alias: 'x', statusText: 'x' })),
  message: () => hostile(messageView({ error, state: 'failed' })),
  backup: () => {
    const words = { kind: 'message' as const, from: BO, words: 'x', pattern: null, holds: false }
    const made = backupView({ state: 'failed', error, note: 'x', trigger: { match: 'any', conditions: [words] } })
    return hostile({ ...made, warnings })
  },
  device: () => hostile({ v: 1, id: 'd', name: 'x', current: true, connected: true, lastSeenAt: null }),
}

/** What a daemon answers to a method, with the payload wherever it has room for a text. */
function answerTo(method: string): unknown {
  if (fails) throw new ImError('LIMIT', payload, { hint: payload })
  if (method === 'dashboard') {
    const [me, friend, backup] = [views.account(), views.friend(), views.backup()]
    return {
      v: 1,
      me,
      due: [backup],
      requests: [friend],
      online: [friend],
      unread: 1,
      next: [backup],
      friends: 1,
      stale: true,
    }
  }
  if (method === 'account.export') return { rows: [{ v: 1, type: 'friend', friend: views.friend() }], next: null }
  if (method === 'account.devices') return [views.device()]
  if (method === 'account.revoke') return views.device()
  if (method === 'friend.invite') return { v: 1, link: 'im://x', uses: 1, expiresAt: error.at }
  if (/^(account|status|quiet)\./.test(method)) return views.account()
  if (/^(friend\.(list|requests)|presence\.)/.test(method)) return [views.friend()]
  if (/^(friend|wait)\./.test(method)) return views.friend()
  if (/^message\.(inbox|history)/.test(method)) return [views.message()]
  if (method === 'message.send') return views.message()
  if (/^backup\.(list|cancel)/.test(method)) return [views.backup()]
  if (method === 'backup.page') return { rows: [views.backup()], next: null }
  if (method.startsWith('backup.')) return views.backup()
  if (method === 'when') return hostile({ v: 1, expression: 'x', zone: 'UTC', next: [error.at], notes: ['x'] })
  throw new ImError('INTERNAL', payload)
}

beforeAll(async () => {
  const watch = (_: unknown, peer: Peer) => {
    const at = error.at
    peer.notify('watch.event', {
      v: 1,
      type: 'message',
      at,
      cursor: '1:1',
      change: 'arrived',
      message: views.message(),
    })
    peer.notify('watch.event', { v: 1, type: 'friend', at, cursor: '1:2', change: 'request', friend: views.friend() })
    peer.notify('watch.event', { v: 1, type: 'backup', at, cursor: '1:3', change: 'due', backup: views.backup() })
    return { cursor: '1:3' }
  }
  const methods = Object.keys(localParams).filter((method) => method !== 'hello')
  const answers = Object.fromEntries(methods.map((method) => [method, () => answerTo(method)]))
  daemon = await fakeDaemon(home.paths, { ...answers, 'watch.start': watch } as Parameters<typeof fakeDaemon>[1])
})
afterEach(() => {
  fails = false
})
afterAll(async () => {
  await daemon.close()
  home[Symbol.dispose]()
})

/** The text as UTF-8 can hold it. */
function encodable(text: string): string {
  return Buffer.from(text).toString()
}

/** A command line for each verb, that its parser takes. */
function argvOf(verb: VerbSpec): string[] {
  const words = wordSpecs(verb.words).filter(({ required }) => required)
  const given = words.map(({ name }) => ({ UIN: BO, T: '2h', SPAN: '22-7', WHEN: 'on' })[name] ?? 'bo')
  const extra: Record<string, string[]> = {
    send: ['-m', 'x'],
    remind: ['x', '--in', '2h'],
    'backup add': ['x', '--in', '2h'],
    'backup edit': ['--in', '2h'],
    'backup undo': [],
    wait: ['--online'],
    watch: ['--count', '3'],
    'account delete': ['--confirm', BO, '--password-stdin'],
    'account password': ['--password-stdin'],
    'account recovery': ['--password-stdin'],
    'friend alias': ['Bobo'],
    login: ['--password-stdin'],
    register: ['--password-stdin'],
  }
  return [...verb.name.split(' '), ...given, ...(extra[verb.name] ?? []), '--no-input']
}

function isClean(ran: CliRun, own = ''): void {
  for (const text of [ran.stdout.replaceAll(OWN_COLOURS, ''), ran.stderr]) {
    const found = NEVER_SHOWN.exec(text)
    expect(found === null ? null : `${own}: ${JSON.stringify(text.slice(found.index - 40, found.index + 40))}`).toBe(
      null,
    )
  }
}

const PASSWORDS = 'correct horse\nbattery staple\n'

const asked = VERBS.filter(({ name }) => !ELSEWHERE.test(name))

describe('hostile texts in what a daemon answers', () => {
  it.each(asked.map((verb) => [verb.name, verb] as const))('%s shows them as texts', async (_name, verb) => {
    const argv = argvOf(verb)
    for (payload of CHUNKS) {
      isClean(await home.im(argv, { terminal: 100, input: PASSWORDS }), verb.name)
      isClean(await home.im(argv, { input: PASSWORDS }), verb.name)
    }
    const json = await home.im([...argv, '--json'], { input: PASSWORDS })
    expect(json.stdout + json.stderr).toMatch(/^[^\u007f-\u009f\u2028-\u202e\u2066-\u2069]*$/)
    // It is JSON, and nothing of the text is lost.
    const told = JSON.stringify(json.json)
    if (json.code === 0 && told.includes('"nick"')) expect(told).toContain(JSON.stringify(payload))
  })

  it.each(asked.map((verb) => [verb.name, verb] as const))('%s shows them in errors', async (_name, verb) => {
    fails = true
    const input = PASSWORDS
    for (payload of CHUNKS) isClean(await home.im(argvOf(verb), { input }), verb.name)
    const { stderr } = await home.im([...argvOf(verb), '--json'], { input })
    expect(stderr).toMatch(/^[\x20-\x7e\n\u00a0-\u1fff\u2000-\u2027\u2030-\u2065\u206a-\uffff]*$/)
    for (const line of stderr.split('\n').filter((one) => one !== '')) JSON.parse(line)
  })

  it('keep to their row and their column', async () => {
    const rows = TEXTS.map((text, n) => {
      payload = text
      return { ...views.message(), id: `m${n}`, unreadable: false }
    })
    await daemon.close()
    payload = ''
    const inbox = { 'friend.list': [friendView()], 'account.whoami': accountView(), 'message.inbox': rows }
    const listing = await fakeDaemon(home.paths, inbox)
    const pipe = await home.im(['inbox'])
    isClean(pipe)
    const lines = pipe.stdout.trimEnd().split('\n')
    expect(lines).toHaveLength(TEXTS.length)
    expect(new Set(lines.map((line) => line.split('\t').length))).toEqual(new Set([4]))
    const terminal = await home.im(['inbox'], { terminal: 80 })
    isClean(terminal)
    expect(terminal.stdout.trimEnd().split('\n')).toHaveLength(TEXTS.length + 1)
    const { json } = await home.im(['inbox', '--json'])
    expect(json.map(({ text }) => text)).toEqual(TEXTS)
    await listing.close()
    daemon = await fakeDaemon(home.paths, {})
  })
})

describe('hostile texts that are given', () => {
  const VIEWS = {
    'message.send': messageView(),
    'backup.add': backupView(),
    'friend.alias': friendView(),
    'friend.add': friendView(),
    'status.set': accountView(),
    'friend.list': [friendView()],
    'account.whoami': accountView(),
  }
  const WAYS: readonly { argv: (text: string) => string[]; method: LocalMethod; field: string }[] = [
    { argv: (text) => ['send', 'bo', '-m', text], method: 'message.send', field: 'text' },
    { argv: (text) => ['send', 'bo', '--', text], method: 'message.send', field: 'text' },
    { argv: (text) => ['backup', 'add', 'bo', 'x', '--note', text], method: 'backup.add', field: 'note' },
    { argv: (text) => ['friend', 'alias', '--', 'bo', text], method: 'friend.alias', field: 'alias' },
    { argv: (text) => ['friend', 'add', BO, '--note', text], method: 'friend.add', field: 'note' },
    { argv: (text) => ['status', '--text', text], method: 'status.set', field: 'text' },
  ]

  it('reach the daemon as they are, or are refused, and are never printed raw', async () => {
    await daemon.close()
    daemon = await fakeDaemon(home.paths, VIEWS)
    let taken = 0
    for (const [n, text] of TEXTS.entries()) {
      const { argv, method, field } = WAYS[n % WAYS.length] as (typeof WAYS)[number]
      const before = daemon.calls.length
      const ran = await home.im(argv(text), n % 2 === 0 ? { terminal: 100 } : {})
      isClean(ran, argv('').join(' '))
      if (ran.code !== 0) {
        expect([2, 7]).toContain(ran.code)
        continue
      }
      taken++
      expect(daemon.calls.length).toBeGreaterThan(before)
      expect((daemon.paramsOf(method) as Record<string, unknown>)[field]).toBe(text)
    }
    expect(taken).toBeGreaterThan(TEXTS.length / 2)
    expect(existsSync(join(profile, 'PWNED'))).toBe(false)
  }, 60_000)

  it('pass through real processes the same', async () => {
    const rows = TEXTS.slice(0, 200).map((text) => messageView({ text }))
    await daemon.close()
    daemon = await fakeDaemon(home.paths, { ...VIEWS, 'message.inbox': rows })
    const env = { ...process.env, IM_HOME: home.home, IM_NO_AUTOSTART: '1' }
    const im = (argv: readonly string[]): Promise<CliRun> =>
      new Promise((resolve) => {
        execFile(SELF[0], [SELF[1], ...argv], { env, maxBuffer: 1 << 26 }, (failed, stdout, stderr) =>
          resolve({ code: failed === null ? 0 : Number(failed.code), stdout, stderr, json: [] }),
        )
      })
    for (const argv of [['inbox'], ['inbox', '--json'], ['friend', 'list']]) isClean(await im(argv))
    // Neither NUL nor half a pair can stand in an argument; they are the system's to refuse.
    const possible = TEXTS.filter((text) => !text.includes('\0') && encodable(text) === text).slice(0, 200)
    for (const text of possible.filter((_, n) => n % 8 === 0)) {
      const ran = await im(['send', 'bo', '-m', text])
      isClean(ran, 'im send')
      if (ran.code === 0) expect(daemon.paramsOf('message.send')).toMatchObject({ text })
    }
    expect(existsSync(join(profile, 'PWNED'))).toBe(false)
  }, 60_000)
})

describe('hostile texts in a popup', () => {
  it('are one argument each, behind --, without a control character or markup', async () => {
    const folder = await tempDir()
    const out = join(folder, 'arguments')
    await writeFile(join(folder, 'notify-send'), '#!/bin/sh\nprintf "%s\\0" "$@" > "$OUT"\n')
    await chmod(join(folder, 'notify-send'), 0o755)
    const show = desktopNotifier({ env: { PATH: folder }, platform: 'linux', timers: nodeTimers })
    for (const text of TEXTS.filter((_, n) => n % 8 === 0)) {
      const desktop = { OUT: out, DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere' }
      expect(await show(popup({ title: text, body: text }), desktop)).not.toBeNull()
      const [app, urgency, end, title = '', body = '', ...more] = (await readFile(out, 'utf8')).split('\0')
      expect([app, urgency, end, more]).toEqual(['--app-name=im', '--urgency=normal', '--', ['']])
      expect(`${title}${body}`).not.toMatch(NEVER_SHOWN)
      expect(title).not.toMatch(/[\n\t]/)
      expect(body).not.toMatch(/[<>]|&(?!amp;|lt;|gt;)/)
    }
  }, 60_000)
})

describe.skipIf(lacks('env'))('hostile texts for watch -- CMD', () => {
  /** All it was given, each part ended by NUL. */
  const RECORDER = `#!/bin/sh
log=$1; shift
{ printf '%s\\0' "$#" "$@" "IM_TEXT\${IM_TEXT+=}$IM_TEXT" "IM_TRUNCATED=$IM_TRUNCATED"; cat; printf '\\0'; } >> "$log"
`
  it('stand in environment and stdin only, and no shell reads them', async () => {
    const script = join(home.home, 'recorder.sh')
    const log = join(home.home, 'recorded')
    await writeFile(script, RECORDER)
    await chmod(script, 0o755)
    const texts = [...TEXTS.filter((_, n) => n % 10 === 0), 'x'.repeat(32 * 1024 + 1), 'a\0b']
    await daemon.close()
    daemon = await fakeDaemon(home.paths, {
      'watch.start': (_: unknown, peer: Peer) => {
        for (const text of texts) {
          const message = messageView({ text })
          peer.notify('watch.event', {
            v: 1,
            type: 'message',
            at: message.at,
            cursor: '1:1',
            change: 'arrived',
            message,
          })
        }
        return { cursor: '1:1' }
      },
    })
    const given = ['$IM_TEXT', '`id`', '--json', '']
    const ran = await home.im(['watch', '--count', String(texts.length), '--', script, log, ...given], {
      env: { PATH: process.env.PATH ?? '' },
    })
    expect(ran).toMatchObject({ code: 0, stdout: '', stderr: '' })
    const parts = readFileSync(log, 'utf8').split('\0')
    const perEvent = 1 + given.length + 3
    expect(parts).toHaveLength(texts.length * perEvent + 1)
    for (const [n, text] of texts.entries()) {
      const [count, ...rest] = parts.slice(n * perEvent, (n + 1) * perEvent)
      expect([count, ...rest.slice(0, given.length)]).toEqual([String(given.length), ...given])
      const [variable, truncated, input = ''] = rest.slice(given.length)
      const isLeftOut = text.includes('\0') || Buffer.byteLength(text) > 32 * 1024
      expect(variable).toBe(isLeftOut ? 'IM_TEXT' : `IM_TEXT=${encodable(text)}`)
      expect(truncated).toBe(isLeftOut ? 'IM_TRUNCATED=1' : 'IM_TRUNCATED=')
      expect(JSON.parse(input)).toMatchObject({ message: { text } })
    }
    expect(existsSync(join(profile, 'PWNED'))).toBe(false)
    expect(existsSync(join(home.home, 'PWNED'))).toBe(false)
  }, 60_000)
})
