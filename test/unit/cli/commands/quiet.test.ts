import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { cliHome } from '../../../support/cli.ts'
import { type FakeDaemon, fakeDaemon } from '../../../support/fake-daemon.ts'
import { accountView, friendView } from '../../../support/views.ts'

const HOURS = { from: '22:00', to: '07:00', zone: 'Asia/Tokyo' }

const home = cliHome()
let daemon: FakeDaemon | null = null
afterEach(async () => {
  await daemon?.close()
  daemon = null
})
afterAll(() => home[Symbol.dispose]())

async function im(argv: string[], quiet: typeof HOURS | null, uin: string | null = accountView().uin) {
  await daemon?.close()
  const [account, friend] = [accountView({ quiet, uin }), friendView({ quiet })]
  daemon = await fakeDaemon(home.paths, {
    'account.whoami': account,
    'quiet.set': account,
    'friend.show': friend,
    'friend.quiet': friend,
  })
  return home.im(argv)
}

describe('quiet hours, without a span', () => {
  it('are told with their zone, and nothing is set', async () => {
    const { code, stdout } = await im(['quiet'], HOURS)
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('22:00-07:00 Asia/Tokyo') })
    expect(daemon?.calls.map(({ method }) => method)).toEqual(['hello', 'account.whoami'])
    expect((await im(['quiet', '--json'], HOURS)).json).toMatchObject([{ quiet: HOURS }])
  })

  it('that are not set are told as that, and are null', async () => {
    expect(await im(['quiet'], null)).toMatchObject({ code: 0, stdout: 'no quiet hours\n' })
    expect((await im(['quiet', '--json'], null)).json).toMatchObject([{ quiet: null }])
  })

  it('of a friend are told with the zone of that friend', async () => {
    const { code, stdout } = await im(['friend', 'quiet', 'bo'], HOURS)
    expect(code).toBe(0)
    expect(stdout).toMatch(/Bo .*22:00-07:00 Asia\/Tokyo/)
    expect(daemon?.calls.map(({ method }) => method)).toEqual(['hello', 'friend.show'])
    expect(await im(['friend', 'quiet', 'bo'], null)).toMatchObject({ code: 0, stdout: 'no quiet hours for Bo\n' })
  })

  it.each([[['quiet', '--tz', 'UTC']], [['friend', 'quiet', 'bo', '--tz', 'UTC']]])(
    '%j: a zone of nothing is refused',
    async (argv) => {
      expect(await im(argv, HOURS)).toMatchObject({ code: 2, stderr: expect.stringContaining('--tz') })
    },
  )

  it.each(['quiet', 'status'])('im %s says so when nobody is logged in', async (verb) => {
    expect(await im([verb], null, null)).toMatchObject({ code: 4, stderr: expect.stringContaining('[NOT_LOGGED_IN]') })
  })
})

it('what is set is told as it was understood, with its zone', async () => {
  expect((await im(['quiet', '10pm-7am'], HOURS)).stdout).toContain('22:00-07:00 Asia/Tokyo')
  expect(daemon?.paramsOf('quiet.set')).toEqual({ span: '10pm-7am' })
  expect((await im(['friend', 'quiet', 'bo', 'off'], null)).stdout).toBe('no quiet hours for Bo\n')
  expect(daemon?.paramsOf('friend.quiet')).toEqual({ who: 'bo', span: null })
})

it('whoami and friend show have a line for them, where there are any', async () => {
  expect((await im(['whoami'], HOURS)).stdout).toContain('22:00-07:00 Asia/Tokyo')
  expect((await im(['friend', 'show', 'bo'], HOURS)).stdout).toContain('22:00-07:00 Asia/Tokyo')
  expect((await im(['whoami'], null)).stdout).not.toContain('quiet')
  expect((await im(['friend', 'show', 'bo'], null)).stdout).not.toContain('quiet')
})
