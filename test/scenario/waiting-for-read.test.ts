import { afterEach, beforeEach, expect, it } from 'vitest'
import { type InProcess, type Terminal, twoFriends } from '../support/in-process.ts'

let world: InProcess
let desk: Terminal
let phone: Terminal
let bo: string

beforeEach(async () => {
  ;({ world, desk, phone, bo } = await twoFriends())
})

afterEach(() => world.close())

it('my newest message counts as not read while it waits for the relay, whatever they read before', async () => {
  const ended = async () => {
    const wait = desk.begin('wait.friend', { who: bo, for: 'read', waitMs: 1_000 }).then(
      ({ v: _, ...view }) => ('text' in view ? view.text : null),
      (error) => error.code,
    )
    await world.pass(1_500)
    return wait
  }
  await desk.offline()
  await desk.call('message.send', { to: bo, text: 'one' })
  expect(await ended()).toBe('TIMEOUT')
  await desk.online()
  await phone.call('message.inbox', { unread: true, markRead: true })
  await world.pass(2_000)
  expect(await ended()).toBe('one')

  await desk.offline()
  await desk.call('message.send', { to: bo, text: 'two' })
  expect(await ended()).toBe('TIMEOUT')
  await desk.online()
  await phone.call('message.inbox', { unread: true, markRead: true })
  await world.pass(2_000)
  expect(await ended()).toBe('two')
})
