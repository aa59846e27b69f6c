import { expect, test } from 'vitest'
import type { LogEntryBody } from '../../../../src/protocol/records.ts'
import { dummyText } from '../../../support/dummy-seal.ts'
import { type Credentials, idOf, type RelayDevice, refusal, relayWorld, say } from '../../../support/relay-world.ts'
import { loadStore } from '../../../support/store-dump.ts'

interface About {
  now: number
  ana: Credentials
  bo: Credentials
}

async function everything(device: RelayDevice): Promise<LogEntryBody[]> {
  const all: LogEntryBody[] = []
  for (let after: string | null | undefined = null; after !== undefined; ) {
    const page: { items: LogEntryBody[]; next: string | null } = await device.call('log.state', { after })
    all.push(...page.items)
    after = page.next ?? undefined
  }
  return all
}

/** With the keys its friends had then. */
function knowing(device: RelayDevice, items: readonly LogEntryBody[]): RelayDevice {
  const friends = items.flatMap((item) => (item.type === 'friend' ? [item.friend] : []))
  return { ...device, keysOf: (uin) => friends.find((friend) => friend.uin === uin)?.keys ?? device.keysOf(uin) }
}

test('a relay serves what a store of format 1 holds, and goes on from there', async () => {
  const { disk, witness, about } = await loadStore('relay-format-1.jsonl')
  const { now, ana: anaWas, bo: boWas } = about as About
  const world = await relayWorld({}, { disk, witness })
  world.host.clock.jump(now - world.host.clock.now())
  const opened = await world.open(anaWas)
  const boOpened = await world.open(boWas, { cursor: { epoch: 1, seq: 4 } })

  const items = await everything(opened)
  const ana = knowing(opened, items)
  const bo = knowing(boOpened, await everything(boOpened))
  const texts = items.flatMap((item) => (item.type === 'message' ? [dummyText(item.message.content)] : []))
  expect(texts.sort()).toEqual(['five', 'four', 'one', 'three', 'to myself', 'two'])
  const backups = items.flatMap((item) => (item.type === 'backup' ? [item.backup] : []))
  expect(backups.map(({ id, state }) => `${id} ${state}`).sort()).toEqual(
    [`${idOf('waits')} armed`, `${idOf('over')} cancelled`, `${idOf('timed')} armed`].sort(),
  )
  expect(items).toContainEqual({
    type: 'setting',
    setting: { nick: 'Ana of old', status: 'auto', statusText: 'here', quiet: null },
  })
  expect(items.flatMap((item) => (item.type === 'mark' ? [item.mark] : []))).toMatchObject([
    { friend: bo.uin, friendDelivered: 3, friendRead: 2 },
  ])

  // The log from a cursor of then, without a gap.
  expect(bo.entries.map(({ seq }) => seq)).toEqual([5, 6, 7, 8, 9, 10, 11])
  const { messages } = await bo.call('log.history', { friend: ana.uin, before: 5, limit: 3 })
  expect(messages.map(({ content }) => dummyText(content))).toEqual(['four', 'three', 'two'])

  // A forgotten backup is known by its id, a sent message by its own: neither can come twice.
  const before = await say(ana, bo.uin, 'one')
  expect(before.n).toBe(1)
  expect(await refusal(ana.call('backup.get', { id: idOf('old') }))).toBe('NO_SUCH_BACKUP')
  expect((await say(bo, ana.uin, 'six')).n).toBe(6)
  await world.settle()
  await world.pass(10_000)
  // Nobody had to ask: what waited for a message from Bo was sent.
  expect((await ana.call('backup.get', { id: idOf('waits') })).record.state).toBe('sent')
  expect(await world.relay.operator.invites()).toMatchObject([{ uses: 5, used: 0 }])
  await world.close()
})
