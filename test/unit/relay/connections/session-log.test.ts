import { expect, test } from 'vitest'
import type { Uin } from '../../../../src/domain/uin.ts'
import type { LoggedEntry } from '../../../../src/relay/accounts/account-state.ts'
import type { Accounts } from '../../../../src/relay/accounts/accounts.ts'
import { Session } from '../../../../src/relay/connections/session.ts'
import type { JsonText } from '../../../../src/rpc/message.ts'
import type { Peer } from '../../../../src/rpc/peer.ts'
import { turn } from '../../../support/turn.ts'

const entry = (seq: number): LoggedEntry => ({ seq, json: `{"seq":${seq}}` })
const entries = (...seqs: number[]): LoggedEntry[] => seqs.map(entry)

/** A session that follows its log from the start, what it has sent, and what it has read from the store. */
function following() {
  const sent: number[][] = []
  const reads: number[] = []
  const peer = {
    bufferedBytes: 0,
    notify(_method: string, params: unknown) {
      const told = JSON.parse((params as JsonText).text) as { entries: { seq: number }[] }
      sent.push(told.entries.map(({ seq }) => seq))
    },
  } as unknown as Peer
  const accounts = {
    async entries(_uin: Uin, after: number, head: number) {
      reads.push(after)
      return Array.from({ length: head - after }, (_, n) => entry(after + 1 + n))
    },
  } as unknown as Accounts
  const session = new Session(peer, accounts, 'x' as Uin, 'device')
  session.follow(1, 0, 0)
  return { session, sent, reads }
}

test('a session that keeps up sends what just came, all of one moment together, and reads nothing', async () => {
  const { session, sent, reads } = following()
  await turn()
  session.headMoved(1, entries(1))
  session.headMoved(3, entries(2, 3))
  await turn()
  session.headMoved(4, entries(4))
  await turn()
  expect(sent).toEqual([[1, 2, 3], [4]])
  expect(reads).toEqual([])
})

test('what it was not told of it reads from the store, and never leaves a gap', async () => {
  const { session, sent, reads } = following()
  await turn()
  session.headMoved(1, entries(1))
  await turn()
  session.headMoved(3, entries(3))
  await turn()
  expect(sent.flat()).toEqual([1, 2, 3])
  expect(reads).toEqual([1])
})

test('one that falls far behind keeps no more than a page of it in memory', async () => {
  const { session, sent } = following()
  for (let seq = 1; seq <= 200; seq++) session.headMoved(seq, entries(seq))
  await turn()
  expect(sent.flat()).toEqual(Array.from({ length: 200 }, (_, n) => n + 1))
})
