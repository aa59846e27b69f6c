/** A message leaves the outbox for the rows in one change, which may come at any moment of a look at both. */
import { describe, expect, it } from 'vitest'
import type { Core, LocalSession } from '../../../../src/daemon/core.ts'
import { messageHistory } from '../../../../src/daemon/handlers/message-history.ts'
import { putMessage } from '../../../../src/daemon/mirror/mirror.ts'
import { PresenceBook } from '../../../../src/daemon/mirror/presence-book.ts'
import { keys, type OutboxItem } from '../../../../src/daemon/mirror/rows.ts'
import { shownMessage } from '../../../../src/daemon/views/messages.ts'
import { zoneClocks } from '../../../../src/daemon/views/why-text.ts'
import { dummyContent } from '../../../support/dummy-seal.ts'
import { BO, BO_KEYS, friend, ME, message, openLedger, openTexts } from '../samples.ts'

const ID = 'message-of-mine-0000'
const CALL = { id: ID, to: BO, content: dummyContent('hello', ID, BO_KEYS) }
const ITEM: OutboxItem = {
  n: 1,
  at: 10_000,
  call: { method: 'message.send', params: CALL },
  left: true,
  key: null,
  args: null,
  failed: null,
}

type Moment = 'before' | 'after'

/** A daemon whose first look at the rows has the relay's answer come before it, or right after it. */
async function answeredAt(moment: Moment): Promise<Core> {
  const { ledger } = await openLedger()
  await ledger.change((tx) => {
    tx.put(keys.friend(BO), friend())
    tx.put(keys.outbox(ITEM.n), ITEM)
  })
  const answer = () =>
    ledger.change(async (tx) => {
      await putMessage(tx, message(1, { ...CALL, from: ME, friend: BO }), null, null)
      tx.remove(keys.outbox(ITEM.n))
    })
  let looks = 0
  const read: typeof ledger.read = async (fn) => {
    const isFirst = looks++ === 0
    if (isFirst && moment === 'before') await answer()
    const rows = await ledger.read(fn)
    if (isFirst && moment === 'after') await answer()
    return rows
  }
  const core = {
    ledger: { state: ledger.state, read, take: ledger.take.bind(ledger) },
    texts: openTexts(),
    presence: new PresenceBook(),
    follower: { current: true },
    link: { now: () => 20_000, connected: true, peer: null },
    clockOf: zoneClocks(),
  }
  return core as unknown as Core
}

const session: LocalSession = { hello: null, signal: new AbortController().signal, tell: () => {} }

describe.each<Moment>(['before', 'after'])('a message that leaves the outbox right %s its rows are read', (moment) => {
  it('is found by its id', async () => {
    expect(await shownMessage(await answeredAt(moment), session, ID)).toMatchObject({ id: ID, to: BO })
  })

  it('stands in the history once', async () => {
    const found = await messageHistory(await answeredAt(moment), { who: BO, limit: 10 }, session)
    expect(found.map(({ id }) => id)).toEqual([ID])
  })
})
