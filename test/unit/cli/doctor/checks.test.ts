import { expect, it } from 'vitest'
import type { Patient } from '../../../../src/cli/doctor/check.ts'
import { diskFinding } from '../../../../src/cli/doctor/files.ts'
import { nodeFinding } from '../../../../src/cli/doctor/program.ts'
import { token } from '../../../../src/cli/doctor/relay.ts'
import { nodeTimers } from '../../../../src/host/node-host.ts'

it('a node that is too old is found', () => {
  expect(nodeFinding('v20.18.1', '/usr/bin/node')).toMatchObject([{ ok: true }])
  expect(nodeFinding('v24.0.0', '/usr/bin/node')).toMatchObject([{ ok: true }])
  for (const old of ['v18.20.4', 'v20.18.0']) {
    expect(nodeFinding(old, '/usr/bin/node')).toMatchObject([{ ok: false, fix: expect.any(String) }])
  }
})

it('a disk on which changes are refused is found, and the command can be pasted', () => {
  expect(diskFinding('/data', 256 * 2 ** 20)).toMatchObject([{ ok: true }])
  expect(diskFinding("/Ana's data", 256 * 2 ** 20 - 1)).toMatchObject([{ ok: false, fix: "df -h '/Ana'\\''s data'" }])
})

it('a keychain that cannot be reached is found where the token lies in it', async () => {
  const account = { uin: '1', tokenStore: 'keychain' }
  const io = { env: {}, platform: 'linux', timers: nodeTimers }
  const patient = { context: { io, paths: {} }, daemon: { account } } as unknown as Patient
  expect(await token.look(patient)).toMatchObject([
    { ok: false, detail: expect.stringContaining('D-Bus'), fix: expect.stringContaining('im daemon restart') },
  ])
})
