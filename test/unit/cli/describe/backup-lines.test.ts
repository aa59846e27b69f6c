import { describe, expect, it } from 'vitest'
import { backupSentence } from '../../../../src/cli/describe/backup.ts'
import { backupLines } from '../../../../src/cli/describe/backup-lines.ts'
import type { BackupView } from '../../../../src/protocol/views.ts'
import { backupView } from '../../../support/views.ts'

const NOW = Date.parse('2026-11-22T10:00:00.000Z')

/** What stands behind "but", or null. */
function butOf(over: Partial<BackupView>): string | null {
  return /^but +(.*)$/m.exec(backupLines(backupView(over), (uin) => uin, NOW))?.[1] ?? null
}

describe('a running countdown', () => {
  const why = { code: 'COUNTDOWN', text: '', waitsFor: [], lookAt: '2026-11-22T10:00:22.400Z' }
  const counting = backupView({ why, countdownMs: 30_000 })

  it('is told in seconds, with the way to stop it, in show and after each verb', () => {
    const words = 'goes in 23 s; im backup cancel 3fk2bb stops it'
    expect(/^why +(.*)$/m.exec(backupLines(counting, (uin) => uin, NOW))?.[1]).toBe(words)
    expect(backupSentence(counting, (uin) => uin, NOW)).toBe(words)
  })
})

it('one that will count down needs a terminal for that, and is a reminder with none up, if the relay sees its moment', () => {
  const words = { kind: 'message' as const, from: '1', words: 'lunch', pattern: null, holds: null }
  const lines = (over: Partial<BackupView>) => {
    const view = backupView({ countdownMs: 30_000, standIn: false, ...over })
    const needs = /^needs +(.*)$/m.exec(backupLines(view, (uin) => uin, NOW))?.[1]
    return [backupSentence(view, (uin) => uin, NOW), needs]
  }
  expect(lines({})).toEqual([
    expect.stringContaining('needs one of your terminals to count down; with none up it reminds you instead'),
    'one of your terminals, to count down; with none up it is due as a reminder',
  ])
  for (const over of [{ countdownMs: null }, { trigger: { match: 'all' as const, conditions: [words] } }]) {
    expect(lines(over)).toEqual([expect.stringContaining('needs one of your terminals;'), 'one of your terminals'])
  }
})

describe('the line "but" of show', () => {
  it('is not there when nothing gates a backup or ends it', () => {
    expect(butOf({})).toBeNull()
  })

  it('says what gates it and what ends it, all of it', () => {
    const window = {
      between: { from: '08:00', to: '22:00' },
      days: ['mon' as const, 'tue' as const],
      zone: 'Europe/Berlin',
      onlyIfIAm: 'away' as const,
      elseAt: '2026-11-27T08:00:00.000Z',
      expiresAt: '2026-11-28T08:00:00.000Z',
      open: true,
    }
    const but = butOf({ window, unless: { reply: 'hold' }, countdownMs: 30_000 }) ?? ''
    for (const part of [
      'between 08:00 and 22:00 Europe/Berlin',
      'on mon, tue',
      'only while you are away',
      'in any case',
      'not after',
      'unless they write first (hold)',
      'after a countdown of 30 s',
    ]) {
      expect(but).toContain(part)
    }
  })
})

describe('what to do next', () => {
  const lines = (over: Partial<BackupView>) => backupLines(backupView(over), (uin) => uin, NOW)

  it.each<[BackupView['state'], string]>([
    ['due', 'im backup send '],
    ['held', 'im backup resume '],
    ['cancelled', 'im backup undo '],
    ['dismissed', 'im backup undo '],
    ['missed', 'im backup edit '],
    ['expired', 'im backup edit '],
    ['failed', 'im backup edit '],
  ])('is said of one that is %s', (state, command) => {
    expect(/^try +(.*)$/m.exec(lines({ state }))?.[1]).toContain(command)
  })

  it.each<BackupView['state']>(['armed', 'sent'])('is not said of one that is %s', (state) => {
    expect(lines({ state })).not.toMatch(/^try/m)
  })

  it.each([
    ['NOT_FRIENDS', 'im friend add 4835022718; then im backup edit 3fk2bb '],
    ['BLOCKED_BY_ME', 'im friend unblock 4835022718; then '],
    ['KEY_CHANGED', 'im friend verify 4835022718; then '],
  ])('names first what is in the way: %s', (code, words) => {
    const error = { code, message: 'no', at: '2026-11-22T10:00:00.000Z' }
    expect(lines({ state: 'failed', error })).toContain(words)
  })

  it('of one that is held for a changed key, too', () => {
    const why = { code: 'KEY_CHANGED', text: 'held', waitsFor: [], lookAt: null }
    expect(lines({ state: 'held', why })).toMatch(/^try +im friend verify 4835022718, and it goes on$/m)
  })

  it('of one that is held since a friendship has ended says what that waits for', () => {
    const why = { code: 'NOT_FRIENDS', text: 'held', waitsFor: [], lookAt: null }
    expect(lines({ state: 'held', why })).toMatch(/^try +once you are friends again: im backup resume 3fk2bb, /m)
  })

  it('is preceded by what has to be up for it, while it can still go', () => {
    expect(lines({ state: 'armed' })).toMatch(/^needs/m)
    expect(lines({ state: 'sent' })).not.toMatch(/^needs/m)
  })
})

it('nothing is promised of the relay while it does not have it', () => {
  const said = (over: Partial<BackupView>) => backupSentence(backupView(over), (uin) => uin, NOW)
  expect(said({})).toContain('goes even if this machine is off')
  const here = said({ stored: 'here', pending: 'add' })
  expect(here).toContain('kept here; goes to the relay when it answers')
  expect(here).not.toContain('machine is off')
  expect(said({ id: null, stored: 'here' })).toContain('machine is off; dry run')
})

describe('the sentence of a series', () => {
  it('says when its next slot is', () => {
    const every = {
      kind: 'every' as const,
      rule: 'day 9am',
      zone: 'UTC',
      until: null,
      count: null,
      done: 0,
      holds: false,
    }
    const series = backupView({ trigger: { match: 'all', conditions: [every] }, nextAt: '2026-11-25T09:00:00.000Z' })
    expect(backupSentence(series, (uin) => uin, NOW)).toMatch(/every day 9am UTC, next at Wed 25 Nov \d\d:00/)
  })
})

describe('the sentence of a cancel', () => {
  const said = (over: Partial<BackupView>) => backupSentence(backupView(over), (uin) => uin, NOW)

  it('promises nothing else while the relay has not answered', () => {
    expect(said({ state: 'armed', stored: 'here', pending: 'cancel' })).toBe(
      'asked to cancel; until the relay answers it may still be sent',
    )
  })

  it('does not speak of the relay when the add never left', () => {
    const sentence = said({ state: 'cancelled', stored: 'here', pending: null })
    expect(sentence).toMatch(/^cancelled; im backup undo \S+ brings it back$/)
  })
})
