import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { IdFilter, SentIds } from '../../../../src/relay/accounts/sent-ids.ts'
import { openStore } from '../../../../src/store/account-store.ts'
import { MemoryDisk } from '../../../../src/store/memory-engine.ts'
import type { Reader, Store } from '../../../../src/store/store.ts'

const ids = (count: number, from = 0) => Array.from({ length: count }, (_, i) => `id-${from + i}`)

describe('a filter of ids', () => {
  it('finds all that were added, and of the others few even when it is full', () => {
    const filter = new IdFilter(4_096)
    for (const id of ids(filter.capacity)) filter.add(id)
    expect(filter.isFull).toBe(true)
    expect(ids(filter.capacity).filter((id) => !filter.has(id))).toEqual([])
    expect(ids(20_000, 1_000_000).filter((id) => filter.has(id)).length).toBeLessThan(200)
  })
})

describe('what tells a new id', () => {
  let store: Store
  let textReads = 0

  beforeEach(async () => {
    textReads = 0
    store = await openStore({ engine: await new MemoryDisk().open(), kind: 'test', witness: null })
  })
  afterEach(() => store.close())

  async function send(sent: readonly string[]): Promise<void> {
    const writes = sent.map((id, seq) => ({ op: 'insert' as const, key: `sent/${id}`, value: seq }))
    await store.transact(['ann'], () => ({ writes: [writes], result: undefined }))
  }

  /** Counts pages of ids read. */
  const counted = (reader: Reader): Reader => ({
    version: reader.version,
    rows: reader.rows,
    wake: reader.wake,
    get: (key) => reader.get(key),
    range: (query) => reader.range(query),
    texts(query) {
      textReads++
      return reader.texts(query)
    },
  })

  const ask = (known: SentIds, id: string) => store.read('ann', (reader) => known.perhaps(id, counted(reader)))

  it('reads nothing for an account that has sent nothing, and knows what it sends from then on', async () => {
    const known = new SentIds()
    expect(await ask(known, 'first')).toBe(false)
    known.add('first')
    await send(['first'])
    expect(await ask(known, 'first')).toBe(true)
    expect(await ask(known, 'second')).toBe(false)
    expect(textReads).toBe(0)
  })

  it('says perhaps until so many looks have come that reading all ids pays', async () => {
    await send(ids(2_500))
    const known = new SentIds()
    let looks = 1
    while (await ask(known, 'new')) looks++
    expect(looks).toBe(Math.ceil(2_500 / 16))
    expect(textReads).toBe(3)
    for (const id of ids(2_500)) expect(await ask(known, id)).toBe(true)
    expect(textReads).toBe(3)
  })

  it('forgets none however many come', async () => {
    const known = new SentIds()
    await ask(known, 'new')
    const sent = ids(5_000)
    for (const id of sent) known.add(id)
    const answers = await Promise.all(sent.map((id) => ask(known, id)))
    expect(answers.every((perhaps) => perhaps)).toBe(true)
    expect(await ask(known, 'new')).toBe(false)
  })

  it('takes ids that are fewer than the account counts for damage', async () => {
    await send(ids(3))
    const short = (reader: Reader): Reader => ({ ...counted(reader), texts: async () => [] })
    const asked = store.read('ann', (reader) => new SentIds().perhaps('new', short(reader)))
    await expect(asked).rejects.toThrow('space "sent" has 0 rows and counts 3')
  })
})
