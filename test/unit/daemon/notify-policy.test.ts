import { describe, expect, it } from 'vitest'
import { decidePopups as decide, type Notable, type NotifyState } from '../../../src/daemon/notify-policy.ts'
import { PresenceBook } from '../../../src/daemon/presence-book.ts'
import type { Presence, PresenceFact } from '../../../src/domain/presence.ts'
import { BO, ME } from './samples.ts'

const fact = (status: Presence, at = 0): PresenceFact => ({
  status,
  onlineSince: status === 'offline' ? null : at,
  statusSince: at,
  statusText: null,
})

const presence = (before: Presence | null, after: Presence, notify: 'on' | 'off' | 'once' = 'on'): Notable => ({
  kind: 'presence',
  change: { uin: BO, before: before === null ? null : fact(before), after: fact(after) },
  name: 'Bo',
  notify,
})
const NONE: NotifyState = new Map()
const ALL = { messages: true, friends: true, preview: true }
const decidePopups = (state: NotifyState, batch: readonly Notable[], now: number) => decide(state, batch, now, ALL)

describe('what is worth a popup', () => {
  it.each([
    ['a friend comes online', presence('offline', 'online'), 1],
    ['a friend comes, and is away', presence('offline', 'away'), 1],
    ['a friend goes', presence('online', 'offline'), 0],
    ['a friend is back from away', presence('away', 'online'), 0],
    ['it was not known before', presence(null, 'online'), 0],
    ['turned off for the friend', presence('offline', 'online', 'off'), 0],
    ['a message', { kind: 'message', from: BO, name: 'Bo', text: 'hi', read: false } as Notable, 1],
    ['a message read elsewhere', { kind: 'message', from: BO, name: 'Bo', text: 'hi', read: true } as Notable, 0],
    [
      'a reminder',
      { kind: 'due', id: 'x', occurrence: 1, to: 'Bo', text: 'tea', shownHere: false, chosen: true } as Notable,
      1,
    ],
    [
      'a reminder shown already',
      { kind: 'due', id: 'x', occurrence: 1, to: 'Bo', text: 'tea', shownHere: true, chosen: true } as Notable,
      0,
    ],
  ])('%s', (_what, notable, popups) => {
    expect(decidePopups(NONE, [notable], 0).popups).toHaveLength(popups)
  })

  it('twenty flaps are one popup; after ten minutes there may be another', () => {
    let state = NONE
    let shown = 0
    const flap = (at: number) => {
      for (const change of [presence('offline', 'online'), presence('online', 'offline')]) {
        const decision = decidePopups(state, [change], at)
        state = decision.state
        shown += decision.popups.length
      }
    }
    for (let n = 0; n < 20; n++) flap(n * 1_000)
    expect(shown).toBe(1)
    flap(10 * 60_000)
    expect(shown).toBe(2)
  })

  it('once is used up by its popup', () => {
    const decision = decidePopups(NONE, [presence('offline', 'online', 'once')], 0)
    expect(decision).toMatchObject({ popups: [{ title: 'Bo is online' }], turnOff: [BO] })
    expect(decidePopups(NONE, [presence('online', 'offline', 'once')], 0).turnOff).toEqual([])
  })

  it('what the owner does not want to see is not shown', () => {
    const hi: Notable = { kind: 'message', from: BO, name: 'Bo', text: 'hi', read: false }
    expect(decide(NONE, [hi], 0, { ...ALL, messages: false }).popups).toEqual([])
    expect(decide(NONE, [hi], 0, { ...ALL, preview: false }).popups[0]?.body).toBe('A new message.')
    expect(decide(NONE, [presence('offline', 'online')], 0, { ...ALL, friends: false }).popups).toEqual([])
  })

  it('many at once become one digest', () => {
    const messages = Array.from(
      { length: 30 },
      (_, n): Notable => ({
        kind: 'message',
        from: BO,
        name: n % 2 ? 'Bo' : 'Cy',
        text: `${n}`,
        read: false,
      }),
    )
    const { popups } = decidePopups(NONE, messages, 0)
    expect(popups).toHaveLength(1)
    expect(popups[0]?.body).toBe('30 messages from Cy, Bo')
  })

  it('a snapshot is no change, whatever was there before: a restart of either side pops up nothing', () => {
    const book = new PresenceBook()
    book.snapshot(fact('online'), [{ uin: BO, presence: fact('offline') }])
    book.lost()
    expect(book.fact(BO)).toBe('unknown')
    book.snapshot(fact('online'), [{ uin: BO, presence: null }])
    const back = book.change({ uin: BO, presence: fact('online', 5) }, ME)
    expect(back?.before).toBeNull()
    const gone = book.change({ uin: BO, presence: fact('offline', 6) }, ME)
    expect(gone?.before?.status).toBe('online')
  })
})
