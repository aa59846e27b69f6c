/**
 * A word that stands in every text, note, alias, password and pattern, through every verb: nowhere at the relay, neither
 * on its disk, nor in what it prints, nor on the way to it. What the relay may read carries another word, which is found.
 */
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { VERBS } from '../../src/cli/tree/index.ts'
import { ImError } from '../../src/protocol/errors.ts'
import { decodeRow } from '../../src/store/codec.ts'
import { openLevelEngine } from '../../src/store/level-engine.ts'
import { findWord } from '../support/canary.ts'
import { callDaemon } from '../support/local-caller.ts'
import { type RecordingProxy, recordingProxy } from '../support/recording-proxy.ts'
import { openDevice, type RelayProcess, startRelay } from '../support/relay-process.ts'
import { eventually } from '../support/wait-for.ts'
import { type Ran, world } from '../support/world.ts'

const WORD = 'Kanarienvogel7Q'
/** In what `docs/threats.md` lists as readable: nick, status text, note of a request. */
const READABLE = 'Haussperling7Q'
const MARKS = 10_000

const LIMITS = `loginsPerMinute = 10000
[limits]
changesPerSecond = 100000
changesBurst = 100000
backupsPerFriend = 100000
backupsPerAccount = 100000
`

/** Verbs that say nothing to a relay, or serve one. */
const SILENT = /^(relay|daemon|config|completion|help$|when$|demo$|doctor$)/

interface Stage {
  relay: RelayProcess
  proxy: RecordingProxy
  dataDir: string
  home: string
  /** One `im` of a profile, with the exit code it has to end with; what it printed, without its last newline. */
  im(profile: string, args: readonly string[], options?: { input?: string; code?: number }): Promise<string>
  ran: Set<string>
  mark(what: string): string
  marks(): number
}

async function stage(): Promise<Stage> {
  const processes = await world()
  const { home } = processes
  const dataDir = join(home, 'watched')
  const config = join(home, 'watched.toml')
  await writeFile(config, LIMITS)
  const relay = await startRelay(dataDir, ['--config', config, '--debug', '--metrics', '127.0.0.1:0'])
  onTestFinished(async () => void (await relay.stop()))
  const proxy = await recordingProxy(relay.url)
  onTestFinished(() => proxy.close())
  const ran = new Set<string>()
  let marks = 0
  return {
    relay,
    proxy,
    dataDir,
    home,
    ran,
    marks: () => marks,
    mark: (what) => `${WORD} ${what} ${++marks}`,
    async im(profile, args, { input = '', code = 0 } = {}) {
      const verb = VERBS.map(({ name }) => name)
        .filter((name) => `${args.join(' ')} `.startsWith(`${name} `))
        .sort((a, b) => b.length - a.length)[0]
      if (verb !== undefined) ran.add(verb)
      const done: Ran = await processes.im(profile, args, { input, env: { IM_RELAY: proxy.url } })
      if (done.code !== code) throw new Error(`im ${args.join(' ')}: exit ${done.code}\n${done.stderr}`)
      return done.stdout.trim()
    },
  }
}

const LOGIN = ['--token-store', 'file', '--password-stdin']

/** Three accounts; the recovery code of the first. */
async function meet({ im, mark }: Stage) {
  const password = mark('password of ana')
  const register = (name: string, word: string) =>
    im(name, ['register', '--nick', `${name} ${READABLE}`, '--json', ...LOGIN], { input: word })
  const made = JSON.parse(await register('ana', password)) as { uin: string; recoveryCode: string }
  const bo = JSON.parse(await register('bo', mark('password of bo'))) as { uin: string }
  const cyPassword = mark('password of cy')
  const cy = JSON.parse(await register('cy', cyPassword)) as { uin: string }
  for (const other of [bo, cy]) {
    const name = other === bo ? 'bo' : 'cy'
    await im('ana', ['friend', 'add', other.uin, '-m', `it is ${READABLE}`])
    await eventually(async () => expect(await im(name, ['friend', 'requests', '-q'])).toContain(made.uin))
    await im(name, ['friend', 'accept', made.uin])
  }
  return { ...made, password, bo: bo.uin, cy: cy.uin, cyPassword }
}

/** All that can be said about friends. */
async function speakOfFriends({ im, mark }: Stage, { uin, bo, cy }: { uin: string; bo: string; cy: string }) {
  await im('ana', ['friend', 'alias', bo, mark('alias')])
  await im('ana', ['friend', 'show', bo])
  await im('ana', ['friend', 'verify', bo, '-y'])
  await im('ana', ['friend', 'list'])
  await im('ana', ['friend', 'notify', bo, 'once'])
  await im('ana', ['friend', 'quiet', bo, '03:00-03:01'])
  await im('ana', ['friend', 'invite'])
  await im('ana', ['friend', 'hide', bo, 'on'])
  await im('ana', ['friend', 'hide', bo, 'off'])
  await im('ana', ['quiet', '03:00-03:01'])
  await im('ana', ['quiet', 'off'])
  await im('ana', ['status', 'busy', '-m', `writing ${READABLE}`])
  await im('ana', ['status', 'online'])
  await im('ana', ['who'])
  await im('ana', ['presence', bo])
  await im('ana', ['account', 'nick', `ana ${READABLE}`])
  await im('ana', ['friend', 'remove', cy])
  await im('cy', ['friend', 'block', uin])
  await im('cy', ['friend', 'unblock', uin])
  await im('ana', ['friend', 'add', cy])
  await eventually(async () => expect(await im('cy', ['friend', 'requests', '-q'])).toContain(uin))
  await im('cy', ['friend', 'decline', uin])
}

async function write({ im, mark, home }: Stage, { uin, bo }: { uin: string; bo: string }) {
  const file = join(home, 'text.txt')
  await writeFile(file, mark('text from a file'))
  await im('ana', ['send', bo, mark('text'), '--wait'])
  await im('ana', ['send', bo, '-m', mark('text by a flag')])
  await im('ana', ['send', bo, '-F', file])
  await im('ana', ['send', bo, '-'], { input: mark('text from stdin') })
  await im('ana', ['send', bo, mark('text with a key'), '--key', mark('key')])
  await im('ana', ['send', 'me', mark('text to myself')])
  await im('bo', ['send', uin, mark('text the other way')])
  await eventually(async () => expect(await im('ana', ['inbox'])).toContain('the other way'))
  await im('ana', ['inbox', '--mark-read'])
  await im('ana', ['history', bo, '--grep', WORD])
  await im('ana', ['watch', '--after', '1:0', '--count', '5', '--timeout', '10s'])
  await im('ana', ['wait', bo, '--online', '--timeout', '1s'], { code: 124 })
}

/** What `im chat` does, by the daemon's methods; the window itself wants a terminal. */
async function converse({ home, im, mark }: Stage, bo: string): Promise<void> {
  const window = await callDaemon(home, 'ana')
  onTestFinished(() => window.close())
  await window.call('chat.attach', {})
  await window.call('chat.active', { who: bo })
  await window.call('draft.put', { who: bo, text: mark('not yet sent'), backupId: null })
  expect((await window.call('draft.get', { who: bo })).text).toContain(WORD)
  await im('ana', ['chat', bo], { code: 2 })
}

async function writeBackups({ home, im, mark }: Stage, { uin, bo }: { uin: string; bo: string }) {
  const later = ['--in', '2h']
  const private_ = () => ['--note', mark('note'), '--key', mark('key')]
  const add = (who: string, ...flags: string[]) => im('ana', ['backup', 'add', who, mark('draft'), ...flags])
  const one = await add(bo, '--send', ...later, ...private_())
  await im('ana', ['backup', 'edit', one, '-m', mark('text edited'), '--note', mark('note edited')])
  await im('ana', ['backup', 'show', one])
  await im('ana', ['backup', 'send', one, '-m', mark('text at last')])
  const words = ['--when-message-from', bo, '--matching']
  await add('me', ...words, mark('words'), ...private_())
  await add(bo, '--when-message-from', bo, '--matching-re', `${WORD}.*pattern`, ...private_())
  await im('ana', ['send', bo, mark('text in two hours'), ...later])
  await im('bo', ['send', uin, mark('words')])

  const cancelled = await add(bo, '--when-online', '--send', ...private_())
  await im('ana', ['backup', 'cancel', cancelled]).catch(() => 'sent already')
  const undone = await add(bo, ...later)
  await im('ana', ['backup', 'cancel', undone])
  await im('ana', ['backup', 'undo', undone])
  const series = await add('me', '--every', 'day 9am', ...private_())
  await im('ana', ['backup', 'skip', series])
  await im('ana', ['backup', 'pause', series])
  await im('ana', ['backup', 'resume', series])
  const due = await im('ana', ['remind', mark('reminder'), '--in', '1s'])
  await eventually(async () => expect(await im('ana', ['backup', 'list', '--due', '-q'])).toContain(due))
  await im('ana', ['backup', 'snooze', due, '1s'])
  await eventually(async () => expect(await im('ana', ['backup', 'list', '--due', '-q'])).toContain(due))
  await im('ana', ['backup', 'open', due])
  await im('ana', ['backup', 'dismiss', due])

  const exported = join(home, 'exported.jsonl')
  await im('ana', ['backup', 'export', '-o', exported])
  const rows = (await readFile(exported, 'utf8')).replaceAll(WORD, `${WORD} moved`)
  await writeFile(exported, rows)
  await im('ana', ['backup', 'import', exported, '--on-conflict', 'replace'])

  await im('ana', ['config', 'set', 'run.enabled', 'true'])
  await im('ana', ['daemon', 'restart'])
  for (const command of [`/nowhere/${WORD}`, 'false']) {
    const run = await im('ana', [
      'backup',
      'add',
      'me',
      mark('to run'),
      '--run',
      '--in',
      '1s',
      '--',
      command,
      mark('arg'),
    ])
    await eventually(async () => expect(await im('ana', ['backup', 'show', run])).toMatch(/failed|RUN_FAILED/))
  }
}

async function moveAbout(
  { im, mark }: Stage,
  {
    uin,
    recoveryCode,
    password,
    cy,
    cyPassword,
  }: Record<'uin' | 'recoveryCode' | 'password' | 'cy' | 'cyPassword', string>,
): Promise<string[]> {
  await im('laptop', ['login', uin, ...LOGIN], { input: mark('wrong password'), code: 4 })
  await im('laptop', ['login', uin, ...LOGIN], { input: password })
  await im('laptop', ['whoami'])
  expect(await im('laptop', ['backup', 'list'])).toContain(WORD)
  await im('laptop', ['account', 'export'])
  const next = mark('next password')
  await im('laptop', ['account', 'password', '--password-stdin'], { input: `${password}\n${next}` })
  const renewed = await im('laptop', ['account', 'recovery', '--json', '--password-stdin'], { input: next })
  const { recoveryCode: code } = JSON.parse(renewed) as { recoveryCode: string }
  await im('laptop', ['logout', '-y'])
  await im('laptop', ['login', uin, '--recover', ...LOGIN], {
    input: `${recoveryCode}\n${mark('no password')}`,
    code: 4,
  })
  await im('laptop', ['login', uin, '--recover', ...LOGIN], { input: `${code}\n${mark('last password')}` })
  const devices = await im('ana', ['account', 'devices', '--json'])
  const laptop = devices
    .split('\n')
    .map((line) => JSON.parse(line) as { id: string; current: boolean })
    .find(({ current }) => !current)
  await im('ana', ['account', 'revoke', laptop?.id ?? ''])
  await im('cy', ['account', 'delete', '--confirm', cy, '-y', '--password-stdin'], { input: cyPassword })
  return [recoveryCode, code]
}

/** What the verbs leave of the ten thousand, through the daemon they talk to. */
async function writeMany({ home, mark, marks }: Stage, bo: string): Promise<void> {
  const ana = await callDaemon(home, 'ana')
  onTestFinished(() => ana.close())
  const add = (action: 'remind' | 'send') =>
    ana.call('backup.add', {
      to: action === 'send' ? bo : 'me',
      text: mark('draft'),
      when: { whenMessageFrom: [bo], matching: mark('words'), in: '24h' },
      action,
      note: mark('note'),
      key: mark('key'),
      dryRun: false,
    })
  while (marks() < MARKS - 400) {
    await Promise.all(Array.from({ length: 100 }, (_, n) => add(n % 10 === 0 ? 'send' : 'remind')))
  }
  while (marks() < MARKS) {
    await Promise.all(Array.from({ length: 50 }, () => ana.call('message.send', { to: bo, text: mark('text') })))
  }
  await eventually(async () => expect((await ana.call('daemon.status', {})).outbox).toBe(0), 60_000)
}

async function metricsOf(relay: RelayProcess): Promise<string> {
  const { metrics } = JSON.parse(relay.printed().split('\n')[0] ?? '') as { metrics: string }
  return (await fetch(metrics)).text()
}

interface Place {
  name: string
  bytes: Buffer
}

async function filesBelow(dir: string): Promise<Place[]> {
  const found: Place[] = []
  for (const entry of await readdir(dir, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath ?? entry.path, entry.name)
    if (entry.isFile()) found.push({ name: path.slice(dir.length + 1), bytes: await readFile(path) })
  }
  return found
}

/** The rows as they were written: LevelDB compresses its tables. */
async function rowsOf(dir: string): Promise<Place[]> {
  const engine = await openLevelEngine(join(dir, 'store'))
  try {
    const rows = await engine.range({})
    const texts = rows.map(([key, row]) => {
      // The store's own rows about itself have another form.
      try {
        return `${key} ${JSON.stringify(decodeRow(key, row))}`
      } catch {
        return `${key} ${row}`
      }
    })
    return [{ name: `${rows.length} rows`, bytes: Buffer.from(texts.join('\n')) }]
  } finally {
    await engine.close()
  }
}

/** What stands beside the word, for whoever has to find out how it came there. */
function around(word: string, bytes: Buffer): string {
  const at = bytes.indexOf(word)
  return at === -1 ? '' : `: …${bytes.subarray(Math.max(0, at - 80), at + 80).toString()}…`
}

const found = (word: string, places: readonly Place[]): string[] =>
  places.flatMap(({ name, bytes }) => findWord(word, bytes).map((form) => `${form} in ${name}${around(word, bytes)}`))

it(`${MARKS} marked texts and passwords through every verb leave no trace at the relay`, {
  timeout: 300_000,
}, async () => {
  const here = await stage()
  const people = await meet(here)
  await speakOfFriends(here, people)
  await write(here, people)
  await converse(here, people.bo)
  await writeBackups(here, people)
  await writeMany(here, people.bo)
  const codes = await moveAbout(here, people)
  expect(here.marks()).toBeGreaterThanOrEqual(MARKS)
  const missed = VERBS.map(({ name }) => name).filter((name) => !here.ran.has(name) && !SILENT.test(name))
  expect(missed).toEqual([])

  const secrets = await Promise.all(
    ['ana', 'bo'].map(async (name) => JSON.parse(await readFile(join(here.home, name, 'data', 'token.json'), 'utf8'))),
  )
  const metrics = [{ name: 'metrics', bytes: Buffer.from(await metricsOf(here.relay)) }]
  expect(await here.relay.stop()).toBe(0)
  const traffic = here.proxy.traffic()
  const disk = [...(await filesBelow(here.dataDir)), ...(await rowsOf(here.dataDir))]
  const log = [{ name: 'log', bytes: Buffer.from(here.relay.printed()) }]
  const everywhere = [...disk, ...log, ...metrics, ...traffic]

  expect(found(WORD, everywhere)).toEqual([])
  for (const code of codes) {
    expect(found(code, everywhere)).toEqual([])
    expect(found(code.replaceAll('-', ''), everywhere)).toEqual([])
  }
  for (const { token, keys } of secrets) {
    expect(found(keys, everywhere)).toEqual([])
    expect(found(token, [...disk, ...log, ...metrics])).toEqual([])
  }
  // Nor does a metric name anybody, not even by what a relay may know.
  for (const word of [READABLE, people.uin, people.bo, people.cy]) expect(found(word, metrics)).toEqual([])
  expect(found('im_relay_fires_total', metrics)).toEqual(expect.arrayContaining([expect.stringContaining('raw in')]))
  // What may be read is found in every place where it is looked for, so the word above would be too.
  expect(found(READABLE, traffic)).toEqual(expect.arrayContaining([expect.stringContaining('raw in connection')]))
  expect(found(READABLE, disk)).toEqual(expect.arrayContaining([expect.stringMatching(/^raw in \d+ rows/)]))
  expect(found('127.0.0.1', log)).toEqual(expect.arrayContaining([expect.stringContaining('raw in log')]))
})

it('one text in clear would be seen on its way, and is refused', { timeout: 60_000 }, async () => {
  const here = await stage()
  const { bo } = await meet(here)
  const { token } = JSON.parse(await readFile(join(here.home, 'ana', 'data', 'token.json'), 'utf8')) as {
    token: string
  }
  const uin = JSON.parse(await here.im('ana', ['whoami', '--json'])).uin
  const device = await openDevice(here.proxy.url, uin, token)
  const content = { kind: 'plain' as const, text: here.mark('in clear') }
  const sent = device.call('message.send', { id: 'a'.repeat(22), to: bo as never, content })
  await expect(sent).rejects.toSatisfy((error: unknown) => error instanceof ImError && error.code === 'NOT_SEALED')
  device.close()
  expect(await here.relay.stop()).toBe(0)
  expect(found(WORD, here.proxy.traffic())).toEqual(expect.arrayContaining([expect.stringContaining('frames')]))
  expect(found(WORD, [...(await filesBelow(here.dataDir)), ...(await rowsOf(here.dataDir))])).toEqual([])
})
