import { afterEach, beforeEach, expect, it } from 'vitest'
import { type InProcess, inProcess } from '../support/in-process.ts'

let world: InProcess

beforeEach(async () => {
  world = await inProcess()
})

afterEach(() => world.close())

it('whoever was online when a terminal starts is no news; whoever comes online after is', async () => {
  const desk = await world.terminal('desk')
  const { uin: ana } = await desk.register('Ana')
  const other = await world.terminal('other')
  const { uin: bo } = await other.register('Bo')
  await desk.call('friend.add', { who: bo ?? '' })
  await world.pass(1_000)
  await other.call('friend.accept', { who: ana ?? '' })
  await world.pass(60_000)

  desk.popups.length = 0
  await desk.restart(60_000)
  await world.pass(31_000)
  expect(await desk.call('presence.of', { who: ['Bo'] })).toMatchObject([{ presence: 'online' }])
  expect(desk.popups).toEqual([])

  await desk.call('watch.start', { types: ['presence'] })
  await desk.offline()
  await desk.online()
  expect(await desk.call('daemon.status', {})).toMatchObject({ connected: true })
  expect(desk.popups).toEqual([])
  expect(desk.events).toEqual([])

  await other.offline()
  await world.pass(60_000)
  await other.online()
  expect(desk.popups).toHaveLength(1)
  expect(desk.events.map(({ change }) => change)).toEqual(['offline', 'online'])
})
