import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { cliHome } from '../../../support/cli.ts'
import { type FakeDaemon, fakeDaemon } from '../../../support/fake-daemon.ts'
import { BO, friendView } from '../../../support/views.ts'

const NUMBER = Array.from({ length: 12 }, (_, n) => String(11111 + n)).join(' ')

const home = cliHome()
let daemon: FakeDaemon | null = null
afterEach(async () => {
  await daemon?.close()
  daemon = null
})
afterAll(() => home[Symbol.dispose]())

async function im(argv: string[], friend = friendView({ safetyNumber: NUMBER })) {
  await daemon?.close()
  daemon = await fakeDaemon(home.paths, {
    'friend.show': friend,
    'friend.verify': { ...friend, verified: true, keyChanged: false },
    'friend.list': [friend],
  })
  return home.im(argv)
}

describe('im friend verify', () => {
  it('shows the number and, where nobody can be asked, verifies nothing', async () => {
    const ran = await im(['friend', 'verify', 'bo'])
    expect(ran).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('[INPUT_NEEDED]') })
    expect(ran.stderr).toContain('  11111 11112 11113 11114\n')
  })

  it('marks it with -y', async () => {
    expect(await im(['friend', 'verify', 'bo', '-y'])).toMatchObject({ code: 0, stdout: 'Bo is verified\n' })
    expect((await im(['friend', 'verify', 'bo', '-y', '--json'])).json).toMatchObject([{ uin: BO, verified: true }])
  })

  it('says that what was held goes again, after a change', async () => {
    const { stdout } = await im(
      ['friend', 'verify', 'bo', '-y'],
      friendView({ safetyNumber: NUMBER, keyChanged: true }),
    )
    expect(stdout).toBe('Bo is verified; what was held for them goes again\n')
  })

  it('refuses where no key is known', async () => {
    const ran = await im(['friend', 'verify', 'bo', '-y'], friendView({ safetyNumber: null }))
    expect(ran).toMatchObject({ code: 7, stderr: expect.stringContaining('[NOT_FRIENDS]') })
  })
})

it('im friend show prints the number, and what is known of the key', async () => {
  expect((await im(['friend', 'show', 'bo'])).stdout).toContain('as first seen')
  const { stdout } = await im(['friend', 'show', 'bo'], friendView({ safetyNumber: NUMBER, keyChanged: true }))
  expect(stdout).toContain('CHANGED')
  expect(stdout).toContain('  11119 11120 11121 11122')
})

it('im friend list marks who is verified, and whose key has changed', async () => {
  expect((await im(['friend', 'list'], friendView({ verified: true }))).stdout).toContain('\tverified\t')
  expect((await im(['friend', 'list'], friendView({ keyChanged: true }))).stdout).toContain('\tCHANGED\t')
})
