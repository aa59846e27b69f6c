import { describe, expect, it } from 'vitest'
import { PresenceBook } from '../../../../src/daemon/mirror/presence-book.ts'
import type { Notable } from '../../../../src/daemon/notifications/notable.ts'
import {
  decidePopups as decide,
  type NotifySettings,
  type NotifyState,
  usedUp,
} from '../../../../src/daemon/notifications/notify-policy.ts'
import type { Presence, PresenceFact } from '../../../../src/domain/presence.ts'
import type { Uin } from '../../../../src/domain/uin.ts'
import { BO, ME } from '../samples.ts'

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
const message = (text: string, uin = BO, name = 'Bo', mine = false): Extract<Notable, { kind: 'message' }> => ({
  kind: 'message',
  uin,
  n: 1,
  name,
  text,
  mine,
})
const reminder = (id: string, to = 'Bo'): Extract<Notable, { kind: 'due' }> => ({
  kind: 'due',
  id,
  occurrence: 1,
  uin: BO,
  to,
  text: 'tea',
  mine: false,
  shownHere: false,
  chosen: true,
})
const trouble = (missed: boolean): Notable => ({
  kind: 'trouble',
  id: 'y',
  uin: BO,
  to: 'Bo',
  why: 'It is late.',
  missed,
})
const CY = '1000000008' as Uin
const NONE: NotifyState = new Map()
const ALL: NotifySettings = { messages: true, friends: true, preview: 'full' }
const decidePopups = (state: NotifyState, batch: readonly Notable[], now: number) => decide(state, batch, now, ALL)

describe('what is worth a popup', () => {
  it.each([
    ['a friend comes online', presence('offline', 'online'), 1],
    ['a friend comes, and is away', presence('offline', 'away'), 1],
    ['a friend goes', presence('online', 'offline'), 0],
    ['a friend is back from away', presence('away', 'online'), 0],
    ['it was not known before', presence(null, 'online'), 0],
    ['turned off for the friend', presence('offline', 'online', 'off'), 0],
    ['a message', message('hi'), 1],
    ['a reminder', reminder('x'), 1],
    ['a reminder shown already', { ...reminder('x'), shownHere: true }, 0],
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
    const once = decidePopups(NONE, [presence('offline', 'online', 'once')], 0)
    expect(once.popups.map((popup) => [popup.title, usedUp(popup)])).toEqual([['Bo is online', [BO]]])
    const on = decidePopups(NONE, [presence('offline', 'online')], 0)
    expect(on.popups.map(usedUp)).toEqual([[]])
  })

  it('what the owner does not want to see is not shown', () => {
    expect(decide(NONE, [message('hi')], 0, { ...ALL, messages: false }).popups).toEqual([])
    expect(decide(NONE, [presence('offline', 'online')], 0, { ...ALL, friends: false }).popups).toEqual([])
  })

  it('messages of a friend are one popup in ten minutes; the others wait for the next', () => {
    const first = decidePopups(NONE, [message('one'), message('two')], 0)
    expect(first.popups).toMatchObject([{ title: '2 new messages from Bo', body: 'two', buttons: ['open'] }])
    const soon = decidePopups(first.state, [message('three'), message('hi', CY, 'Cy')], 599_999)
    expect(soon.popups.map(({ title }) => title)).toEqual(['Cy'])
    expect(soon.later).toEqual([message('three')])
    const again = decidePopups(soon.state, [...soon.later, message('four'), message('five')], 600_000)
    expect(again.popups).toMatchObject([{ title: '3 new messages from Bo', body: 'five' }])
    expect(again.later).toEqual([])
  })

  it('notes to oneself wait for nothing', () => {
    const first = decidePopups(NONE, [message('built', ME, 'Note to myself', true)], 0)
    const next = decidePopups(
      first.state,
      ['a', 'b'].map((text) => message(text, ME, 'Note to myself', true)),
      1,
    )
    expect([...first.popups, ...next.popups].map(({ title }) => title)).toEqual(['Note to myself', '2 notes to myself'])
  })

  it('a reminder has its buttons, and says what to type where there are none', () => {
    const [popup] = decidePopups(NONE, [reminder('3fk2bbxyz')], 0).popups
    expect(popup).toMatchObject({ title: 'Reminder: Bo', body: 'tea', buttons: ['open', 'send', 'snooze'] })
    const [mine] = decidePopups(NONE, [{ ...reminder('x'), mine: true }], 0).popups
    expect(mine).toMatchObject({ title: 'Reminder', buttons: ['open', 'dismiss', 'snooze'] })
    expect(popup?.hint).toBe('im backup open 3fk2bb, or send, snooze, dismiss')
  })

  it('many at once become one digest that counts and names', () => {
    const many = [1, 2, 3, 4].map((n) => reminder(`${n}`, n === 1 ? 'Cy' : 'Bo'))
    const batch = [...many, message('a'), message('b'), message('c', CY, 'Cy'), trouble(true), trouble(false)]
    const { popups } = decidePopups(NONE, batch, 0)
    expect(popups).toHaveLength(1)
    expect(popups[0]).toMatchObject({ title: 'While you were away', urgency: 'critical', buttons: [] })
    expect(popups[0]?.body.split('\n')).toEqual([
      '3 messages from 2 people: Bo, Cy',
      '4 reminders due for Cy, Bo',
      '1 reminder missed for Bo',
      '1 backup not sent to Bo',
    ])
  })

  it('while nobody was looking even a few become one, but reminders keep their buttons', () => {
    const batch = [message('a'), message('b', CY, 'Cy'), reminder('x'), trouble(true)]
    const titles = (away: boolean) => decide(NONE, batch, 0, ALL, { away }).popups.map(({ title }) => title)
    expect(titles(true)).toEqual(['Reminder: Bo', 'While you were away'])
    expect(titles(false)).toEqual(['Reminder: Bo', 'Bo', 'Cy', 'Not sent: Bo'])
  })

  it.each(['none', 'sender', 'full'] as const)('%s tells no more than that', (preview) => {
    const batch: Notable[] = [
      presence('offline', 'online'),
      message('SECRET'),
      { ...reminder('x'), text: 'SECRET' },
      { ...trouble(false), kind: 'trouble' } as Notable,
      { kind: 'countdown', id: 'z', occurrence: 1, uin: BO, to: 'Bo', text: 'SECRET', seconds: 30 },
      { kind: 'key', uin: BO, name: 'Bo' },
    ]
    const each = batch.flatMap((one) => decide(NONE, [one], 0, { ...ALL, preview }).popups)
    const digest = decide(NONE, [...batch, message('SECRET', CY, 'Cy')], 0, { ...ALL, preview }, { away: true }).popups
    const said = [...each, ...digest].map(({ title, body, nick }) => `${title}|${body}|${nick}`)
    expect(said.filter((one) => one.includes('SECRET')).length > 0).toBe(preview === 'full')
    expect(said.filter((one) => /Bo|Cy/.test(one)).length > 0).toBe(preview !== 'none')
    expect(said.every((one) => one.split('|')[0] !== '')).toBe(true)
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
