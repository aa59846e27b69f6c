import { describe, expect, it } from 'vitest'
import type { BackupPlan, Condition, Window } from '../../../../src/domain/backup.ts'
import type { Uin } from '../../../../src/domain/uin.ts'
import type { BackupRecord } from '../../../../src/protocol/records.ts'
import { heldIfUnsure } from '../../../../src/relay/durability/restored.ts'
import { created } from '../../../../src/relay/firing/backup-change.ts'
import { dummyContent, dummyPrivate } from '../../../support/dummy-seal.ts'
import { at, planFor } from '../../../support/relay-world.ts'

const BO = '1000000008' as Uin
const ARMED = Date.UTC(2026, 0, 5, 9)
const NOW = ARMED + 3_600_000
const open: Window = { between: null, days: null, zone: 'UTC', onlyIfIAm: null, elseAt: null, expiresAt: null }

const online: Condition = { kind: 'presence', who: BO, is: 'online', turns: null }
const past = at(NOW)
const ahead = at(NOW + 1)

function record(plan: BackupPlan, over: Partial<BackupRecord> = {}): BackupRecord {
  const made = created(
    { id: 'one', plan, content: dummyContent('text', 'one', null), private: dummyPrivate('one'), conflictOf: null },
    { now: ARMED, seq: 1, deviceId: 'desk' },
  )
  return { ...made, ...over }
}

const all = (...conditions: Condition[]) => planFor(BO, conditions)
const any = (...conditions: Condition[]) => planFor(BO, conditions, {}, 'any')
const paused = { state: 'held', heldReason: 'PAUSED' } as const

describe('after a restore, what may have been sent meanwhile is held, and nothing else', () => {
  it.each<[string, BackupRecord, boolean]>([
    ['a time that has come', record(all(past)), true],
    ['a time ahead', record(all(ahead)), false],
    ['an event', record(all(online)), true],
    ['an event after a time ahead', record(all(online, ahead)), false],
    ['an event or a time ahead', record(any(online, ahead)), true],
    ['one of two times ahead', record(any(ahead, at(NOW + 2))), false],
    ['a deadline that has come', record(planFor(BO, [ahead], { window: { ...open, elseAt: NOW } })), true],
    ['a manual one', record(all()), false],
    ['a reminder', record(planFor(BO, [past], { action: { kind: 'remind' } })), false],
    ['a pause that is over', record(all(past), { ...paused, resumeAt: NOW }), true],
    ['a pause', record(all(past), { ...paused, resumeAt: NOW + 1 }), false],
    ['a snooze', record(all(past), { resumeAt: NOW + 1 }), false],
    ['what has been sent', record(all(past), { state: 'sent' }), false],
    ['what has been cancelled', record(all(past), { state: 'cancelled' }), false],
  ])('%s', (_what, before, isHeld) => {
    const after = heldIfUnsure(before, NOW)
    if (isHeld) expect(after).toMatchObject({ state: 'held', heldReason: 'RESTORED', dueAt: null })
    else expect(after).toBe(before)
  })
})
