import { expect, test } from 'vitest'
import { inProcess } from '../../../support/in-process.ts'
import { loadStore } from '../../../support/store-dump.ts'

test('a daemon shows what a store of format 1 holds, and what waited for the relay still does', async () => {
  const { about, ...kept } = await loadStore('daemon-format-1.jsonl')
  const { bo, secret, now } = about as { bo: string; secret: string; now: number }
  const world = await inProcess()
  world.host.clock.jump(now - world.host.clock.now())
  const desk = await world.terminal('desk', { ...kept, secret, offline: true })
  const history = await desk.call('message.history', { who: bo, limit: 10 })
  expect(history.map(({ text }) => text)).toEqual(expect.arrayContaining(['hello', 'hi Ana']))
  const backups = await desk.call('backup.list', { due: false, all: true })
  expect(backups.map(({ text, stored }) => `${text}: ${stored}`).sort()).toEqual([
    'known to the relay: relay',
    'only here: here',
  ])
  expect(await desk.call('friend.list', {})).toMatchObject([{ uin: bo, state: 'friend' }])
  expect(await desk.call('daemon.status', {})).toMatchObject({ outbox: 2 })
  await world.close()
})
