/** A relay that is taken back to a snapshot: nothing is sent twice, and what a terminal still knows comes back. */
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { eventually } from '../support/wait-for.ts'
import { world } from '../support/world.ts'

it('what was sent, said, cancelled and added after the snapshot is known again, and goes out once', async () => {
  const w = await world()
  const [ana, bo] = [await w.register('ana'), await w.register('bo')]
  await w.befriend({ profile: 'ana', uin: ana }, { profile: 'bo', uin: bo })
  const add = async (...args: string[]) => (await w.im('ana', [...args, '--json'])).json[0]?.id as string
  const fires = await add('send', bo, 'goes before the snapshot', '--in', '1s')
  const later = await add('send', bo, 'is cancelled after it', '--in', '3h')
  await eventually(async () => expect((await w.im('bo', ['inbox', '--json'])).json).toHaveLength(1))
  const waits = await add('backup', 'add', bo, 'waits for a word of Bo', '--when-message-from', bo, '--send')
  const kept = await add('send', bo, 'nobody touches it', '--in', '4h')
  const snapshot = join(w.home, 'snapshot')
  expect(await w.im('op', ['relay', 'snapshot', snapshot])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(join(w.home, 'relay', 'relay.key')),
  })

  // After it: one fires, one is cancelled, one comes new, and something is said.
  await w.im('bo', ['send', ana, 'a word'])
  const inbox = async () => (await w.im('bo', ['inbox', '--json'])).json.map(({ text }) => text)
  await eventually(async () => expect(await inbox()).toContain('waits for a word of Bo'))
  await w.im('ana', ['backup', 'cancel', later])
  const late = await add('send', bo, 'added after it', '--in', '5h')
  await w.im('ana', ['send', bo, 'said after it'])
  await eventually(async () => expect(await inbox()).toHaveLength(3))

  expect(await w.im('op', ['relay', 'restore', snapshot])).toMatchObject({
    code: 7,
    stderr: expect.stringContaining('RELAY_RUNNING'),
  })
  await w.stopRelay()
  await w.im('ana', ['daemon', 'stop'])
  const restored = await w.im('op', ['relay', 'restore', snapshot, '--json'])
  expect(restored.json).toMatchObject([{ accounts: 2, held: 1, aside: expect.stringContaining('before-restore-') }])
  expect(await w.im('op', ['relay', 'fsck'])).toMatchObject({ code: 0 })

  // Bo writes again before Ana's terminal is back: what waited for that is held, since it may have gone.
  await w.startRelay()
  await eventually(async () =>
    expect((await w.im('bo', ['daemon', 'status', '--json'])).json).toMatchObject([{ connected: true }]),
  )
  expect((await w.im('bo', ['send', ana, 'another word'])).code).toBe(0)
  const states = async () => {
    const all = (await w.im('ana', ['backup', 'list', '--all', '--json'])).json
    return Object.fromEntries(all.map(({ id, state }) => [id, state]))
  }
  await eventually(async () =>
    expect(await states()).toMatchObject({
      [fires]: 'sent',
      [waits]: 'sent',
      [later]: 'cancelled',
      [late]: 'armed',
      [kept]: 'armed',
    }),
  )
  const history = async (profile: string, who: string) =>
    (await w.im(profile, ['history', who, '--json'])).json.map(({ text }) => text).sort()
  const said = ['a word', 'another word', 'goes before the snapshot', 'said after it', 'waits for a word of Bo'].sort()
  await eventually(async () => expect(await history('ana', bo)).toEqual(said))
  expect(await history('bo', ana)).toEqual(said)
  // The relay itself knows it again: whoever comes fresh sees the same.
  const login = ['login', ana, '--password-stdin', '--token-store', 'file']
  expect(await w.im('fresh', login, { input: 'password of ana' })).toMatchObject({ code: 0 })
  await eventually(async () => expect(await history('fresh', bo)).toEqual(said))
}, 90_000)

it('what was said since the snapshot comes back to the relay, though a friend writes before its owner returns', async () => {
  const w = await world()
  const [ana, bo] = [await w.register('ana'), await w.register('bo')]
  await w.befriend({ profile: 'ana', uin: ana }, { profile: 'bo', uin: bo })
  const snapshot = join(w.home, 'snapshot')
  expect(await w.im('op', ['relay', 'snapshot', snapshot])).toMatchObject({ code: 0 })
  await w.im('bo', ['send', ana, 'one'])
  await w.im('ana', ['send', bo, 'two'])
  const history = async (profile: string, who: string) =>
    (await w.im(profile, ['history', who, '--json'])).json.map(({ text }) => text).sort()
  for (const [profile, who] of [
    ['ana', bo],
    ['bo', ana],
  ] as const) {
    await eventually(async () => expect(await history(profile, who)).toEqual(['one', 'two']))
  }
  const heard = (await w.im('ana', ['inbox', '--json'])).json.map(({ cursor }) => cursor as string)
  await w.stopRelay()
  await w.im('ana', ['daemon', 'stop'])
  expect(await w.im('op', ['relay', 'restore', snapshot])).toMatchObject({ code: 0 })
  await w.startRelay()
  await eventually(async () =>
    expect((await w.im('bo', ['daemon', 'status', '--json'])).json).toMatchObject([{ connected: true }]),
  )
  expect((await w.im('bo', ['send', ana, 'three'])).code).toBe(0)
  await eventually(async () => expect(await history('ana', bo)).toEqual(['one', 'three', 'two']))
  // Scripts go on from where they were in the log that is gone, and from where they are in this one.
  const wait = (...after: string[]) => w.im('ana', ['wait', bo, '--message', '--timeout', '1s', ...after])
  expect(await wait('--after', heard[0] ?? '')).toMatchObject({ code: 0, stdout: 'three\n' })
  expect(await wait()).toMatchObject({ code: 124, stdout: '' })
  const [{ cursor = '' } = {}] = (await w.im('ana', ['daemon', 'status', '--json'])).json as { cursor?: string }[]
  expect(await wait('--after', cursor)).toMatchObject({ code: 124, stdout: '' })
  expect(await w.im('ana', ['watch', '--after', cursor, '--timeout', '1s'])).toMatchObject({ code: 124 })
  const login = ['login', ana, '--password-stdin', '--token-store', 'file']
  expect(await w.im('fresh', login, { input: 'password of ana' })).toMatchObject({ code: 0 })
  await eventually(async () => expect(await history('fresh', bo)).toEqual(['one', 'three', 'two']))
}, 60_000)
