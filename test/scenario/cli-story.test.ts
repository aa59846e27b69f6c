/** What two people do with the command line, as real processes. */
import { expect, it } from 'vitest'
import { type World, world } from '../support/world.ts'

async function friends(): Promise<World & { ana: string; bo: string }> {
  const made = await world()
  const [ana, bo] = await Promise.all([made.register('ana'), made.register('bo')])
  await made.befriend({ profile: 'ana', uin: ana }, { profile: 'bo', uin: bo })
  return { ...made, ana, bo }
}

it('a message is sent, waited for, received and read; the same key again is the same message', async () => {
  const { ana, bo, im } = await friends()
  const first = await im('ana', ['send', bo, 'hello', '--key', 'k1', '--wait', '--timeout', '10s', '--json'])
  expect(first).toMatchObject({ code: 0, stderr: '' })
  const again = await im('ana', ['send', bo, 'hello', '--key', 'k1', '--json'])
  expect(again.json[0]?.id).toBe(first.json[0]?.id)
  expect(await im('ana', ['send', bo, 'other', '--key', 'k1'])).toMatchObject({
    code: 7,
    stderr: expect.stringContaining('KEY_TAKEN'),
  })
  const inbox = await im('bo', ['inbox', '--unread', '--mark-read', '--json'])
  expect(inbox.json).toMatchObject([{ from: ana, text: 'hello' }])
  expect((await im('bo', ['inbox', '--unread', '--json'])).json).toEqual([])
  expect(await im('ana', ['wait', bo, '--read', '--timeout', '10s'])).toMatchObject({ code: 0 })
})

it('a backup is added, listed, edited, cancelled, brought back and sent', async () => {
  const { bo, im } = await friends()
  const added = await im('ana', ['backup', 'add', bo, 'first', '--at', 'tomorrow 9am', '--send'])
  const id = added.stdout.trim()
  expect((await im('ana', ['backup', 'list', '-q'])).stdout).toBe(`${id}\n`)
  expect((await im('ana', ['backup', 'edit', id, '-m', 'second', '--json'])).json[0]).toMatchObject({
    text: 'second',
    rev: 2,
  })
  expect(await im('ana', ['backup', 'cancel', id])).toMatchObject({ code: 0 })
  expect((await im('ana', ['backup', 'list', '-q'])).stdout).toBe('')
  expect((await im('ana', ['backup', 'undo', '--json'])).json[0]).toMatchObject({ id, state: 'armed' })
  expect((await im('ana', ['backup', 'show', id.slice(0, 6), '--json'])).json[0]).toMatchObject({ id })
  expect(await im('ana', ['backup', 'send', id, '--wait', '--timeout', '10s'])).toMatchObject({ code: 0, stderr: '' })
  expect((await im('bo', ['inbox', '--json'])).json).toMatchObject([{ text: 'second' }])
  expect(await im('ana', ['backup', 'cancel', id])).toMatchObject({
    code: 7,
    stderr: expect.stringContaining('ALREADY_SENT'),
  })
})

it('a dry run says what would be and stores nothing', async () => {
  const { bo, im } = await friends()
  const dry = await im('ana', ['send', bo, 'x', '--at', 'tomorrow 9am', '--dry-run', '--json'])
  expect(dry.json[0]).toMatchObject({ id: null, state: 'armed', next: [expect.any(String)] })
  expect((await im('ana', ['backup', 'list', '--json'])).json).toEqual([])
})

it('a cancel while the relay is away is exit 8, and says that it may still be sent', async () => {
  const { bo, im, stopRelay } = await friends()
  const { stdout } = await im('ana', ['backup', 'add', bo, 'x', '--at', 'tomorrow 9am', '--send'])
  await stopRelay()
  const cancelled = await im('ana', ['backup', 'cancel', stdout.trim(), '--json'])
  expect(cancelled).toMatchObject({ code: 8, stderr: expect.stringContaining('NOT_YET') })
  expect(cancelled.json[0]).toMatchObject({ id: stdout.trim(), pending: 'cancel', stored: 'here' })
})

it('the second terminal gets the backups at login, and its device can be cut off', async () => {
  const { ana, bo, im } = await friends()
  await im('ana', ['backup', 'add', bo, 'x', '--at', 'tomorrow 9am'])
  const login = await im('laptop', ['login', ana, '--password-stdin', '--token-store', 'file', '--json'], {
    input: 'password of ana',
  })
  expect(login.json[0]).toMatchObject({ uin: ana, backups: 1 })
  const device = String(login.json[0]?.deviceId)
  expect(await im('ana', ['account', 'revoke', device])).toMatchObject({ code: 0 })
  const after = await im('laptop', ['account', 'devices'])
  expect(after.code).toBe(4)
})
