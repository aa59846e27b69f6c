import { expect, it, onTestFinished } from 'vitest'
import { inProcess } from '../support/in-process.ts'

it('a keyed backup made offline is not taken for ours alone: its cancel waits for the relay', async () => {
  const world = await inProcess()
  onTestFinished(() => world.close())
  const desk = await world.terminal('desk')
  const { uin } = await desk.register('Ana')
  const train = await world.terminal('train')
  await train.login(uin ?? '')
  const same = { to: 'me', text: 'once', when: {}, action: 'send' as const, key: 'k', dryRun: false }

  await train.offline()
  const { id } = await train.call('backup.add', same)
  expect(await desk.call('backup.add', same)).toMatchObject({ id, stored: 'relay' })
  expect(await train.call('backup.cancel', { ids: [id ?? ''] })).toMatchObject([{ pending: 'cancel', stored: 'here' }])
  await desk.call('backup.send', { id: id ?? '' })
  await train.online()
  expect(await train.call('backup.show', { id: id ?? '' })).toMatchObject({ state: 'sent', pending: null })
  expect((await train.call('message.history', { who: 'me', limit: 10 })).map(({ text }) => text)).toEqual(['once'])
})
