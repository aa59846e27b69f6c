import { describe, expect, it } from 'vitest'
import { DAY_MS, SECOND_MS } from '../../../../src/domain/instant.ts'
import type { MarkRecord, MessageRecord } from '../../../../src/protocol/records.ts'
import { friendsCopy } from '../../../../src/sealing/envelope.ts'
import { idOf, type RelayDevice, refusal, say, sealed, textsOf } from '../../../support/relay-world.ts'
import { twoFriends } from '../../../support/two-friends.ts'

const { world, ana, bo } = twoFriends()

function messagesOf(device: RelayDevice): MessageRecord[] {
  return device.entries.flatMap((entry) => (entry.type === 'message' ? [entry.message] : []))
}

function marksOf(device: RelayDevice): MarkRecord[] {
  return device.entries.flatMap((entry) => (entry.type === 'mark' ? [entry.mark] : []))
}

describe('a message', () => {
  it('stands in both logs under the same number and id', async () => {
    await say(ana, bo.uin, 'one')
    await say(bo, ana.uin, 'two')
    await say(ana, bo.uin, 'three')
    await world.settle()
    const row = ({ id, n, from, to }: MessageRecord) => ({ id, n, from, to })
    expect(messagesOf(ana).map(row)).toEqual(messagesOf(bo).map(row))
    expect(messagesOf(bo).map((message) => message.n)).toEqual([1, 2, 3])
    expect(messagesOf(bo)[0]).toMatchObject({ friend: ana.uin, deviceId: null, backupId: null })
  })

  it('is sent once, however often its id comes', async () => {
    const first = await say(ana, bo.uin, 'one')
    const again = await say(ana, bo.uin, 'one')
    await Promise.all([say(ana, bo.uin, 'two'), say(ana, bo.uin, 'two')])
    await world.settle()
    expect(again).toEqual(first)
    expect(textsOf(bo)).toEqual(['one', 'two'])
  })

  it('is sent once although the relay has started anew since', async () => {
    const sent = await Promise.all(Array.from({ length: 40 }, (_, i) => say(ana, bo.uin, `message ${i}`)))
    await world.crash()
    const back = await world.open(ana)
    const again = await Promise.all(Array.from({ length: 40 }, (_, i) => say(back, bo.uin, `message ${i}`)))
    expect(again).toEqual(sent)
    expect((await say(back, bo.uin, 'new')).n).toBe(41)
    expect((await say(back, bo.uin, 'new')).n).toBe(41)
  })

  it('keeps the answer of its id even when the friendship has ended', async () => {
    const first = await say(ana, bo.uin, 'one')
    await bo.call('friend.remove', { uin: ana.uin })
    expect(await say(ana, bo.uin, 'one')).toEqual(first)
    expect(await refusal(say(ana, bo.uin, 'two'))).toBe('NOT_FRIENDS')
  })

  it('keeps its id from being used for somebody else', async () => {
    await say(ana, bo.uin, 'one')
    expect(await refusal(say(ana, ana.uin, 'one'))).toBe('KEY_TAKEN')
  })

  it('reaches a recipient who was away for a month once, in order', async () => {
    const head = bo.entries.at(-1)?.seq ?? 0
    bo.peer.close()
    for (let i = 0; i < 30; i++) await say(ana, bo.uin, `message ${i}`)
    await world.pass(10 * SECOND_MS)
    world.host.clock.jump(30 * DAY_MS)
    const back = await world.open(bo, { cursor: { epoch: world.store.epoch, seq: head } })
    expect(textsOf(back)).toEqual(Array.from({ length: 30 }, (_, i) => `message ${i}`))
  })

  it('reaches every device of both sides', async () => {
    const anaToo = await world.open(await world.login(ana.uin))
    const boToo = await world.open(await world.login(bo.uin))
    await say(ana, bo.uin, 'one')
    await world.settle()
    for (const device of [ana, anaToo, bo, boToo]) expect(textsOf(device)).toEqual(['one'])
  })

  it('to me reaches my other devices and needs no friend', async () => {
    const other = await world.open(await world.login(ana.uin))
    const sent = await say(ana, ana.uin, 'note to self')
    await world.settle()
    expect(sent).toMatchObject({ friend: ana.uin, n: 1 })
    expect(textsOf(other)).toEqual(['note to self'])
  })

  it('longer than the limit is refused', async () => {
    expect(await refusal(say(ana, bo.uin, 'é'.repeat(8 * 1024 + 512)))).toBe('TOO_LONG')
    expect(await refusal(say(ana, bo.uin, 'é'.repeat(8 * 1024)))).toBe('not refused')
  })

  it('to somebody blocked names the block', async () => {
    await ana.call('friend.block', { uin: bo.uin })
    expect(await refusal(say(ana, bo.uin, 'one'))).toBe('BLOCKED_BY_ME')
  })
})

describe('marks', () => {
  const put = (device: RelayDevice, friend: RelayDevice, delivered: number, read: number) =>
    device.call('mark.put', { marks: [{ friend: friend.uin, delivered, read }] })

  it('only grow, never pass the last message, and write nothing when they stay', async () => {
    for (const text of ['one', 'two', 'three']) await say(ana, bo.uin, text)
    await put(bo, ana, 2, 1)
    await put(bo, ana, 1, 0)
    await put(bo, ana, 2, 1)
    await put(bo, ana, 99, 99)
    await put(bo, ana, 3, 2)
    await world.settle()
    expect(marksOf(bo).map(({ delivered, read }) => [delivered, read])).toEqual([
      [2, 1],
      [3, 3],
    ])
    expect(marksOf(ana).map(({ friendDelivered, friendRead }) => [friendDelivered, friendRead])).toEqual([
      [2, 1],
      [3, 3],
    ])
  })

  it('keep each side apart', async () => {
    await say(ana, bo.uin, 'one')
    await put(bo, ana, 1, 1)
    await say(bo, ana.uin, 'two')
    await put(ana, bo, 2, 0)
    await world.settle()
    expect(marksOf(ana).at(-1)).toMatchObject({ delivered: 2, read: 0, friendDelivered: 1, friendRead: 1 })
    expect(marksOf(bo).at(-1)).toMatchObject({ delivered: 1, read: 1, friendDelivered: 2, friendRead: 0 })
  })

  it('of messages to me are mine on both sides', async () => {
    await say(ana, ana.uin, 'one')
    await put(ana, ana, 1, 1)
    await world.settle()
    expect(marksOf(ana)).toMatchObject([{ friendDelivered: 1, friendRead: 1, delivered: 1, read: 1 }])
  })
})

describe('history', () => {
  it('goes back from the newest, page by page', async () => {
    for (let i = 1; i <= 7; i++) await say(ana, bo.uin, `${i}`)
    const page = async (before: number | null) => {
      const { messages } = await bo.call('log.history', { friend: ana.uin, before, limit: 3 })
      return messages.map((message) => message.n)
    }
    expect(await page(null)).toEqual([7, 6, 5])
    expect(await page(5)).toEqual([4, 3, 2])
    expect(await page(2)).toEqual([1])
    expect(await page(1_000)).toEqual([7, 6, 5])
  })
})

describe('a message that a device reports after a loss', () => {
  /** As the devices of `to` have it, from a relay that this one knows nothing of. */
  function lost(from: RelayDevice, to: RelayDevice, text: string, n: number): MessageRecord {
    const id = idOf(text)
    const content = friendsCopy(sealed(from, to.uin, id, text))
    const about = { automatic: false, answering: false, backupId: null, deviceId: null }
    return { id, friend: from.uin, n, from: from.uin, to: to.uin, at: world.host.clock.now(), content, ...about }
  }

  const report = (device: RelayDevice, ...messages: MessageRecord[]) =>
    device.call('log.report', { backups: [], messages })

  it('is there once, although its author sends it again', async () => {
    expect((await report(ana, lost(bo, ana, 'one', 3))).messages).toBe(1)
    expect((await say(bo, ana.uin, 'one')).n).toBe(3)
    await world.settle()
    expect(textsOf(ana)).toEqual(['one'])
    expect(textsOf(bo)).toEqual(['one'])
    expect((await say(bo, ana.uin, 'two')).n).toBe(4)
  })

  it('is there once, although several devices report it, and under a number of its own', async () => {
    await say(ana, bo.uin, 'newer')
    const messages = [lost(bo, ana, 'one', 1), lost(bo, ana, 'two', 2), lost(bo, ana, 'two', 2)]
    expect((await report(ana, ...messages)).messages).toBe(2)
    expect((await report(ana, ...messages)).messages).toBe(0)
    await world.settle()
    expect(messagesOf(ana).map(({ n }) => n)).toEqual([1, 2, 3])
    const { messages: history } = await ana.call('log.history', { friend: bo.uin, before: null, limit: 10 })
    expect(history.map(({ id }) => id).reverse()).toEqual(messagesOf(ana).map(({ id }) => id))
  })

  it('is refused under a number that no conversation comes to: the next ones would have none', async () => {
    for (const n of [Number.MAX_SAFE_INTEGER, 999_999_999_999, 2 ** 32]) {
      expect(await refusal(report(ana, lost(bo, ana, `${n}`, n)))).toBe('USAGE')
    }
    expect((await say(bo, ana.uin, 'hello')).n).toBe(1)
  })

  it('is refused under an id that no message has: of an empty one its account could send no more', async () => {
    for (const id of ['', 'x/y', 'nul\u0000 in the middle of it']) {
      const mine = { ...lost(ana, bo, 'one', 1), id, friend: bo.uin }
      expect(await refusal(report(ana, mine))).toBe('USAGE')
    }
    expect((await say(ana, bo.uin, 'hello')).n).toBe(1)
  })
})
