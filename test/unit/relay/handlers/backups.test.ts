import { describe, expect, it } from 'vitest'
import type { Condition } from '../../../../src/domain/backup.ts'
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../../../src/domain/instant.ts'
import { DEFAULT_LIMITS } from '../../../../src/protocol/limits.ts'
import type { BackupRecord } from '../../../../src/protocol/records.ts'
import { MAX_FRAME_BYTES } from '../../../../src/protocol/relay-api.ts'
import { occurrenceMessageId } from '../../../../src/relay/firing/delivery.ts'
import { dummyPrivate } from '../../../support/dummy-seal.ts'
import {
  at,
  idOf,
  newBackup,
  planFor,
  putBackup,
  type RelayDevice,
  refusal,
  say,
  sealed,
  textsOf,
} from '../../../support/relay-world.ts'
import { twoFriends } from '../../../support/two-friends.ts'

const { world, ana, bo, beginAgain } = twoFriends()

let changes = 0
const change = () => idOf(`change ${changes++}`)
const inMs = (ms: number) => at(world.host.clock.now() + ms)
const every = (rule: string): Condition => ({
  kind: 'every',
  rule,
  zone: 'UTC',
  until: null,
  count: null,
  done: 0,
  slot: world.host.clock.now(),
  next: null,
})
const window = { between: null, days: null, zone: 'UTC', onlyIfIAm: null, elseAt: null, expiresAt: null }

const step = (name: string, what: 'cancel' | 'undo' | 'dismiss', id = change()) =>
  ana.call('backup.step', { id: idOf(name), change: id, step: what })
const written = (name: string, text: string) => sealed(ana, bo.uin, idOf(name), text, 2)
const send = (name: string, text?: string, id = change()) =>
  ana.call('backup.send', {
    id: idOf(name),
    change: id,
    ...(text === undefined ? {} : { content: written(name, text) }),
  })
const edit = (name: string, rev: number, text: string, keep = true, id = change()) =>
  ana.call('backup.edit', { id: idOf(name), rev, change: id, content: written(name, text), rearm: false, keep })
const fire = (name: string) =>
  ana.call('backup.fire', { id: idOf(name), rev: 1, occurrence: 1, seenSeq: 999, sightings: [] })
const get = async (name: string) => (await ana.call('backup.get', { id: idOf(name) })).record

describe('putting', () => {
  it('the same backup twice makes one', async () => {
    const first = await putBackup(ana, 'tea', planFor(bo.uin))
    const { results } = await ana.call('backup.put', { backups: [newBackup(ana, 'tea', first.plan)] })
    expect(results).toEqual([{ ok: true, created: false, record: first }])
  })

  it('a batch refuses what it must and keeps the rest', async () => {
    const backup = (name: string, to: RelayDevice, text = name) => newBackup(ana, name, planFor(to.uin), text)
    const cy = await world.register('Cy')
    const { results } = await ana.call('backup.put', {
      backups: [backup('a', bo), backup('b', cy), backup('c', bo, 'x'.repeat(17 * 1024)), backup('d', ana)],
    })
    expect(results.map((result) => (result.ok ? 'ok' : result.error.code))).toEqual([
      'ok',
      'NOT_FRIENDS',
      'TOO_LONG',
      'ok',
    ])
  })

  it('answers a batch within a frame, and the log brings every record', async () => {
    const sizes: number[] = []
    const backups = Array.from({ length: 200 }, (_, i) => newBackup(ana, `many ${i}`, planFor(bo.uin)))
    expect(Buffer.byteLength(JSON.stringify(backups))).toBeLessThan(MAX_FRAME_BYTES)
    const answer = await ana.call('backup.put', { backups })
    sizes.push(Buffer.byteLength(JSON.stringify(answer)))
    await world.settle()
    const told = ana.entries.filter((entry) => entry.type === 'backup')
    expect(Math.max(...sizes)).toBeLessThan(MAX_FRAME_BYTES)
    expect(told.length).toBe(200)
  })
})

describe('editing', () => {
  it('is done once for one change', async () => {
    await putBackup(ana, 'tea', planFor(bo.uin))
    const id = change()
    const first = await edit('tea', 1, 'tea!', true, id)
    expect(await edit('tea', 1, 'tea!', true, id)).toEqual(first)
    expect(first).toMatchObject({ record: { rev: 2, content: written('tea', 'tea!') }, conflict: null })
  })

  it('after another edit keeps its text as a manual backup of its own, once', async () => {
    await putBackup(ana, 'tea', planFor(bo.uin, [inMs(HOUR_MS / 2)], { window: { ...window, expiresAt: inOneHour() } }))
    await edit('tea', 1, 'mine')
    const id = change()
    const lost = await edit('tea', 1, 'theirs', true, id)
    expect(lost.record).toMatchObject({ rev: 2, content: written('tea', 'mine') })
    expect(lost.conflict).toMatchObject({
      state: 'held',
      heldReason: 'CONFLICT',
      conflictOf: idOf('tea'),
      content: written('tea', 'theirs'),
      plan: { trigger: { conditions: [] }, window: null },
    })
    expect(await edit('tea', 1, 'theirs', true, id)).toEqual(lost)
  })

  it.each([
    ['a fire', () => fire('tea'), 'sent'],
    ['a send', () => send('tea'), 'sent'],
    ['a cancel', () => step('tea', 'cancel'), 'cancelled'],
  ])('after %s keeps its text as a backup of its own', async (_, other, state) => {
    await putBackup(ana, 'tea', planFor(bo.uin, [inMs(0)]))
    await other()
    const lost = await edit('tea', 1, 'late')
    expect(lost).toMatchObject({ record: { state }, conflict: { state: 'held', content: written('tea', 'late') } })
  })

  it('that lost says so where nothing is to be kept', async () => {
    await putBackup(ana, 'tea', planFor(bo.uin))
    await edit('tea', 1, 'mine')
    expect(await refusal(edit('tea', 1, 'theirs', false))).toBe('REV_CONFLICT')
    await step('tea', 'cancel')
    expect(await refusal(edit('tea', 2, 'theirs', false))).toBe('ALREADY_FINISHED')
  })

  it('cannot change the recipient', async () => {
    await putBackup(ana, 'tea', planFor(bo.uin))
    const request = { id: idOf('tea'), rev: 1, change: change(), plan: planFor(ana.uin), rearm: false, keep: false }
    expect(await refusal(ana.call('backup.edit', request))).toBe('USAGE')
  })

  it('with a new time brings back what was missed', async () => {
    const plan = planFor(bo.uin, [inMs(MINUTE_MS)], { late: { graceMs: 0, then: 'drop' } })
    await putBackup(ana, 'tea', plan)
    await world.pass(MINUTE_MS + 6 * SECOND_MS)
    expect((await get('tea')).state).toBe('missed')
    expect(await refusal(edit('tea', 1, 'again', false))).toBe('ALREADY_FINISHED')
    const next = { ...plan, trigger: { match: 'all' as const, conditions: [inMs(MINUTE_MS)] } }
    const request = { id: idOf('tea'), rev: 1, change: change(), plan: next, rearm: true, keep: false }
    expect((await ana.call('backup.edit', request)).record).toMatchObject({ state: 'armed', occurrence: 2, rev: 2 })
  })
})

const inOneHour = () => world.host.clock.now() + HOUR_MS

/** Brings a backup named by its state into it. */
const into: Record<string, () => Promise<unknown>> = {
  armed: () => putBackup(ana, 'armed', planFor(bo.uin)),
  held: async () => {
    await putBackup(ana, 'held', planFor(bo.uin, [], { unless: { reply: 'hold' } }))
    await say(bo, ana.uin, 'reply')
    await fire('held')
  },
  due: async () => {
    await putBackup(ana, 'due', planFor(bo.uin, [inMs(0)], { action: { kind: 'remind' } }))
    await fire('due')
  },
  sent: async () => {
    await putBackup(ana, 'sent', planFor(bo.uin, [inMs(0)]))
    await fire('sent')
  },
  dismissed: async () => {
    await putBackup(ana, 'dismissed', planFor(bo.uin, [inMs(0)], { action: { kind: 'remind' } }))
    await fire('dismissed')
    await step('dismissed', 'dismiss')
  },
  cancelled: async () => {
    await putBackup(ana, 'cancelled', planFor(bo.uin))
    await step('cancelled', 'cancel')
  },
  missed: async () => {
    await putBackup(ana, 'missed', planFor(bo.uin, [inMs(0)], { late: { graceMs: 0, then: 'drop' } }))
    world.host.clock.jump(1)
    await fire('missed')
  },
  expired: async () => {
    const expiresAt = world.host.clock.now()
    await putBackup(ana, 'expired', planFor(bo.uin, [], { window: { ...window, expiresAt } }))
    await fire('expired')
  },
  failed: async () => {
    await putBackup(ana, 'failed', planFor(bo.uin, [inMs(0)]))
    await bo.call('friend.remove', { uin: ana.uin })
    await fire('failed')
    await world.befriend(ana, bo)
  },
}

describe('a step from each state', () => {
  const finished = 'ALREADY_FINISHED'
  it.each([
    ['armed', 'cancelled', 'USAGE', finished, 'sent'],
    ['held', 'cancelled', 'USAGE', finished, 'sent'],
    ['due', 'cancelled', 'dismissed', finished, 'sent'],
    ['sent', 'ALREADY_SENT', 'ALREADY_SENT', finished, 'ALREADY_SENT'],
    ['dismissed', finished, 'dismissed', 'armed', finished],
    ['cancelled', 'cancelled', finished, 'armed', finished],
    ['missed', finished, finished, finished, finished],
    ['expired', finished, finished, finished, finished],
    ['failed', finished, finished, finished, finished],
  ])('%s: cancel %s, dismiss %s, undo %s, send %s', async (state, ...expected) => {
    const outcomes: string[] = []
    for (const what of ['cancel', 'dismiss', 'undo', 'send'] as const) {
      await beginAgain()
      await into[state]?.()
      expect((await get(state)).state).toBe(state)
      const code = await refusal(what === 'send' ? send(state) : step(state, what))
      outcomes.push(code === 'not refused' ? (await get(state)).state : code)
      if (code !== 'not refused') expect((await get(state)).state).toBe(state)
    }
    expect(outcomes).toEqual(expected)
  })

  it('a step is done once for one change', async () => {
    await putBackup(ana, 'tea', planFor(bo.uin))
    const [cancel, undo] = [change(), change()]
    await step('tea', 'cancel', cancel)
    const back = await step('tea', 'undo', undo)
    expect(await step('tea', 'undo', undo)).toEqual(back)
    expect(await step('tea', 'cancel', cancel)).toEqual(back)
    expect(back.record).toMatchObject({ state: 'armed', occurrence: 2 })
  })
})

describe('a request to fire', () => {
  const fireAs = (occurrence: number) =>
    ana.call('backup.fire', { id: idOf('tea'), rev: 1, occurrence, seenSeq: 999, sightings: [] })

  it('for an earlier occurrence is over, whatever has been armed since', async () => {
    await putBackup(ana, 'tea', planFor(bo.uin, [{ kind: 'presence', who: bo.uin, is: 'online', turns: null }]))
    await step('tea', 'cancel')
    await step('tea', 'undo')
    expect((await fireAs(1)).outcome).toBe('already')
    await world.settle()
    expect(textsOf(bo)).toEqual([])
    expect((await fireAs(2)).outcome).toBe('sent')
  })

  it('for one that has ended is over, even past its expiry', async () => {
    const expires = { window: { ...window, expiresAt: world.host.clock.now() + MINUTE_MS } }
    await putBackup(ana, 'tea', planFor(bo.uin, [inMs(0)], expires))
    expect((await fireAs(1)).outcome).toBe('sent')
    world.host.clock.jump(HOUR_MS)
    expect(await fireAs(1)).toMatchObject({ outcome: 'already', record: { state: 'sent' } })
  })

  it('finds the message of its occurrence, should that id have been sent before', async () => {
    await putBackup(ana, 'tea', planFor(bo.uin, [inMs(0)]))
    const id = occurrenceMessageId(ana.uin, idOf('tea'), 1)
    await ana.call('message.send', { id, to: bo.uin, content: sealed(ana, bo.uin, id, 'by hand') })
    expect(await fireAs(1)).toMatchObject({ outcome: 'sent', record: { sent: { messageId: id } } })
    await world.settle()
    expect(textsOf(bo)).toEqual(['by hand'])
  })
})

describe('undo', () => {
  it('works within a day, and not after', async () => {
    await putBackup(ana, 'tea', planFor(bo.uin))
    await putBackup(ana, 'cake', planFor(bo.uin))
    await step('tea', 'cancel')
    await step('cake', 'cancel')
    world.host.clock.jump(24 * HOUR_MS)
    expect((await step('tea', 'undo')).record.state).toBe('armed')
    world.host.clock.jump(1)
    expect(await refusal(step('cake', 'undo'))).toBe('ALREADY_FINISHED')
  })

  it.each([
    ['its time', () => planFor(bo.uin, [inMs(MINUTE_MS)])],
    ['one of several times', () => planFor(bo.uin, [inMs(MINUTE_MS), inMs(24 * HOUR_MS)], {}, 'any')],
    ['its else-at', () => planFor(bo.uin, [], { window: { ...window, elseAt: world.host.clock.now() + MINUTE_MS } })],
  ])('holds what would go at once since %s has passed', async (_, plan) => {
    await putBackup(ana, 'tea', plan())
    await step('tea', 'cancel')
    world.host.clock.jump(2 * MINUTE_MS)
    expect((await step('tea', 'undo')).record).toMatchObject({ state: 'held', heldReason: 'UNDONE_LATE' })
    await world.pass(MINUTE_MS)
    expect(textsOf(bo)).toEqual([])
  })
})

it('undo makes what only reminds due again, however late', async () => {
  await into.dismissed?.()
  world.host.clock.jump(HOUR_MS)
  await step('dismissed', 'undo')
  await world.pass(10_000)
  expect((await get('dismissed')).state).toBe('due')
})

describe('sending now', () => {
  it('sends the edited text once for one change, as a person', async () => {
    await putBackup(ana, 'tea', planFor(bo.uin))
    const id = change()
    const first = await send('tea', 'coffee', id)
    expect(await send('tea', 'coffee', id)).toEqual(first)
    expect(first).toMatchObject({
      record: { state: 'sent', rev: 2, content: written('tea', 'coffee') },
      message: { automatic: false, deviceId: ana.deviceId, backupId: idOf('tea') },
    })
    await world.settle()
    expect(textsOf(bo)).toEqual(['coffee'])
  })

  it('is refused, and changes nothing, when the friendship has ended', async () => {
    await putBackup(ana, 'tea', planFor(bo.uin))
    await bo.call('friend.block', { uin: ana.uin })
    expect(await refusal(send('tea'))).toBe('NOT_FRIENDS')
    expect((await get('tea')).state).toBe('armed')
  })
})

describe('the end', () => {
  it.each(['held', 'due'])('comes for a %s backup at its expiry', async (state) => {
    const expires = { window: { ...window, expiresAt: world.host.clock.now() + MINUTE_MS } }
    const plan =
      state === 'held'
        ? planFor(bo.uin, [], { ...expires, unless: { reply: 'hold' } })
        : planFor(bo.uin, [inMs(0)], { ...expires, action: { kind: 'remind' } })
    await putBackup(ana, 'tea', plan)
    await say(bo, ana.uin, 'reply')
    await fire('tea')
    expect((await get('tea')).state).toBe(state)
    expect((await fire('tea')).outcome).toBe('already')
    await world.pass(MINUTE_MS + 6 * SECOND_MS)
    expect((await get('tea')).state).toBe('expired')
  })

  it('leaves the last thousand for 90 days, and forgotten ids do not come back', async () => {
    await beginAgain({ limits: { ...DEFAULT_LIMITS, finishedBackups: 2 } })
    for (const name of ['one', 'two', 'three']) {
      await putBackup(ana, name, planFor(bo.uin))
      await step(name, 'cancel')
      world.host.clock.jump(1)
    }
    expect(await refusal(get('one'))).toBe('NO_SUCH_BACKUP')
    expect((await get('two')).state).toBe('cancelled')
    expect(await refusal(putBackup(ana, 'one', planFor(bo.uin)))).toBe('ALREADY_FINISHED')
    await world.crash()
    Object.assign(ana, await world.open(ana))
    expect(await refusal(putBackup(ana, 'one', planFor(bo.uin)))).toBe('ALREADY_FINISHED')
    world.host.clock.jump(DEFAULT_LIMITS.finishedForMs + 1)
    await putBackup(ana, 'four', planFor(bo.uin))
    await step('four', 'cancel')
    expect(await refusal(get('two'))).toBe('NO_SUCH_BACKUP')
    expect(await refusal(get('three'))).toBe('NO_SUCH_BACKUP')
    expect((await get('four')).state).toBe('cancelled')
  })
})

describe('arming anew', () => {
  it('is refused, as adding is, when it would go to somebody who is no friend any more', async () => {
    const { plan, rev } = await putBackup(ana, 'tea', planFor(bo.uin, [inMs(HOUR_MS)]))
    await bo.call('friend.remove', { uin: ana.uin })
    const anew = { id: idOf('tea'), rev, change: change(), plan, rearm: true, keep: false }
    expect(await refusal(ana.call('backup.edit', anew))).toBe('NOT_FRIENDS')
    expect((await get('tea')).rev).toBe(rev)
  })
})

describe('what a device reports after a loss', () => {
  it.each<[string, (plan: BackupRecord['plan']) => BackupRecord['plan'], number]>([
    ['is taken', (plan) => plan, 1],
    [
      'is not taken with a time in a zone there is not',
      (plan) => ({ ...plan, trigger: { match: 'all', conditions: [{ ...inMs(0), zone: 'Mars/Olympus' }] } }),
      0,
    ],
    ['is not taken with a window in one', (plan) => ({ ...plan, window: { ...window, zone: 'Mars/Olympus' } }), 0],
    [
      'is not taken with a rule nobody can read',
      (plan) => ({ ...plan, trigger: { match: 'all', conditions: [every('each full moon')] } }),
      0,
    ],
  ])('%s', async (_, spoilt, backups) => {
    const record = await putBackup(ana, 'tea', planFor(bo.uin, [inMs(HOUR_MS)]))
    const id = idOf('reported')
    const { content, private: own } = newBackup(ana, 'reported', record.plan)
    const reported = { ...record, id, content, private: own, plan: spoilt(record.plan) }
    const taken = await ana.call('log.report', { backups: [reported], messages: [] })
    expect(taken.backups).toBe(backups)
    if (backups === 0) expect(await refusal(edit('reported', 1, 'other'))).toBe('NO_SUCH_BACKUP')
  })
})

describe('limits', () => {
  const small = (limits: Partial<typeof DEFAULT_LIMITS>) => beginAgain({ limits: { ...DEFAULT_LIMITS, ...limits } })

  it('live backups per account and per friend, whichever way they come to life', async () => {
    await small({ backupsPerAccount: 3, backupsPerFriend: 2 })
    await putBackup(ana, 'a', planFor(bo.uin))
    await putBackup(ana, 'b', planFor(bo.uin))
    expect(await refusal(putBackup(ana, 'c', planFor(bo.uin)))).toBe('LIMIT')
    await putBackup(ana, 'd', planFor(ana.uin))
    expect(await refusal(putBackup(ana, 'e', planFor(ana.uin)))).toBe('LIMIT')
    await step('a', 'cancel')
    await putBackup(ana, 'f', planFor(bo.uin))
    expect(await refusal(step('a', 'undo'))).toBe('LIMIT')
    await edit('b', 1, 'mine')
    expect(await refusal(edit('b', 1, 'theirs'))).toBe('LIMIT')
  })

  it.each<[string, (plan: ReturnType<typeof planFor>) => ReturnType<typeof planFor>, string]>([
    ['conditions', (plan) => ({ ...plan, trigger: { match: 'all', conditions: Array(9).fill(inMs(0)) } }), 'LIMIT'],
    ['a time too far', (plan) => ({ ...plan, trigger: { match: 'all', conditions: [inMs(6e11)] } }), 'LIMIT'],
    ['an else-at too far', (plan) => ({ ...plan, window: { ...window, elseAt: 8e15 } }), 'LIMIT'],
    ['a zone there is not', (plan) => ({ ...plan, window: { ...window, zone: 'Mars/Olympus' } }), 'BAD_ZONE'],
    [
      'a time in a zone there is not',
      (plan) => ({ ...plan, trigger: { match: 'all', conditions: [{ ...inMs(0), zone: 'Mars/Olympus' }] } }),
      'BAD_ZONE',
    ],
  ])('%s', async (_, spoilt, code) => {
    await small({})
    expect(await refusal(putBackup(ana, 'a', spoilt(planFor(bo.uin))))).toBe(code)
  })

  it('the private part and the batch', async () => {
    await small({ putBatch: 2 })
    const backup = newBackup(ana, 'a', planFor(bo.uin))
    const wordy = { ...backup, private: dummyPrivate(backup.id, 'x'.repeat(60_000)) }
    const { results } = await ana.call('backup.put', { backups: [wordy] })
    expect(results).toMatchObject([{ ok: false, error: { code: 'TOO_LONG' } }])
    expect(await refusal(ana.call('backup.put', { backups: [backup, backup, backup] }))).toBe('LIMIT')
  })

  it('changes beyond the budget, with the time to wait', async () => {
    await small({ changesPerSecond: 2, changesBurst: 4 })
    const many = await Promise.all(
      Array.from({ length: 8 }, (_, i) => putBackup(ana, `b${i}`, planFor(bo.uin)).catch((error: unknown) => error)),
    )
    const refused = many.filter(
      (outcome): outcome is { code: string; retryAfterMs: number } => 'code' in Object(outcome),
    )
    expect(refused.length).toBeGreaterThan(3)
    expect(refused[0]).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: expect.any(Number) })
    await world.pass(refused[0]?.retryAfterMs ?? 0)
    const later: BackupRecord = await putBackup(ana, 'later', planFor(bo.uin))
    expect(later.state).toBe('armed')
  })
})
