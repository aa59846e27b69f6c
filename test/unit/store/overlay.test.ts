import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openStore } from '../../../src/store/account-store.ts'
import { compareKeys } from '../../../src/store/key-order.ts'
import { MemoryDisk } from '../../../src/store/memory-engine.ts'
import type { RangeQuery, Write } from '../../../src/store/store.ts'
import { turn } from '../../support/turn.ts'

const key = fc.constantFrom(...['a', 'b', 'c', 'd', '\u{ffee}', '\u{1f388}'].flatMap((k) => [`s/${k}`, `t/${k}`]))
const step = fc.record({ key, value: fc.option(fc.nat(9)) })
const bound = fc.option(fc.oneof(key, fc.constantFrom('s/', 's0', 't/', 't0')), { nil: undefined })
const query = fc
  .record({ gte: bound, gt: bound, lt: bound, lte: bound, reverse: fc.boolean(), limit: fc.option(fc.nat(5)) })
  .map((parts) => Object.fromEntries(Object.entries(parts).filter(([, part]) => part !== undefined && part !== null)))

test('UTF-8 order is the order of the encoded bytes', () => {
  const unit = fc.constantFrom('a', 'b', 'ü', '\ud7ff', '\ue000', '\uffee', '\u{10000}', '\u{1f388}', '\u{10ffff}')
  const text = fc.string({ unit, maxLength: 4 })
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(Math.sign(compareKeys(a, b))).toBe(Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))))
    }),
  )
})

test('a range over rows on disk, in flight and queued reads as one map would', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.tuple(fc.array(step), fc.array(step), fc.array(step)),
      fc.array(query, { minLength: 1, maxLength: 8 }),
      async ([stored, inFlight, queued], queries) => {
        const disk = new MemoryDisk()
        const store = await openStore({ engine: await disk.open(), kind: 'test', witness: null, verifyWrites: true })
        const model = new Map<string, number>()
        const apply = (steps: typeof stored) => {
          const writes = steps.flatMap((one) => asWrite(model, one))
          return store.transact(['ann'], () => ({ writes: [writes], result: undefined }))
        }
        await apply(stored)
        const release = disk.holdSync()
        const pending: Promise<void>[] = [apply(inFlight)]
        await turn()
        pending.push(apply(queued))
        await turn()
        const answers = new Promise<unknown[]>((resolve, reject) => {
          const ask = store.read('ann', async (reader) => {
            const ranges = await Promise.all(queries.map((one) => reader.range(one)))
            resolve([ranges, await Promise.all([...model.keys(), 's/none'].map((one) => reader.get(one)))])
          })
          pending.push(ask)
          ask.catch(reject)
        })
        expect(await answers).toEqual([queries.map((one) => rangeOf(model, one)), [...model.values(), undefined]])
        release()
        await Promise.all(pending)
        await store.close()
      },
    ),
    { numRuns: 200 },
  )
})

/** What the step means for the model, as a write; nothing for a removal of what is not there. */
function asWrite(model: Map<string, number>, { key, value }: { key: string; value: number | null }): Write[] {
  const exists = model.has(key)
  if (value !== null) {
    model.set(key, value)
    return [{ op: exists ? 'replace' : 'insert', key, value }]
  }
  model.delete(key)
  return exists ? [{ op: 'remove', key }] : []
}

function rangeOf(model: Map<string, number>, query: RangeQuery): [string, number][] {
  const bytes = (text: string) => Buffer.from(text)
  const meets = (bound: string | undefined, key: string, accept: (order: number) => boolean) =>
    bound === undefined || accept(Buffer.compare(bytes(key), bytes(bound)))
  const rows = [...model]
    .filter(([key]) => meets(query.gte, key, (order) => order >= 0) && meets(query.gt, key, (order) => order > 0))
    .filter(([key]) => meets(query.lte, key, (order) => order <= 0) && meets(query.lt, key, (order) => order < 0))
    .sort(([a], [b]) => Buffer.compare(bytes(a), bytes(b)))
  if (query.reverse) rows.reverse()
  return rows.slice(0, query.limit)
}
