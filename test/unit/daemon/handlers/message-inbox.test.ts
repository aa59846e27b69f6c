import { expect, it } from 'vitest'
import type { Core, LocalSession } from '../../../../src/daemon/core.ts'
import { messageInbox } from '../../../../src/daemon/handlers/message-inbox.ts'
import type { Queue } from '../../../../src/daemon/link/outbox.ts'
import { applyEntries } from '../../../../src/daemon/mirror/mirror.ts'
import { PresenceBook } from '../../../../src/daemon/mirror/presence-book.ts'
import { keys, type QueuedCall } from '../../../../src/daemon/mirror/rows.ts'
import { zoneClocks } from '../../../../src/daemon/views/why-text.ts'
import { BO, entry, friend, ME, message, openLedger, openTexts } from '../samples.ts'

it('a message that comes while the inbox is read is not marked as read with those that are shown', async () => {
  const { ledger } = await openLedger()
  const texts = openTexts()
  const arrives = (n: number) =>
    ledger.change((tx) => applyEntries(tx, 0, [entry(n, { type: 'message', message: message(n) })], { me: ME, texts }))
  await ledger.change((tx) => tx.put(keys.friend(BO), friend()))
  await arrives(1)
  let looks = 0
  const read: typeof ledger.read = async (fn) => {
    const rows = await ledger.read(fn)
    if (looks++ === 0) await arrives(2)
    return rows
  }
  const queued: QueuedCall[] = []
  const change = async (fn: (tx: null, queue: Queue) => void) => {
    fn(null, (call) => queued.push(call))
    return { result: undefined, queued: [] }
  }
  const core = {
    ledger: { state: ledger.state, read, take: ledger.take.bind(ledger) },
    texts,
    presence: new PresenceBook(),
    follower: { current: true },
    link: { now: () => 30_000, connected: true },
    clockOf: zoneClocks(),
    outbox: { change },
    watch: { changed: () => {} },
  } as unknown as Core
  const session: LocalSession = { hello: null, signal: new AbortController().signal, tell: () => {} }

  const shown = await messageInbox(core, { unread: true, markRead: true }, session)
  expect(shown.map(({ id }) => id)).toEqual([message(1).id])
  expect(queued).toMatchObject([{ method: 'mark.put', params: { marks: [{ friend: BO, delivered: 1, read: 1 }] } }])
})
