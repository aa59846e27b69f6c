/** What whoever runs a relay does with it, as real processes. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { parseLink } from '../../src/protocol/link.ts'
import { cliHome } from '../support/cli.ts'
import { startRelay } from '../support/relay-process.ts'
import { tempDir } from '../support/temp-dir.ts'
import { eventually } from '../support/wait-for.ts'
import { world } from '../support/world.ts'

it('an account is listed, disabled, enabled and deleted', async () => {
  const w = await world()
  const ana = await w.register('ana')
  const operate = (...args: string[]) => w.im('operator', ['relay', ...args, '--json'])
  await w.im('ana', ['remind', 'water the plants', '--at', 'tomorrow 9am'])
  expect((await operate('user', 'list')).json).toMatchObject([{ uin: ana, devices: 1, connected: true, backups: 1 }])

  expect((await operate('user', 'disable', ana)).json).toMatchObject([{ uin: ana, disabled: true, connected: false }])
  await eventually(async () =>
    expect(await w.im('ana', ['send', 'me', 'x'])).toMatchObject({
      code: 4,
      stderr: expect.stringMatching(
        /operator of this relay has disabled.*TOKEN_REFUSED\]\n +ask them; then: im daemon restart/,
      ),
    }),
  )
  expect((await w.im('ana', [])).stdout).toMatch(/^relay .* not connected: The operator .* has disabled/m)
  expect(await operate('user', 'disable', '123')).toMatchObject({ code: 2, stderr: expect.stringContaining('BAD_UIN') })
  const login = ['login', ana, '--password-stdin', '--token-store', 'file']
  expect(await w.im('laptop', login, { input: 'password of ana' })).toMatchObject({ code: 4 })

  expect((await operate('user', 'enable', ana)).json).toMatchObject([{ uin: ana, disabled: false }])
  expect(await w.im('ana', ['daemon', 'restart'])).toMatchObject({ code: 0 })
  await eventually(async () => expect(await w.im('ana', ['send', 'me', 'back'])).toMatchObject({ code: 0 }))

  expect(await operate('user', 'delete', ana)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('INPUT_NEEDED'),
  })
  expect(await operate('user', 'delete', ana, '-y')).toMatchObject({ code: 0 })
  expect((await operate('user', 'list')).json).toEqual([])
  expect(await operate('user', 'enable', ana)).toMatchObject({ code: 2, stderr: expect.stringContaining('USAGE') })
}, 60_000)

it('invites are made, listed and revoked, and the status says how the relay is reached', async () => {
  const w = await world()
  const operate = (...args: string[]) => w.im('operator', ['relay', ...args, '--json'])
  const [made] = (await operate('invite', 'create', '--uses', '3', '--expires', '2d')).json
  expect(made).toMatchObject({ uses: 3, used: 0, link: expect.stringMatching(/^im\+ws:\/\/127\.0\.0\.1:\d+\/invite=/) })
  expect(parseLink(String(made?.link)).relay).toBe(w.relayUrl)
  expect((await operate('invite', 'list')).json).toEqual([{ ...made, link: null }])
  expect((await operate('invite', 'revoke', String(made?.id).slice(0, 4))).json).toMatchObject([{ id: made?.id }])
  expect((await operate('invite', 'list')).json).toEqual([])
  expect((await operate('status')).json).toMatchObject([{ pin: null, inviteOnly: false, maxConnections: 20_000 }])
})

it('a pass over the accounts that finds nothing to do writes no line for whoever started the relay at a terminal', async () => {
  const relay = await startRelay(await tempDir(), ['--debug'])
  await eventually(() => expect(relay.printed()).toContain('"event":"housekeeping: nothing to do"'))
  expect(await relay.stop()).toBe(0)
  expect(relay.printed()).not.toMatch(/"info".*housekeeping/)
})

it('relay.toml is checked without a relay: each fault with its line', async () => {
  using cli = cliHome()
  const file = join(cli.home, 'relay.toml')
  await writeFile(
    file,
    'connections = 0\nfriendsInvite = true\n\n[timing]\npingIntervalMs = "x"\n\n[limits]\nfoo = 1\n',
  )
  const checked = await cli.im(['relay', 'config', 'check', '--config', file])
  expect(checked).toMatchObject({ code: 2, stdout: '' })
  for (const fault of [
    ':1: connections: ',
    ':5: timing.pingIntervalMs: ',
    ':8: limits.foo: the relay knows no such key',
  ])
    expect(checked.stderr).toContain(file + fault)
  await writeFile(file, 'connections = \n')
  expect((await cli.im(['relay', 'config', 'check', '--config', file])).stderr).toContain(`${file}:1: column`)
  await writeFile(file, 'connections = 5\n')
  expect(await cli.im(['relay', 'config', 'check', '--config', file])).toMatchObject({
    code: 0,
    stdout: `${file} is fine\n`,
  })
  expect(await cli.im(['relay', 'config', 'check'])).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^there is no .*relay\.toml: the defaults count\n$/),
  })
  expect(await cli.im(['relay', 'user'])).toMatchObject({ code: 2, stderr: expect.stringContaining('relay user list') })
  expect(await cli.im(['relay', 'user', 'lst'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('did you mean: im relay user list'),
  })
})
