/** Backups that leave as a file and come back: nothing doubled, nothing fired, nothing lost without a word. */
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { DAY_MS } from '../../src/domain/instant.ts'
import { nodeClock } from '../../src/host/node-host.ts'
import { eventually } from '../support/wait-for.ts'
import { type World, world } from '../support/world.ts'

type Json = Readonly<Record<string, unknown>>

interface Desk extends World {
  ana: string
  bo: string
  /** `im` in Ana's profile. */
  me(args: readonly string[], input?: string): ReturnType<World['im']>
  /** What waits in a profile, without what only tells when and where it was written. */
  waiting(profile?: string): Promise<Json[]>
}

async function desk(): Promise<Desk> {
  const made = await world()
  const [ana, bo] = await Promise.all([made.register('ana'), made.register('bo')])
  await made.befriend({ profile: 'ana', uin: ana }, { profile: 'bo', uin: bo })
  return {
    ...made,
    ana,
    bo,
    me: (args, input = '') => made.im('ana', args, { input }),
    waiting: async (profile = 'ana') =>
      (await made.im(profile, ['backup', 'list', '--json'])).json.map(
        ({ id, to, text, note, key, state, action, trigger, window, unless, late, repeat }) => ({
          ...{ id, to, text, note, key, state, action, window, unless, late, repeat },
          trigger: JSON.parse(JSON.stringify(trigger).replaceAll(/"holds":\w+/g, '"holds":null')),
        }),
      ),
  }
}

const FIVE: readonly (readonly string[])[] = [
  ['backup', 'add', 'BO', 'two\nlines', '--when-online', '--between', '08:00-22:00', '--days', 'mon-fri', '--send'],
  ['backup', 'add', 'BO', 'free now?', '--when-message-from', 'BO', '--matching', 'free now', '--unless-reply', 'hold'],
  ['backup', 'add', 'me', 'weekly', '--every', 'mon 9am', '--count', '5', '--tz', 'Asia/Tokyo', '--note', 'mine'],
  ['remind', 'keyed', '--at', 'tomorrow 9am', '--key', 'k1'],
  ['backup', 'add', 'BO', 'by hand', '--grace', '1h', '--expires', '2w'],
]

async function addFive({ me, bo }: Desk): Promise<void> {
  for (const args of FIVE) {
    const ran = await me(args.map((word) => (word === 'BO' ? bo : word)))
    expect(ran).toMatchObject({ code: 0 })
  }
}

it('exported, wiped and imported, the map is equal, ids included; once more, nothing is doubled', async () => {
  const one = await desk()
  const { home, me, waiting } = one
  await addFive(one)
  const before = await waiting()
  expect(before).toHaveLength(FIVE.length)
  const file = join(home, 'backups.jsonl')
  expect(await me(['backup', 'export', '-o', file])).toMatchObject({ code: 0, stdout: '' })
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(await me(['backup', 'cancel', ...before.map(({ id }) => String(id))])).toMatchObject({ code: 0 })
  expect(await waiting()).toEqual([])

  const back = await me(['backup', 'import', file, '--json'])
  expect(back.json).toEqual([
    { v: 1, added: 5, changed: 0, skipped: 0, held: 0, waiting: 0, stored: 'relay', refused: [] },
  ])
  expect(await waiting()).toEqual(before)
  expect((await me(['backup', 'import', '-', '--json'], readFileSync(file, 'utf8'))).json).toEqual([
    { v: 1, added: 0, changed: 0, skipped: 5, held: 0, waiting: 0, stored: 'relay', refused: [] },
  ])
  expect(await waiting()).toEqual(before)
}, 90_000)

it('another account takes them as its own, and the same file twice is one map', async () => {
  const { bo, im, me, waiting } = await desk()
  await me(['remind', 'for Ana', '--at', 'tomorrow 9am'])
  await me(['backup', 'add', bo, 'for Bo', '--when-online'])
  const lines = (await me(['backup', 'export'])).stdout.replaceAll(/"to":"\d+"/g, '"to":"me"')
  const first = await im('bo', ['backup', 'import', '-', '--json'], { input: lines.replace(bo, 'me') })
  expect(first.json[0]).toMatchObject({ added: 1, refused: [{ line: 2, code: 'NEVER_FIRES' }] })
  expect(first.code).toBe(7)
  const again = await im('bo', ['backup', 'import', '-', '--json'], { input: lines })
  expect(again.json[0]).toMatchObject({ added: 0, skipped: 1 })
  expect(await waiting('bo')).toMatchObject([{ text: 'for Ana', to: bo, state: 'armed' }])
}, 60_000)

it('with the relay away it says what is kept here, and that it goes out later', async () => {
  const { me, startRelay, stopRelay, waiting } = await desk()
  await stopRelay()
  const input = ['one', 'two', 'three'].map((text) => JSON.stringify({ to: 'me', text })).join('\n')
  const ran = await me(['backup', 'import', '-'], input)
  expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining('3 added') })
  expect(ran.stdout).toContain('3 of them kept here; they go to the relay when it answers')
  const again = await me(['backup', 'import', '-', '--json'], JSON.stringify({ to: 'me', text: 'four' }))
  expect(again.json).toMatchObject([{ added: 1, waiting: 1, stored: 'here' }])
  await startRelay()
  await eventually(async () => {
    const rows = (await me(['backup', 'list', '--json'])).json
    expect(rows.map(({ stored }) => stored)).toEqual(['relay', 'relay', 'relay', 'relay'])
  })
  expect(await waiting()).toHaveLength(4)
}, 60_000)

it('what is past is held and never sent; what was held stays so', async () => {
  const { bo, me } = await desk()
  const at = (time: string, more: Json = {}) => ({ conditions: [{ kind: 'time', at: time, zone: 'UTC' }], ...more })
  const tomorrow = new Date(nodeClock.now() + DAY_MS).toISOString()
  const rows = [
    { to: bo, text: 'last year', action: 'send', trigger: at('2025-01-01T09:00:00Z') },
    { to: bo, text: 'paused', trigger: at(tomorrow), state: 'held' },
    { to: bo, text: 'its else has passed', window: { elseAt: '2025-01-01T09:00:00Z' } },
    { to: bo, text: 'ahead', trigger: at(tomorrow) },
  ]
  const input = rows.map((row) => JSON.stringify(row)).join('\n')
  const ran = await me(['backup', 'import', '-'], input)
  expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining('4 added') })
  expect(ran.stdout).toContain('3 of them held')
  const stand = (await me(['backup', 'list', '--json'])).json.map(({ text, state, why }) => [text, state, why])
  expect(new Set(stand)).toEqual(
    new Set([
      ['last year', 'held', expect.objectContaining({ code: 'IMPORTED_LATE' })],
      ['paused', 'held', expect.objectContaining({ code: 'PAUSED' })],
      ['its else has passed', 'held', expect.objectContaining({ code: 'IMPORTED_LATE' })],
      ['ahead', 'armed', expect.anything()],
    ]),
  )
}, 60_000)

it('a dry run says the same and changes nothing; replace changes what is there', async () => {
  const { bo, me, waiting } = await desk()
  await me(['backup', 'add', bo, 'first', '--when-online', '--key', 'k1'])
  const before = await waiting()
  const row = { to: bo, text: 'second', key: 'k1', trigger: { conditions: [{ kind: 'my-send', to: null }] } }
  const input = `${JSON.stringify(row)}\n${JSON.stringify({ to: bo, text: 'new' })}\n`
  const counts = async (...flags: string[]) => (await me(['backup', 'import', '-', '--json', ...flags], input)).json[0]
  expect(await counts('--dry-run')).toMatchObject({ added: 1, changed: 0, skipped: 1, stored: null })
  expect(await counts('--dry-run', '--on-conflict', 'replace')).toMatchObject({ added: 1, changed: 1, skipped: 0 })
  expect(await waiting()).toEqual(before)
  expect(await counts('--on-conflict', 'replace')).toMatchObject({ added: 1, changed: 1, skipped: 0 })
  expect(await waiting()).toMatchObject([
    { text: 'second', key: 'k1', trigger: { conditions: [{ kind: 'my-send' }] } },
    { text: 'new' },
  ])
}, 60_000)

it('refused lines are told with line, code and message, and the others are taken', async () => {
  const { bo, me, waiting } = await desk()
  const rows: unknown[] = [
    { to: bo, text: 'good' },
    { to: '4835022718', text: 'no friend' },
    { to: bo, text: '' },
    { to: bo, text: 'x'.repeat(20_000) },
    { to: 'nobody at all', text: 'x' },
    { text: 'to whom?' },
    { to: bo, text: 'x', trigger: { conditions: [{ kind: 'moon' }] } },
    { to: bo, text: 'x', trigger: { conditions: [{ kind: 'every', rule: 'whenever' }] } },
    { to: bo, text: 'x', action: 'run' },
    'no object',
    { to: bo, text: 'good too' },
  ]
  const ran = await me(['backup', 'import', '-', '--json'], rows.map((row) => JSON.stringify(row)).join('\n'))
  expect(ran.json[0]).toMatchObject({ added: 2 })
  expect((ran.json[0] as { refused: Json[] }).refused.map(({ line, code }) => [line, code])).toEqual([
    [2, 'NOT_FRIENDS'],
    [3, 'EMPTY_TEXT'],
    [4, 'TOO_LONG'],
    [5, 'NO_SUCH_FRIEND'],
    [6, 'BAD_FILE'],
    [7, 'BAD_FILE'],
    [8, 'BAD_TIME'],
    [9, 'BAD_TRIGGER'],
    [10, 'BAD_FILE'],
  ])
  expect(ran.code).toBe(7)
  expect(JSON.parse(ran.stderr)).toMatchObject({ error: { code: 'NOT_FRIENDS' } })
  expect(await waiting()).toHaveLength(2)
}, 60_000)

it('a file that is no file of ours changes nothing, and its line is named', async () => {
  const { bo, home, me, waiting } = await desk()
  const good = JSON.stringify({ to: bo, text: 'x' })
  const file = join(home, 'half.jsonl')
  writeFileSync(file, `${good}\n\n${good.slice(0, 20)}`)
  expect(await me(['backup', 'import', file])).toMatchObject({ code: 2, stderr: expect.stringContaining('line 3') })
  expect(await me(['backup', 'import', join(home, 'none')])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('BAD_FILE'),
  })
  expect(await me(['backup', 'import', '-', '--on-conflict', 'both'], good)).toMatchObject({ code: 2 })
  writeFileSync(file, Buffer.from([0x7b, 0xff, 0x7d]))
  expect(await me(['backup', 'import', file])).toMatchObject({ code: 2, stderr: expect.stringContaining('BAD_UTF8') })
  expect(await me(['backup', 'import', '-'], '\n')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('0 added'),
  })
  expect(await waiting()).toEqual([])
}, 60_000)

it('with the relay away they are kept here, and go out when it is back', async () => {
  const { bo, me, startRelay, stopRelay, waiting } = await desk()
  await stopRelay()
  const rows = Array.from({ length: 600 }, (_, n) => JSON.stringify({ to: bo, text: `text ${n}`, key: `k${n}` }))
  expect(await me(['backup', 'import', '-'], rows.join('\n'))).toMatchObject({ code: 0 })
  await startRelay()
  await expect
    .poll(async () => (await me(['backup', 'list', '--json'])).json.filter(({ stored }) => stored === 'relay').length)
    .toBe(600)
  expect(new Set((await waiting()).map(({ text }) => text)).size).toBe(600)
}, 90_000)
