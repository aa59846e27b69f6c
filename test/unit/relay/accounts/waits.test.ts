import { expect, test } from 'vitest'
import type { Condition } from '../../../../src/domain/backup.ts'
import type { Uin } from '../../../../src/domain/uin.ts'
import type { BackupRecord } from '../../../../src/protocol/records.ts'
import { topics, topicsOf, Waits } from '../../../../src/relay/accounts/waits.ts'
import { created, moveTo } from '../../../../src/relay/firing/backup-change.ts'
import { dummyPrivate } from '../../../support/dummy-seal.ts'
import { idOf, planFor } from '../../../support/relay-world.ts'

const [ana, bo, cleo] = ['1111111117', '2222222220', '3333333334'] as Uin[] as [Uin, Uin, Uin]

function backup(name: string, conditions: readonly Condition[], change = {}): BackupRecord {
  const id = idOf(name)
  const content = dummyPrivate(id)
  const plan = planFor(bo, conditions, change)
  return created({ id, plan, content, private: content, conflictOf: null }, { now: 0, seq: 0, deviceId: 'd' })
}

const online: Condition = { kind: 'presence', who: bo, is: 'online', turns: null }
const message: Condition = { kind: 'message', from: cleo, sealed: false }

test('a backup waits for what its conditions and gates name', () => {
  expect(topicsOf(ana, backup('a', [online, message]))).toEqual([topics.presence(bo), topics.message(cleo)])
  const send: Condition = { kind: 'my-send', to: null }
  const read: Condition = { kind: 'read', who: bo, n: 3 }
  expect(topicsOf(ana, backup('b', [send, read]))).toEqual([topics.send(null), topics.read(bo)])
  expect(topicsOf(ana, backup('c', [], { unless: { reply: 'cancel' } }))).toEqual([topics.message(bo)])
  const window = { between: null, days: null, zone: 'UTC', onlyIfIAm: 'away', elseAt: null, expiresAt: null }
  expect(topicsOf(ana, backup('d', [], { window }))).toEqual([topics.presence(ana)])
})

test('one that does not listen waits for nothing', () => {
  expect(topicsOf(ana, moveTo(backup('a', [online]), 'cancelled'))).toEqual([])
})

test('a topic is waited for as long as one backup waits for it', () => {
  const [first, second] = [backup('first', [online]), backup('second', [online, online])]
  const waits = new Waits(ana, [first, second])
  expect([waits.has(topics.presence(bo)), waits.has(topics.presence(cleo))]).toEqual([true, false])
  waits.replace(first, moveTo(first, 'cancelled'))
  expect(waits.has(topics.presence(bo))).toBe(true)
  waits.replace(second, undefined)
  expect(waits.has(topics.presence(bo))).toBe(false)
  waits.replace(undefined, first)
  expect(waits.has(topics.presence(bo))).toBe(true)
})
