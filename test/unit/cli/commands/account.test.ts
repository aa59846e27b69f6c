/** The verbs about the account itself, against a daemon that answers by a table. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ImError } from '../../../../src/protocol/errors.ts'
import { type CliHome, cliHome } from '../../../support/cli.ts'
import { type FakeDaemon, fakeDaemon } from '../../../support/fake-daemon.ts'
import { accountView, messageView } from '../../../support/views.ts'

let home: CliHome
let daemon: FakeDaemon | null = null

beforeEach(() => {
  home = cliHome()
})
afterEach(async () => {
  await daemon?.close()
  home[Symbol.dispose]()
})

async function answering(answers: Parameters<typeof fakeDaemon>[1]): Promise<FakeDaemon> {
  daemon = await fakeDaemon(home.paths, answers)
  return daemon
}

describe('secrets from stdin', () => {
  it('are lines in the order of the questions', async () => {
    const asked = await answering({
      'account.password': accountView(),
      'account.recover': accountView(),
      'account.login': accountView(),
    })
    expect(await home.im(['account', 'password', '--password-stdin'], { input: 'old\nnew\n' })).toMatchObject({
      code: 0,
    })
    expect(asked.paramsOf('account.password')).toEqual({ password: 'old', next: 'new' })
    const login = ['login', '4835022718', '--password-stdin']
    expect(await home.im([...login, '--recover'], { input: 'code\r\nnew' })).toMatchObject({ code: 0 })
    expect(asked.paramsOf('account.recover')).toEqual({ uin: '4835022718', code: 'code', password: 'new' })
    expect(await home.im(login, { input: 'pass word \n' })).toMatchObject({ code: 0 })
    expect(asked.paramsOf('account.login')).toEqual({ uin: '4835022718', password: 'pass word ' })
  })

  it('that are not there are asked for by name, before the daemon is', async () => {
    const asked = await answering({})
    const ran = await home.im(['account', 'password', '--password-stdin'], { input: 'old\n' })
    expect(ran.stderr).toContain('the second line of stdin is empty: no new password [INPUT_NEEDED]')
    expect(asked.calls).toEqual([])
  })
})

it('a new recovery code is talk for people, and a field for programs', async () => {
  await answering({ 'account.recovery': accountView({ recoveryCode: 'AAAAA-BBBBB' }) })
  const people = await home.im(['account', 'recovery', '--password-stdin'], { input: 'pw', terminal: 80 })
  expect(people.stderr).toContain('AAAAA-BBBBB')
  const json = await home.im(['account', 'recovery', '--password-stdin', '--json'], { input: 'pw' })
  expect(json.json).toMatchObject([{ recoveryCode: 'AAAAA-BBBBB' }])
  expect(json.stderr).toBe('')
})

describe('an export', () => {
  const pages = {
    'account.export': ({ after }: { after: string | null }) =>
      after === null
        ? { rows: [{ v: 1, type: 'account', account: accountView() }], next: 'message/' }
        : { rows: [{ v: 1, type: 'message', message: messageView({ text: 'a\u001b[2Jb' }) }], next: null },
  }

  it('goes to stdout as JSON lines, page after page, with nothing that could move a cursor', async () => {
    await answering(pages)
    const { code, stdout, json } = await home.im(['account', 'export'])
    expect(code).toBe(0)
    expect(json.map(({ type }) => type)).toEqual(['account', 'message'])
    expect(stdout).not.toContain('\u001b')
    expect(json[1]).toMatchObject({ message: { text: 'a\u001b[2Jb' } })
    expect((await home.im(['account', 'export', '-q'])).stdout).toBe('account\nmessage\n')
  })

  it('goes to a file that only its owner can read, whole or not at all', async () => {
    await answering(pages)
    const path = join(home.home, 'im.jsonl')
    expect(await home.im(['account', 'export', '-o', path])).toMatchObject({ code: 0, stdout: '' })
    expect(readFileSync(path, 'utf8').trim().split('\n')).toHaveLength(2)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    await daemon?.close()
    await answering({
      'account.export': ({ after }: { after: string | null }) => {
        if (after !== null) throw new ImError('RELAY_UNREACHABLE')
        return { rows: [], next: 'message/' }
      },
    })
    const before = readFileSync(path, 'utf8')
    expect(await home.im(['account', 'export', '-o', path])).toMatchObject({ code: 3 })
    expect(readFileSync(path, 'utf8')).toBe(before)
    expect(readdirSync(home.home).filter((name) => name.endsWith('.part'))).toEqual([])
    expect(await home.im(['account', 'export', '-o', join(home.home, 'no', 'where')])).toMatchObject({ code: 2 })
  })
})

it('deleting says which account it was', async () => {
  const asked = await answering({ 'account.delete': accountView({ connected: false }) })
  const uin = accountView().uin ?? ''
  const ran = await home.im(['account', 'delete', '--confirm', uin, '--password-stdin'], { input: 'pw' })
  expect(ran).toMatchObject({ code: 0, stdout: `${uin} is deleted, on the relay and here\n` })
  expect(asked.paramsOf('account.delete')).toEqual({ confirm: uin, password: 'pw' })
})
