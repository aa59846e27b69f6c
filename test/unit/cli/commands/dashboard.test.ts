import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { textWidth, wrapped } from '../../../../src/cli/output/table.ts'
import { cliHome } from '../../../support/cli.ts'
import { type FakeDaemon, fakeDaemon } from '../../../support/fake-daemon.ts'
import { accountView, backupView, friendView } from '../../../support/views.ts'

const home = cliHome()
const friend = friendView({ presence: 'online' })
const backup = (text: string) => backupView({ to: friend.uin, text })
const view = {
  v: 1,
  me: accountView({ connected: true }),
  due: [{ ...backup('water the\nplants \u001b[2J'), state: 'due' }],
  requests: [friendView({ uin: '4835022718', nick: 'Cy', state: 'incoming' })],
  online: [friend, { ...friend, nick: 'Di', uin: '5', presence: 'busy' }],
  unread: 3,
  next: [
    backup('a long text about the budget of the year after the next, with numbers'),
    backup('two'),
    backup('three'),
  ],
  friends: 2,
  stale: false,
}

describe('im alone', () => {
  let daemon: FakeDaemon
  beforeAll(async () => {
    const answers = { dashboard: view, 'friend.list': [friend], 'account.whoami': view.me }
    daemon = await fakeDaemon(home.paths, answers)
  })
  afterAll(async () => {
    await daemon.close()
    home[Symbol.dispose]()
  })

  it('tells what is due first, then requests, me, the relay, who is there, what is unread, and the next three', async () => {
    const { code, stdout } = await home.im([], { terminal: 200 })
    expect(code).toBe(0)
    const heads = stdout.split('\n').map((line) => line.split(' ')[0])
    expect(heads).toEqual(['due', 'request', 'me', 'relay', 'friends', 'unread', 'next', 'next', 'next', ''])
    expect(stdout).toContain('water the ⏎ plants \\u001b[2J')
    // Not all of them are online: the head may not say so.
    expect(stdout).toContain('friends  Bo, Di (busy)')
  })

  it.each([20, 30, 60, 80])('fits a terminal of %i columns, and leaves nothing out', async (columns) => {
    const { stdout } = await home.im([], { terminal: columns })
    const wide = await home.im([], { terminal: 500 })
    expect(stdout.split('\n').filter((line) => textWidth(line) > columns)).toEqual([])
    expect(stdout.replaceAll(/\s/g, '')).toBe(wide.stdout.replaceAll(/\s/g, ''))
  })

  it('is a line each for a pipe, and the view as JSON', async () => {
    const piped = await home.im([])
    expect(piped.stdout.trimEnd().split('\n')).toHaveLength(9)
    expect((await home.im(['--json'])).json).toEqual([JSON.parse(JSON.stringify(view))])
  })
})

it.each([
  [0, 'none yet: im friend invite'],
  [3, 'nobody is there'],
])('of %i friends with none there it says so', async (friends, said) => {
  using own = cliHome()
  const daemon = await fakeDaemon(own.paths, { dashboard: { ...view, online: [], friends }, 'friend.list': [] })
  const { code, stdout } = await own.im([])
  await daemon.close()
  expect(code).toBe(0)
  expect(stdout).toContain(`friends  ${said}`)
})

describe('im alone, with a daemon that does not answer', () => {
  it('says so after a second, and how to help it', async () => {
    using own = cliHome()
    const silent = await fakeDaemon(own.paths, { dashboard: () => new Promise(() => {}) })
    const { code, stderr } = await own.im([])
    expect(code).toBe(124)
    expect(stderr).toContain('the daemon runs, but does not answer')
    expect(stderr).toContain('--timeout 15s')
    await silent.close()
  }, 5_000)
})

describe('wrapping', () => {
  it.each([
    ['one two three', 7, ['one two', 'three']],
    ['abcdefgh', 3, ['abc', 'def', 'gh']],
    ['你好世界 x', 4, ['你好', '世界', 'x']],
    ['', 5, []],
  ] as const)('%j in %i columns', (text, width, lines) => {
    expect(wrapped(text, width)).toEqual(lines)
  })
})
