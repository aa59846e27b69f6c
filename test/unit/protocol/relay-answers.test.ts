import { describe, expect, it } from 'vitest'
import type { FriendRecord, LogEntry } from '../../../src/protocol/records.ts'
import { answerFault, eventFault, isRelayEvent, statePageFault } from '../../../src/protocol/relay-answers.ts'
import { BO } from '../../support/views.ts'

const friend: FriendRecord = {
  uin: BO as FriendRecord['uin'],
  name: 'Bo',
  nick: 'Bo',
  state: 'friend',
  note: null,
  since: 0,
  notify: 'off',
  hide: false,
  quiet: null,
  loopCapAt: null,
  keys: null,
  private: null,
}
const entries = (...list: unknown[]) => ({ epoch: 1, head: 9, entries: list })
const entry = (over: Partial<FriendRecord> = {}): LogEntry => ({
  seq: 1,
  at: 1,
  type: 'friend',
  friend: { ...friend, ...over },
})

describe('what a relay says', () => {
  it('is taken as the protocol has it, and with fields nobody knows yet', () => {
    expect(eventFault('log.entries', entries(entry()))).toBe(null)
    expect(eventFault('log.entries', { ...entries({ ...entry(), more: 1 }), more: [] })).toBe(null)
    expect(answerFault('friend.block', { friend })).toBe(null)
  })

  it.each([
    ['nothing', undefined],
    ['entries that are none', { epoch: 1, head: 1, entries: {} }],
    ['an entry of no type', entries({ seq: 1, at: 1, type: 'grant' })],
    ['an entry without a number', entries({ ...entry(), seq: undefined })],
    ['a number that is none', entries({ ...entry(), seq: 1.5 })],
    ['a number beyond all', entries({ ...entry(), seq: 2 ** 60 })],
    ['a friend without a UIN', entries(entry({ uin: '1' as never }))],
    ['a friend in no state', entries(entry({ state: 'owner' as never }))],
    ['a friend without a word on quiet hours', entries({ ...entry(), friend: { ...friend, quiet: undefined } })],
    ['quiet hours beyond the day', entries(entry({ quiet: { fromMinute: 0, toMinute: 9_999, zone: 'UTC' } }))],
    ['a name that is a list', entries(entry({ name: [] as never }))],
  ])('is refused: %s', (_name, params) => {
    expect(eventFault('log.entries', params)).not.toBe(null)
  })

  it('may hold an envelope of a kind nobody knows, but no broken one of a kind that is known', () => {
    const sealed = (envelope: unknown) => eventFault('log.entries', entries(entry({ private: envelope as never })))
    expect(sealed({ kind: 'sealed-2', whatever: 1 })).toBe(null)
    expect(sealed({ kind: 'plain', text: 5 })).not.toBe(null)
    expect(sealed({ kind: 'sealed', body: 5 })).not.toBe(null)
    expect(sealed({ text: 'no kind' })).not.toBe(null)
  })

  it('is looked at alike on the first page of a state and on the many that follow', () => {
    const faultOf = statePageFault()
    const page = (items: unknown, more: object = {}) => ({ items, next: null, seq: 1, ...more })
    const body = (over: Partial<FriendRecord> = {}) => ({ type: 'friend', friend: { ...friend, ...over } })
    const good = [page([]), page([body(), { ...body(), more: 1 }], { next: 'friend/x', more: [] })]
    for (const one of good) expect([faultOf(one), answerFault('log.state', one)]).toEqual([null, null])
    const bad = [
      undefined,
      page({}),
      page([], { seq: -1 }),
      page([], { next: 'x'.repeat(129) }),
      page([{ type: 'grant' }]),
      page([body({ uin: '1' as never })]),
      page([body(), body({ quiet: { fromMinute: 0, toMinute: 9_999, zone: 'UTC' } })]),
      page([body({ private: { kind: 'plain', text: 5 } as never })]),
    ]
    for (const one of bad) {
      expect(faultOf(one)).not.toBe(null)
      expect(faultOf(one)).toBe(answerFault('log.state', one))
    }
  })

  it('is an event only by its own name', () => {
    expect(isRelayEvent('log.entries')).toBe(true)
    for (const name of ['toString', '__proto__', 'hello']) expect(isRelayEvent(name)).toBe(false)
  })
})
