import { describe, expect, it } from 'vitest'
import type { BackupPlan, Condition, PresenceTurn, Window } from '../../../src/domain/backup.ts'
import { conditionHolds, type Facts, type Sighting } from '../../../src/domain/conditions.ts'
import { evaluate, relayCanEvaluate } from '../../../src/domain/engine.ts'
import { HOUR_MS, MINUTE_MS } from '../../../src/domain/instant.ts'
import type { Presence, PresenceFact } from '../../../src/domain/presence.ts'
import type { Uin } from '../../../src/domain/uin.ts'

const BO = '1000000008' as Uin
const ARMED = Date.UTC(2026, 0, 5, 9)
const NOW = ARMED + HOUR_MS
const arming = { occurrence: 1, armedAt: ARMED, armedSeq: 7, resumeAt: null, final: false }

const at = (instant: number): Condition => ({ kind: 'time', at: instant, local: '', zone: 'UTC' })
const online: Condition = { kind: 'presence', who: BO, is: 'online', turns: null }
const turns = (turn: PresenceTurn): Condition => ({ kind: 'presence', who: BO, is: null, turns: turn })
const message: Condition = { kind: 'message', from: BO, sealed: false }
const open: Window = { between: null, days: null, zone: 'UTC', onlyIfIAm: null, elseAt: null, expiresAt: null }

function fact(status: Presence, statusSince: number, onlineSince: number | null = statusSince): PresenceFact {
  return { status, statusSince, onlineSince: status === 'offline' ? null : onlineSince, statusText: null }
}

function facts(change: Partial<{ [K in keyof Facts]: ReturnType<Facts[K]> }> = {}): Facts {
  const {
    presence = 'unknown',
    message = null,
    mySend = null,
    read = null,
    reply = null,
    me = 'unknown',
    quiet = [],
  } = change
  return {
    presence: () => presence,
    message: () => message,
    mySend: () => mySend,
    read: () => read,
    reply: () => reply,
    me: () => me,
    quiet: () => quiet,
  }
}

function plan(conditions: readonly Condition[], change: Partial<BackupPlan> = {}, match: 'all' | 'any' = 'all') {
  return {
    to: BO,
    trigger: { match, conditions },
    action: { kind: 'send', countdownMs: null },
    window: null,
    unless: { reply: null },
    late: { graceMs: 10 * MINUTE_MS, then: 'remind' },
    repeat: null,
    ...change,
  } satisfies BackupPlan
}

const seen = (instant: number): Sighting => ({ at: instant, seq: 8 })

describe('a condition', () => {
  const before = ARMED - 1
  const after = ARMED + 1
  it.each<[string, Condition, Facts, string]>([
    ['a time ahead', at(NOW + 1), facts(), 'no'],
    ['a time at its instant', at(NOW), facts(), 'yes'],
    ['online, seen online before arming', online, facts({ presence: fact('online', before) }), 'yes'],
    ['online, seen away', online, facts({ presence: fact('away', after) }), 'no'],
    ['online, seen busy', online, facts({ presence: fact('busy', after) }), 'no'],
    ['online, seen offline', online, facts({ presence: fact('offline', after) }), 'no'],
    ['online, not seen', online, facts(), 'unknown'],
    ['sign-on, online since before arming', turns('online'), facts({ presence: fact('online', before) }), 'no'],
    ['sign-on, away since after arming', turns('online'), facts({ presence: fact('away', after) }), 'yes'],
    ['sign-on, back from away', turns('online'), facts({ presence: fact('online', after, before) }), 'no'],
    ['sign-on, offline', turns('online'), facts({ presence: fact('offline', after) }), 'no'],
    ['sign-on, not seen', turns('online'), facts(), 'unknown'],
    ['away, since before arming', turns('away'), facts({ presence: fact('away', before) }), 'no'],
    ['away, since after arming', turns('away'), facts({ presence: fact('away', after) }), 'yes'],
    ['back, online anew', turns('back'), facts({ presence: fact('online', after) }), 'no'],
    ['back, online after away', turns('back'), facts({ presence: fact('online', after, before) }), 'yes'],
    ['offline, since before arming', turns('offline'), facts({ presence: fact('offline', before) }), 'no'],
    ['offline, since after arming', turns('offline'), facts({ presence: fact('offline', after) }), 'yes'],
    ['a message, none', message, facts(), 'no'],
    ['a message, one', message, facts({ message: seen(after) }), 'yes'],
    ['a message, sealed', message, facts({ message: 'unknown' }), 'unknown'],
    ['my send, none', { kind: 'my-send', to: null }, facts(), 'no'],
    ['my send, one', { kind: 'my-send', to: null }, facts({ mySend: seen(after) }), 'yes'],
    ['read, not yet', { kind: 'read', who: BO, n: 3 }, facts(), 'no'],
    ['read, read', { kind: 'read', who: BO, n: 3 }, facts({ read: seen(after) }), 'yes'],
  ])('%s: %s holds', (_, condition, seenFacts, holds) => {
    expect(conditionHolds(condition, 0, ARMED, seenFacts, NOW).holds).toBe(holds)
  })
})

describe('several conditions', () => {
  const held = at(NOW - 2 * MINUTE_MS)
  const later = at(NOW - MINUTE_MS)
  const not = at(NOW + MINUTE_MS)
  it.each<['all' | 'any', readonly Condition[], string]>([
    ['all', [held, later], 'fire'],
    ['all', [held, not], 'wait'],
    ['all', [held, online], 'wait'],
    ['any', [held, not], 'fire'],
    ['any', [held, online], 'fire'],
    ['any', [not, online], 'wait'],
  ])('%s of %j: %s, and unknown never fires', (match, conditions, verdict) => {
    expect(evaluate(plan(conditions, {}, match), arming, facts(), NOW).verdict).toBe(verdict)
  })

  it('of all are due with the last, of any with the first', () => {
    expect(evaluate(plan([held, later]), arming, facts(), NOW)).toMatchObject({ dueSince: NOW - MINUTE_MS })
    expect(evaluate(plan([held, later], {}, 'any'), arming, facts(), NOW)).toMatchObject({
      dueSince: NOW - 2 * MINUTE_MS,
    })
  })

  it('that held before arming count from arming', () => {
    const seenFacts = facts({ presence: fact('online', ARMED - HOUR_MS) })
    expect(evaluate(plan([online]), arming, seenFacts, NOW)).toMatchObject({ dueSince: ARMED })
  })

  it('none: waits for its owner', () => {
    expect(evaluate(plan([]), arming, facts(), NOW)).toMatchObject({ verdict: 'wait', wakeAt: null })
  })

  it('say when time alone could change the answer', () => {
    const verdict = evaluate(plan([not, at(NOW + HOUR_MS), online], {}, 'any'), arming, facts(), NOW)
    expect(verdict).toMatchObject({ verdict: 'wait', wakeAt: NOW + MINUTE_MS })
  })
})

describe('lateness', () => {
  const grace = 10 * MINUTE_MS
  it.each<[number, 'send' | 'remind' | 'drop', string]>([
    [grace, 'send', 'fire action'],
    [grace, 'remind', 'fire action'],
    [grace, 'drop', 'fire action'],
    [grace + 1, 'send', 'fire action'],
    [grace + 1, 'remind', 'fire remind'],
    [grace + 1, 'drop', 'miss'],
  ])('of %i ms, if late %s: %s', (lateMs, then, expected) => {
    const verdict = evaluate(plan([at(NOW - lateMs)], { late: { graceMs: grace, then } }), arming, facts(), NOW)
    expect(verdict.verdict === 'fire' ? `fire ${verdict.as}` : verdict.verdict).toBe(expected)
  })

  it('is none, nor is it early, when a clock set back puts what holds into the future', () => {
    const tomorrow = NOW + 24 * HOUR_MS
    const later = { ...arming, armedAt: tomorrow }
    const verdict = evaluate(plan([message]), later, facts({ message: seen(tomorrow + 1) }), NOW)
    expect(verdict).toMatchObject({ verdict: 'fire', as: 'action', dueSince: NOW })
  })

  it('counts down no further from what a clock set back puts into the future: terminals count for themselves', () => {
    const counted = plan([online], { action: { kind: 'send', countdownMs: 30_000 } })
    const later = facts({ presence: fact('online', NOW + HOUR_MS) })
    expect(evaluate(counted, arming, later, NOW)).toMatchObject({ verdict: 'fire', as: 'action', dueSince: NOW })
    expect(evaluate(counted, arming, facts({ presence: fact('online', NOW) }), NOW).verdict).toBe('wait')
  })

  it('is none while the window was closed', () => {
    const window: Window = { ...open, between: { fromMinute: 10 * 60 - 5, toMinute: 22 * 60 } }
    const verdict = evaluate(plan([at(ARMED)], { window }), arming, facts(), NOW)
    expect(verdict).toMatchObject({ verdict: 'fire', as: 'action', dueSince: NOW - 5 * MINUTE_MS })
  })
})

describe('the window', () => {
  it('past midnight keeps waiting and says when it opens', () => {
    const window: Window = { ...open, between: { fromMinute: 22 * 60, toMinute: 6 * 60 } }
    const opensAt = Date.UTC(2026, 0, 5, 22)
    expect(evaluate(plan([at(NOW)], { window }), arming, facts(), NOW)).toMatchObject({
      verdict: 'wait',
      wakeAt: opensAt,
      reasons: [{ code: 'WINDOW_CLOSED' }],
    })
    expect(evaluate(plan([at(NOW)], { window }), arming, facts(), opensAt).verdict).toBe('fire')
  })

  it.each<[PresenceFact | 'unknown', string]>([
    ['unknown', 'wait'],
    [fact('online', ARMED), 'wait'],
    [fact('away', ARMED), 'fire'],
  ])('only if I am away: %j, %s', (me, verdict) => {
    const window: Window = { ...open, onlyIfIAm: 'away' }
    expect(evaluate(plan([at(NOW)], { window }), arming, facts({ me }), NOW).verdict).toBe(verdict)
  })

  it('does not gate else-at, which does the action whatever else is open', () => {
    const window: Window = { ...open, days: [], elseAt: NOW }
    expect(evaluate(plan([online], { window }), arming, facts(), NOW)).toMatchObject({ verdict: 'fire', as: 'action' })
    expect(evaluate(plan([online], { window }), arming, facts(), NOW - 1)).toMatchObject({ wakeAt: NOW })
  })

  it('ends everything with its expiry', () => {
    const window: Window = { ...open, elseAt: NOW, expiresAt: NOW }
    expect(evaluate(plan([at(NOW)], { window }), arming, facts({ reply: seen(NOW) }), NOW).verdict).toBe('expire')
    expect(evaluate(plan([online], { window }), arming, facts(), NOW - 1)).toMatchObject({ wakeAt: NOW })
  })
})

describe('a reply', () => {
  it.each<['cancel' | 'hold' | 'remind' | null, Sighting | null | 'unknown', string]>([
    [null, seen(NOW), 'fire action'],
    ['cancel', null, 'fire action'],
    ['cancel', seen(NOW), 'cancel'],
    ['hold', seen(NOW), 'hold'],
    ['remind', seen(NOW), 'fire remind'],
    ['remind', 'unknown', 'wait'],
    ['cancel', 'unknown', 'wait'],
  ])('with unless %s, seen %j: %s', (reply, seenReply, expected) => {
    const verdict = evaluate(plan([at(NOW)], { unless: { reply } }), arming, facts({ reply: seenReply }), NOW)
    expect(verdict.verdict === 'fire' ? `fire ${verdict.as}` : verdict.verdict).toBe(expected)
  })

  it('not seen keeps else-at from firing too', () => {
    const window: Window = { ...open, elseAt: NOW }
    const waits = plan([online], { window, unless: { reply: 'cancel' } })
    expect(evaluate(waits, arming, facts({ reply: 'unknown' }), NOW).verdict).toBe('wait')
  })
})

describe('the relay', () => {
  it.each<[string, BackupPlan, boolean]>([
    ['a time', plan([at(NOW)]), true],
    ['a message', plan([message]), true],
    ['sealed words', plan([{ kind: 'message', from: BO, sealed: true }]), false],
    ['a command', plan([at(NOW)], { action: { kind: 'run', device: 'laptop' } }), false],
  ])('sees %s: %s', (_, evaluated, can) => {
    expect(relayCanEvaluate(evaluated)).toBe(can)
  })
})
