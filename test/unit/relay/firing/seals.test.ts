import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { MINUTE_MS } from '../../../../src/domain/instant.ts'
import type { Envelope } from '../../../../src/protocol/records.ts'
import type { NewBackup } from '../../../../src/protocol/relay-api.ts'
import { makeAccountKeys } from '../../../../src/sealing/keys.ts'
import { dummyContent, dummyPrivate, plainEnvelope } from '../../../support/dummy-seal.ts'
import {
  at,
  idOf,
  newBackup,
  planFor,
  putBackup,
  refusal,
  rotateKeys,
  say,
  sealed,
  textsOf,
} from '../../../support/relay-world.ts'
import { twoFriends } from '../../../support/two-friends.ts'

const { world, ana, bo } = twoFriends()

const newKeys = () => makeAccountKeys((length) => randomBytes(length)).publicKeys
const inAMinute = () => at(world.host.clock.now() + MINUTE_MS)
const stateOf = async (name: string) => (await ana.call('backup.get', { id: idOf(name) })).record
const codeOf = async (backup: NewBackup) => {
  const [result] = (await ana.call('backup.put', { backups: [backup] })).results
  return result?.ok ? 'ok' : result?.error.code
}

describe('the relay takes', () => {
  const id = idOf('one')
  const right = () => sealed(ana, bo.uin, id, 'one')

  it('no message in clear, or sealed for something or somebody else', async () => {
    const send = (content: Envelope) => refusal(ana.call('message.send', { id, to: bo.uin, content }))
    expect(await send(plainEnvelope('in clear'))).toBe('NOT_SEALED')
    expect(await send(sealed(ana, bo.uin, idOf('two'), 'two'))).toBe('BAD_SEAL')
    expect(await send(dummyContent('for me alone', id, null))).toBe('BAD_SEAL')
    expect(await send({ ...right(), sig: '' })).toBe('BAD_SEAL')
    expect(await send({ ...right(), wraps: { self: null, to: 'A' } })).toBe('BAD_SEAL')
    expect(await send({ ...right(), sealedTo: null })).toBe('BAD_SEAL')
    expect(await send(dummyContent('for other keys', id, newKeys()))).toBe('KEY_CHANGED')
    expect(await send(right())).toBe('not refused')
  })

  it('no note to oneself in clear', async () => {
    const send = (content: Envelope) => refusal(ana.call('message.send', { id, to: ana.uin, content }))
    expect(await send(plainEnvelope('in clear'))).toBe('NOT_SEALED')
    expect(await send(dummyContent('for me', id, null))).toBe('not refused')
  })

  it('no backup in clear, nor one to send that its friend could not open', async () => {
    const one = newBackup(ana, 'one', planFor(bo.uin))
    expect(await codeOf({ ...one, content: plainEnvelope('one') })).toBe('NOT_SEALED')
    expect(await codeOf({ ...one, private: plainEnvelope('{}') })).toBe('NOT_SEALED')
    expect(await codeOf({ ...one, private: dummyPrivate(idOf('two')) })).toBe('BAD_SEAL')
    expect(await codeOf({ ...one, private: dummyContent('{}', id, null) })).toBe('BAD_SEAL')
    expect(await codeOf({ ...one, content: sealed(ana, bo.uin, idOf('two'), 'two') })).toBe('BAD_SEAL')
    expect(await codeOf({ ...one, content: dummyContent('one', id, null) })).toBe('BAD_SEAL')
    expect(await codeOf({ ...one, plan: { ...one.plan, action: { kind: 'remind' } } })).toBe('ok')
  })

  it('no edit in clear, and none that makes a reminder a message for a friend who cannot open it', async () => {
    const reminder = planFor(bo.uin, [inAMinute()], { action: { kind: 'remind' } })
    await ana.call('backup.put', {
      backups: [{ ...newBackup(ana, 'one', reminder), content: dummyContent('one', id, null) }],
    })
    const edit = (change: { content?: Envelope; private?: Envelope; plan?: typeof reminder }) =>
      refusal(ana.call('backup.edit', { id, rev: 1, change: idOf('c'), rearm: false, keep: false, ...change }))
    expect(await edit({ content: plainEnvelope('one!') })).toBe('NOT_SEALED')
    expect(await edit({ private: plainEnvelope('{}') })).toBe('NOT_SEALED')
    const plan = planFor(bo.uin, [inAMinute()])
    await edit({ plan })
    expect(await stateOf('one')).toMatchObject({ state: 'held', heldReason: 'KEY_CHANGED' })
  })

  it('no alias in clear', async () => {
    const set = (sealed: Envelope) => refusal(ana.call('friend.set', { uin: bo.uin, private: sealed }))
    expect(await set(plainEnvelope('{"alias":"b"}'))).toBe('NOT_SEALED')
    expect(await set(dummyPrivate(ana.uin))).toBe('BAD_SEAL')
    expect(await set(dummyPrivate(bo.uin))).toBe('not refused')
  })

  it('no send by hand of what is not for the friend, nor of a text that another has replaced', async () => {
    const reminder = planFor(bo.uin, [], { action: { kind: 'remind' } })
    await ana.call('backup.put', {
      backups: [{ ...newBackup(ana, 'one', reminder), content: dummyContent('one', id, null) }],
    })
    const send = (content?: Envelope) =>
      refusal(ana.call('backup.send', { id, change: idOf('c'), ...(content === undefined ? {} : { content }) }))
    expect(await send()).toBe('BAD_SEAL')
    expect(await send(plainEnvelope('one'))).toBe('NOT_SEALED')
    expect(await send(right())).toBe('REV_CONFLICT')
    expect(await send(sealed(ana, bo.uin, id, 'one', 2))).toBe('not refused')
  })
})

describe('a friend whose key is another now', () => {
  it('is sent nothing that was sealed for the old one; the owner gets the new one', async () => {
    await putBackup(ana, 'tea', planFor(bo.uin, [inAMinute()]))
    const keys = newKeys()
    await rotateKeys(world, bo.uin, keys)
    await world.pass(2 * MINUTE_MS)
    expect(textsOf(bo)).toEqual([])
    expect(await stateOf('tea')).toMatchObject({ state: 'held', heldReason: 'KEY_CHANGED' })
    expect(ana.entries.findLast((entry) => entry.type === 'friend')).toMatchObject({ friend: { uin: bo.uin, keys } })
  })

  it('is told to whoever sends by hand, and gets what is sealed for the new key', async () => {
    const keys = newKeys()
    await rotateKeys(world, bo.uin, keys)
    expect(await refusal(say(ana, bo.uin, 'old'))).toBe('KEY_CHANGED')
    const id = idOf('new')
    await ana.call('message.send', { id, to: bo.uin, content: dummyContent('new', id, keys) })
    await world.settle()
    expect(textsOf(bo)).toEqual(['new'])
  })

  it('is sent what was held once it is sealed again; its moment has stayed', async () => {
    await putBackup(ana, 'tea', planFor(bo.uin, [inAMinute()]))
    const { armedAt, occurrence } = await stateOf('tea')
    expect(await ana.call('friend.hold', { uin: bo.uin })).toEqual({ held: 1 })
    expect(await ana.call('friend.hold', { uin: bo.uin })).toEqual({ held: 0 })
    await world.pass(2 * MINUTE_MS)
    expect(textsOf(bo)).toEqual([])
    const content = sealed(ana, bo.uin, idOf('tea'), 'tea', 2)
    const edit = { id: idOf('tea'), rev: 1, change: idOf('c'), content, rearm: false, keep: false }
    expect((await ana.call('backup.edit', edit)).record).toMatchObject({ state: 'armed', armedAt, occurrence, rev: 2 })
    await world.pass(MINUTE_MS)
    expect(textsOf(bo)).toEqual(['tea'])
  })

  it('holds what arrives late, sealed for the key that was', async () => {
    const late = newBackup(ana, 'late', planFor(bo.uin, [inAMinute()]))
    await rotateKeys(world, bo.uin, newKeys())
    await refusal(say(ana, bo.uin, 'this tells the relay'))
    const [result] = (await ana.call('backup.put', { backups: [late] })).results
    expect(result).toMatchObject({ ok: true, record: { state: 'held', heldReason: 'KEY_CHANGED' } })
  })

  it('holds only what would go by itself, and only to that friend', async () => {
    const cy = await world.register('Cy')
    await world.befriend(ana, cy)
    await putBackup(ana, 'to bo', planFor(bo.uin, [inAMinute()]))
    await putBackup(ana, 'to cy', planFor(cy.uin, [inAMinute()]))
    await putBackup(ana, 'reminder', planFor(bo.uin, [inAMinute()], { action: { kind: 'remind' } }))
    await ana.call('friend.hold', { uin: bo.uin })
    expect(await Promise.all(['to bo', 'to cy', 'reminder'].map(async (name) => (await stateOf(name)).state))).toEqual([
      'held',
      'armed',
      'armed',
    ])
  })
})
