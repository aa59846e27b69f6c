import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { applyResync } from '../../../../src/daemon/link/resync.ts'
import type { Ledger } from '../../../../src/daemon/mirror/ledger.ts'
import { applyEntries, putBackup } from '../../../../src/daemon/mirror/mirror.ts'
import { keys, within } from '../../../../src/daemon/mirror/rows.ts'
import { isOlder } from '../../../../src/domain/life.ts'
import type { LogEntry, LogEntryBody } from '../../../../src/protocol/records.ts'
import { BO, backup, byBo, entry, friend, ME, message, openLedger, openTexts, plan } from '../samples.ts'

async function rowsOf(ledger: Ledger): Promise<unknown> {
  return ledger.read((reader) => reader.range({ gte: '', lt: '\uffff' }))
}

const texts = openTexts()
const reading = { me: ME, texts }
const apply = (ledger: Ledger, entries: readonly LogEntry[]) =>
  ledger.change((tx) => applyEntries(tx, 0, entries, reading))

const bodies: fc.Arbitrary<LogEntryBody> = fc.oneof(
  fc.integer({ min: 1, max: 5 }).map((n): LogEntryBody => ({ type: 'message', message: message(n) })),
  fc.record({ a: fc.nat(5), b: fc.nat(5), c: fc.nat(5), d: fc.nat(5) }).map(
    ({ a, b, c, d }): LogEntryBody => ({
      type: 'mark',
      mark: { friend: BO, delivered: a, read: b, friendDelivered: c, friendRead: d, at: 5 },
    }),
  ),
  fc
    .record({
      id: fc.constantFrom('one', 'two'),
      rev: fc.integer({ min: 1, max: 3 }),
      occurrence: fc.integer({ min: 1, max: 3 }),
      state: fc.constantFrom('armed', 'due', 'sent', 'held', 'cancelled'),
    })
    .map(
      ({ id, ...over }): LogEntryBody => ({
        type: 'backup',
        backup: backup(id, { ...over, plan: plan([{ kind: 'message', from: BO, sealed: false }]) }),
      }),
    ),
  fc.constantFrom('friend', 'incoming').map(
    (state): LogEntryBody => ({
      type: 'friend',
      friend: friend({ state: state as 'friend', keys: null }),
    }),
  ),
)

describe('the mirror', () => {
  it('is the same whether entries come once or again, in whatever batches', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(bodies, { minLength: 1, maxLength: 12 }), fc.array(fc.nat(12)), async (all, cuts) => {
        const entries = all.map((body, index) => entry(index + 1, body))
        const once = await openLedger()
        await apply(once.ledger, entries)
        const again = await openLedger()
        for (const cut of cuts) await apply(again.ledger, entries.slice(0, cut))
        await apply(again.ledger, entries)
        await apply(again.ledger, entries)
        expect(await rowsOf(again.ledger)).toEqual(await rowsOf(once.ledger))
      }),
      { numRuns: 60 },
    )
  })

  it('takes nothing when an entry is missing before it, or it is of another epoch', async () => {
    const { ledger } = await openLedger()
    const second = entry(2, { type: 'message', message: message(1) })
    expect((await apply(ledger, [second])).gap).toBe(true)
    expect((await ledger.change((tx) => applyEntries(tx, 7, [{ ...second, seq: 1 }], reading))).gap).toBe(true)
    expect(ledger.state.cursor?.seq).toBe(0)
  })

  it('keeps what it told for as many entries as it promises, whether those after them are told or not', async () => {
    const { ledger } = await openLedger()
    const told = [1, 2, 3].map((seq) => entry(seq, { type: 'message', message: message(seq) }))
    await apply(ledger, told)
    await ledger.change((tx) => tx.put(keys.cursor, { epoch: 0, seq: 10_000, floor: 0 }))
    const setting = { nick: null, status: 'auto', statusText: null, quiet: null } as const
    await apply(
      ledger,
      [10_001, 10_002].map((seq) => entry(seq, { type: 'setting', setting })),
    )
    const kept = await ledger.read((reader) => reader.range(within('log')))
    expect(kept.map(([key]) => key)).toEqual([keys.log(3)])
  })

  it('keeps the first message that matches, in the same write as the cursor', async () => {
    const { ledger } = await openLedger()
    const sealed = plan([{ kind: 'message', from: BO, sealed: true }])
    const matching = [{ words: 'the book', pattern: null }]
    const words = texts.sealBackupPrivate({ key: null, note: null, matching, command: null }, 'one')
    const said = async (n: number, text: string) =>
      entry(n + 2, { type: 'message', message: message(n, { content: await byBo(`id-${n}`, text) }) })
    await apply(ledger, [
      entry(1, { type: 'friend', friend: friend() }),
      entry(2, { type: 'backup', backup: backup('one', { plan: sealed, private: words, armedSeq: 2 }) }),
      await said(1, 'a book?'),
      await said(2, 'The Book!'),
      await said(3, 'the book, the book'),
    ])
    expect(ledger.state.backups.get('one')?.seen.conditions).toEqual([{ at: 10_002, seq: 4 }])
    expect(ledger.state.backups.get('one')?.seen.reply).toEqual({ at: 10_001, seq: 3 })
  })

  it('forgets what was seen when the backup is armed anew', async () => {
    const { ledger } = await openLedger()
    const waits = plan([{ kind: 'message', from: BO, sealed: false }])
    await apply(ledger, [
      entry(1, { type: 'backup', backup: backup('one', { plan: waits }) }),
      entry(2, { type: 'message', message: message(1) }),
      entry(3, { type: 'backup', backup: backup('one', { plan: waits, occurrence: 2, armedSeq: 2 }) }),
    ])
    expect(ledger.state.backups.get('one')?.seen.conditions).toEqual([null])
  })

  it('an older entry does not turn back what an answer has shown', async () => {
    const { ledger } = await openLedger()
    await ledger.change((tx) => putBackup(tx, backup('one', { state: 'cancelled' }), { logged: false, whole: true }))
    await apply(ledger, [entry(1, { type: 'backup', backup: backup('one') })])
    expect(ledger.state.backups.get('one')?.record.state).toBe('cancelled')
  })

  it.each([
    ['an earlier revision', { rev: 1 }, { rev: 2 }, true],
    ['an earlier occurrence', { occurrence: 1 }, { occurrence: 2 }, true],
    ['armed after due', { state: 'armed' }, { state: 'due' }, true],
    ['cancelled after armed', { state: 'cancelled' }, { state: 'armed' }, false],
    ['undone: a new occurrence', { state: 'armed', occurrence: 2 }, { state: 'cancelled' }, false],
    ['resumed: a new occurrence', { state: 'armed', occurrence: 2 }, { state: 'held' }, false],
    ['a due reminder of a series, paused', { state: 'held' }, { state: 'due' }, false],
    ['sent while it was held', { state: 'sent' }, { state: 'held' }, false],
    ['the same', {}, {}, false],
  ] as const)('%s', (_what, incoming, current, older) => {
    expect(isOlder(backup('x', incoming), backup('x', current))).toBe(older)
  })

  it('a resync keeps messages, drops what is gone, and reads again for words that are waited for', async () => {
    const { ledger } = await openLedger()
    await apply(ledger, [
      entry(1, { type: 'message', message: message(1) }),
      entry(2, { type: 'backup', backup: backup('gone') }),
    ])
    const words = backup('words', { armedSeq: 4, plan: plan([{ kind: 'message', from: BO, sealed: true }]) })
    const cursor = await ledger.change((tx) =>
      applyResync(
        tx,
        3,
        9,
        [
          { type: 'backup', backup: words },
          { type: 'backup', backup: backup('other', { armedSeq: 2 }) },
        ],
        texts,
      ),
    )
    expect(cursor).toEqual({ epoch: 3, seq: 4, floor: 9 })
    expect([...ledger.state.backups.ids()].sort()).toEqual(['other', 'words'])
    expect(ledger.state.backups.get('words')?.seen.whole).toBe(true)
    expect(ledger.state.backups.get('other')?.seen.whole).toBe(false)
    expect(await ledger.read((reader) => reader.get(keys.message(BO, 1)))).toBeDefined()

    const again = await ledger.change((tx) =>
      applyEntries(
        tx,
        3,
        [
          entry(5, { type: 'backup', backup: backup('gone') }),
          entry(6, { type: 'message', message: message(2) }),
          entry(7, { type: 'setting', setting: { nick: 'old', status: 'busy', statusText: null, quiet: null } }),
        ],
        reading,
      ),
    )
    expect(again.told).toEqual([])
    expect(ledger.state.backups.get('gone')).toBeUndefined()
    expect(ledger.state.setting?.nick).not.toBe('old')
    expect(await ledger.read((reader) => reader.get(keys.message(BO, 2)))).toBeDefined()
  })
})
