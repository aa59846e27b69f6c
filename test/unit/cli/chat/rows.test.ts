import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { entryLines, nameWidth, type Page } from '../../../../src/cli/chat/entry-lines.ts'
import { columns } from '../../../../src/cli/chat/graphemes.ts'
import { liveRows } from '../../../../src/cli/chat/live.ts'
import { type Chat, type Event, newChat } from '../../../../src/cli/chat/model.ts'
import { step } from '../../../../src/cli/chat/on-event.ts'
import { doesReflow, settled } from '../../../../src/cli/chat/screen.ts'
import { type Line, signsOf, span } from '../../../../src/cli/chat/style.ts'
import { whenOf } from '../../../../src/cli/chat/when-words.ts'
import { ANA, accountView, BO, backupView, friendView, messageView } from '../../../support/views.ts'

const NOW = '2026-11-22T10:00:00.000Z'
const UTF8 = signsOf({ env: { LANG: 'C.UTF-8' }, platform: 'linux' })
const page = (width: number, name = 'Bo'): Page => ({ columns: width, signs: UTF8, nameWidth: nameWidth(name) })
const textOf = (line: Line) => line.map(({ text }) => text).join('')
const message = (text: string, over = {}) =>
  ({ kind: 'message', message: messageView({ text, ...over }), isMine: true, name: 'me' }) as const

function chat(size: { columns: number; rows: number }, ...events: Event[]): Chat {
  return events.reduce((now, event) => step(now, event)[0], newChat(ANA, size))
}
function opened(name = 'Bo', backups = [] as ReturnType<typeof backupView>[]): Event {
  const person = { uin: BO, name }
  const draft = { text: null, backupId: null }
  return { on: 'opened', conversation: { person, title: name, messages: [], backups, draft, backupId: null } }
}
function people(over = {}, me = {}): Event {
  const friend = friendView({ presence: 'away', ...over })
  const one = { friend, unread: 0, backups: 1, due: 0, draft: false }
  const other = { friend: friendView({ uin: '1000000008', nick: '小林' }), unread: 3, backups: 0, due: 0, draft: false }
  return { on: 'people', people: { v: 1, me: accountView(me), people: [one, other], waiting: 2, stale: false } }
}
const key = (name: string): Event => ({ on: 'key', key: { name, text: name.length === 1 ? name : '' } })
const shownOf = (now: Chat) => liveRows(now, page(now.columns), NOW).lines.map(textOf)

describe('a message in the scrollback', () => {
  it('stands beside clock and name, its other lines under its first', () => {
    const rows = entryLines(message('one\ntwo'), page(60)).map(textOf)
    expect(rows[0]).toMatch(/^\d\d:\d\d {2}me {2}one$/)
    expect(rows[1]).toBe(`${' '.repeat(11)}two`)
  })

  it('on a narrow screen has its name above it', () => {
    const rows = entryLines(message('one two three four'), page(20)).map(textOf)
    expect(rows[0]).toMatch(/^\d\d:\d\d me$/)
    expect(rows.slice(1)).toEqual(['  one two three', '  four'])
  })

  it('that failed says why', () => {
    const error = { code: 'TOO_LONG', message: 'It is too long.', at: NOW }
    expect(textOf(entryLines(message('x', { state: 'failed', error }), page(60))[1] ?? [])).toContain(
      '✗ not sent: It is too long.',
    )
  })
})

describe('the live rows', () => {
  it('end with status and edit line, the cursor in it by the column', () => {
    const live = liveRows(chat({ columns: 80, rows: 24 }, opened(), people(), ...[...'a世'].map(key)), page(80), NOW)
    expect(live.lines.map(textOf).slice(-2)).toEqual(['◐ Bo away · 3 unread: 小林', '❯ a世'])
    expect(live.cursor).toEqual({ x: 5, y: live.lines.length - 1 })
  })

  it('say what Enter does with a due text, and what is offered', () => {
    const due = backupView({ state: 'due', text: 'now\nthen' })
    expect(shownOf(chat({ columns: 80, rows: 24 }, opened('Bo', [due])))).toContain(
      '◆ due: Enter sends it · Ctrl+O snooze, dismiss · Esc lets go of it',
    )
    expect(shownOf(chat({ columns: 80, rows: 24 }, opened('Bo', [due]), key('esc')))).toContain(
      '◆ Ctrl+O: due “now then”',
    )
  })

  it('say how far my newest message has come', () => {
    for (const [state, words] of [
      ['queued', '◌ queued; goes when the relay answers'],
      ['sent', '✓ sent'],
      ['delivered', '✓✓ delivered'],
      ['read', '✓✓ read'],
      ['failed', '✗ failed'],
    ] as const) {
      const rows = shownOf(
        chat({ columns: 80, rows: 24 }, opened(), { on: 'message', message: messageView({ state }) }),
      )
      expect(rows.map((row) => row.trim())).toContain(words)
    }
    const theirs = messageView({ from: BO, to: ANA })
    expect(shownOf(chat({ columns: 80, rows: 24 }, opened(), { on: 'message', message: theirs }))[0]).toBe('')
  })

  it('name the message whose mark it is, when something else stands under it', () => {
    const text = 'Line one of a text\nthat is longer than a few words'
    const sent: Event = { on: 'message', message: messageView({ text, state: 'delivered' }) }
    const covered = chat({ columns: 80, rows: 24 }, opened(), sent, { on: 'says', text: 'a page', isBad: false })
    expect(shownOf(covered)[0]?.trim()).toBe('✓✓ “Line one of a text that…” delivered')
    const next: Event = { on: 'message', message: messageView({ id: 'another', text: 'two', state: 'sent' }) }
    expect(shownOf(step(covered, next)[0])[0]?.trim()).toBe('✓ sent')
  })

  it('say that the relay is away, and that the daemon is', () => {
    const away = chat({ columns: 80, rows: 24 }, opened(), people({}, { connected: false }))
    expect(shownOf(away).join()).toContain('relay away, 2 kept here')
    expect(shownOf(step(away, { on: 'unlinked', why: '' })[0]).join()).toContain('the daemon is gone')
  })

  it('show the rows around the cursor of a text that is longer than the screen', () => {
    const text = Array.from({ length: 40 }, (_, at) => `line ${at}`).join('\n')
    const end = chat({ columns: 40, rows: 12 }, opened(), { on: 'paste', text })
    expect(shownOf(end).at(-1)).toBe('  line 39')
    expect(shownOf(end).length).toBeLessThan(12)
    const start = Array.from({ length: 45 }, () => key('up')).reduce((now, event) => step(now, event)[0], end)
    expect(shownOf(start).join()).toContain('❯ line 0')
  })

  it('never are wider or higher than the terminal, whatever is in them', () => {
    const hostile = fc.string({ unit: fc.constantFrom('a', '世', '\x1b[2J', '\u202e', '\n', '\t', '👩‍👩‍👧', ' ') })
    const keys = fc.array(fc.constantFrom('ctrl+p', 'ctrl+b', 'ctrl+o', 'esc', 'a', 'enter', 'tab', 'ctrl+j', 'up'), {
      maxLength: 6,
    })
    fc.assert(
      fc.property(
        hostile,
        keys,
        fc.integer({ min: 10, max: 90 }),
        fc.integer({ min: 4, max: 20 }),
        (text, names, width, rows) => {
          const due = backupView({ state: 'due', text, id: 'due1' })
          const size = { columns: width, rows }
          const events = [opened(text, [due]), people({ statusText: text, nick: text }), { on: 'paste', text } as const]
          const now = chat(size, ...events, ...names.map(key))
          const live = liveRows(now, page(width, text), NOW)
          expect(live.lines.length).toBeLessThan(Math.max(3, rows))
          for (const line of [
            ...live.lines,
            ...entryLines(message(text), page(width)),
            ...entryLines({ kind: 'title', text }, page(width)),
          ]) {
            expect(columns(textOf(line))).toBeLessThanOrEqual(width)
            expect(/[\p{Cc}\u202a-\u202e]/u.test(textOf(line))).toBe(false)
          }
          expect(live.cursor.y).toBeLessThan(live.lines.length)
          expect(live.cursor.x).toBeLessThan(width)
        },
      ),
      { numRuns: 300 },
    )
  })
})

it('no text becomes a part of a row as it came', () => {
  expect(span('\x1b[2Ja\nb\u202e').text).toBe('\\u001b[2Ja b')
})

describe('the terminal', () => {
  it('without UTF-8 gets signs of ASCII', () => {
    const ascii = Object.values(signsOf({ env: { LC_ALL: 'C', LANG: 'C.UTF-8' }, platform: 'linux' })).flat()
    expect(ascii.every((sign) => /^[ -~]+$/.test(sign))).toBe(true)
    expect(signsOf({ env: {}, platform: 'darwin' })).toEqual(UTF8)
  })

  it('that breaks rows anew is told from one that cuts them off', () => {
    expect([{ TERM: 'xterm-256color' }, { TERM: 'screen', TMUX: '1' }].map(doesReflow)).toEqual([true, true])
    const cutting = [{ TERM: 'xterm', XTERM_VERSION: 'XTerm(379)' }, { TERM: 'linux' }, { TERM: 'screen' }]
    expect(cutting.map(doesReflow)).toEqual([false, false, false])
  })

  it('has as many rows cleared as the narrower screen made of them', () => {
    const live = { lines: [[span('x'.repeat(50))], [span('y')]], cursor: { x: 1, y: 1 } }
    expect(settled(live, 20)).toBe('\x1b[3A\r\x1b[J\n\n\x1b[1A')
    expect(settled({ ...live, cursor: { x: 45, y: 0 } }, 20)).toBe('\x1b[2A\r\x1b[J\n\n\x1b[2A')
  })
})

it.each([
  ['at 9am', { at: '9am' }],
  ['in 2h', { in: '2h' }],
  ['every friday 17:00', { every: 'friday 17:00' }],
  ['Online', { whenOnline: true }],
  ['', { whenOnline: true }],
  ['tomorrow  9am', { at: 'tomorrow 9am' }],
  ['manual', {}],
  ['in', { at: 'in' }],
])('the words %j', (words, params) => {
  expect(whenOf(words)).toEqual(params)
})
