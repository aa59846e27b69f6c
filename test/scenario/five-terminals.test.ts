import { expect, it } from 'vitest'
import { callDaemon, type LocalCaller } from '../support/local-caller.ts'
import { eventually } from '../support/wait-for.ts'
import { world } from '../support/world.ts'

const TERMINALS = 5
const BACKUPS = 200
const PATIENCE_MS = 60_000

async function texts(caller: LocalCaller, who: string): Promise<(string | null)[]> {
  const messages = await caller.call('message.history', { who, limit: 10_000 })
  return messages.map(({ text }) => text)
}

async function inState(caller: LocalCaller, state: 'armed' | 'sent'): Promise<number> {
  return (await caller.call('backup.list', { states: [state], due: false, all: true })).length
}

it('200 backups that five terminals race for when a friend comes online are 200 messages', {
  timeout: 240_000,
}, async () => {
  const { home, im, register, befriend } = await world()
  const [ana, bo] = [await register('ana1'), await register('bo')]
  await befriend({ profile: 'ana1', uin: ana }, { profile: 'bo', uin: bo })
  const profiles = Array.from({ length: TERMINALS }, (_, n) => `ana${n + 1}`)
  for (const profile of profiles.slice(1)) {
    const login = ['login', ana, '--token-store', 'file', '--password-stdin']
    expect(await im(profile, login, { input: 'password of ana1' })).toMatchObject({ code: 0 })
  }
  expect(await im('bo', ['daemon', 'stop'])).toMatchObject({ code: 0 })
  const terminals = await Promise.all(profiles.map((profile) => callDaemon(home, profile)))
  const [first] = terminals
  if (first === undefined) throw new Error('there is no terminal')
  const all = Array.from({ length: BACKUPS }, (_, n) => `backup ${n}`)
  await eventually(async () =>
    expect(await first.call('presence.of', { who: ['bo'] })).toMatchObject([{ presence: 'offline' }]),
  )
  for (let from = 0; from < BACKUPS; from += 10) {
    const add = (text: string) =>
      first.call('backup.add', { to: 'bo', text, when: { whenOnline: true }, action: 'send', dryRun: false })
    await Promise.all(all.slice(from, from + 10).map(add))
  }
  for (const one of terminals)
    await eventually(async () => expect(await inState(one, 'armed')).toBe(BACKUPS), PATIENCE_MS)

  expect(await im('bo', ['daemon', 'start'])).toMatchObject({ code: 0 })
  const friend = await callDaemon(home, 'bo')
  await friend.call('status.set', { status: 'online' })

  for (const one of terminals)
    await eventually(async () => expect(await inState(one, 'sent')).toBe(BACKUPS), PATIENCE_MS)
  await eventually(
    async () => expect((await texts(friend, 'ana1')).length).toBeGreaterThanOrEqual(BACKUPS),
    PATIENCE_MS,
  )
  // Every terminal has seen every backup sent: nobody asks any more.
  expect((await texts(friend, 'ana1')).sort()).toEqual([...all].sort())
  for (const one of terminals) expect((await texts(one, 'bo')).sort()).toEqual([...all].sort())
  for (const one of [...terminals, friend]) one.close()
})
