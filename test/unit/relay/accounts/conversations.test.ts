import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { DAY_MS } from '../../../../src/domain/instant.ts'
import type { Uin } from '../../../../src/domain/uin.ts'
import { fakeTime } from '../../../../src/host/fake-host.ts'
import type { LogEntry, MessageRecord } from '../../../../src/protocol/records.ts'
import { keys } from '../../../../src/relay/accounts/account-state.ts'
import type { AccountTx } from '../../../../src/relay/accounts/account-tx.ts'
import { Accounts } from '../../../../src/relay/accounts/accounts.ts'
import { INDEX_AFTER, type Place } from '../../../../src/relay/accounts/places.ts'
import { accountCheck } from '../../../../src/relay/durability/account-check.ts'
import { repairAccount } from '../../../../src/relay/durability/repair-account.ts'
import { RELAY_MIGRATIONS } from '../../../../src/relay/durability/store-format.ts'
import { trimLog } from '../../../../src/relay/operating/trim.ts'
import { AccountReader } from '../../../../src/store/account-reader.ts'
import { openStore } from '../../../../src/store/account-store.ts'
import { audit } from '../../../../src/store/audit.ts'
import type { Engine } from '../../../../src/store/engine.ts'
import { MemoryDisk } from '../../../../src/store/memory-engine.ts'
import type { Store, Write } from '../../../../src/store/store.ts'
import { dummyContent } from '../../../support/dummy-seal.ts'

const ANA = '1111111116' as Uin
const BO = '2222222222' as Uin
const CY = '3333333338' as Uin
const FRIENDS = [BO, CY]
const ALL = 10_000
const RETENTION = { logForMs: 20 * DAY_MS, messagesForMs: 20 * DAY_MS }

function message(friend: Uin, n: number, at: number): MessageRecord {
  const id = `${friend}-${n}`
  const content = dummyContent(id, id, null)
  const sent = { id, friend, n, from: ANA, to: friend, at, content, backupId: null, deviceId: null }
  return { ...sent, automatic: false, answering: false }
}

/** One account over a store, and what is known of it without an index. */
class Subject {
  readonly disk: MemoryDisk
  readonly clock = fakeTime(100 * DAY_MS).clock
  store: Store | null = null
  accounts: Accounts | null = null
  /** The messages there are: of each conversation the numbers, with the number of the entry and the moment. */
  readonly model = new Map(FRIENDS.map((friend) => [friend, new Map<number, { seq: number; at: number }>()]))

  constructor(disk = new MemoryDisk()) {
    this.disk = disk
  }

  async open(through: (engine: Engine) => Engine = (engine) => engine, migrations = RELAY_MIGRATIONS): Promise<this> {
    const options = { kind: 'relay', witness: null, migrations, verifyWrites: true }
    this.store = await openStore({ ...options, engine: through(await this.disk.open()) })
    return this.reload()
  }

  /** The account is in memory no more. */
  reload(): this {
    const told = { onHead: () => {}, onWake: () => {} }
    this.accounts = new Accounts(this.#store(), this.clock, { most: 9, forMs: DAY_MS }, told)
    return this
  }

  #store(): Store {
    if (this.store === null) throw new Error('not open')
    return this.store
  }

  one<T>(fn: (account: AccountTx) => T | Promise<T>): Promise<T> {
    if (this.accounts === null) throw new Error('not open')
    return this.accounts.one(ANA, fn)
  }

  of(friend: Uin): Map<number, { seq: number; at: number }> {
    return this.model.get(friend) ?? new Map()
  }

  numbers(friend: Uin): number[] {
    return [...this.of(friend).keys()].sort((a, b) => a - b)
  }

  send(friend: Uin, count: number): Promise<void> {
    return this.one(async (account) => {
      for (let i = 0; i < count; i++) {
        const n = (await account.log.count(friend)) + 1
        account.putMessage(message(friend, n, account.now))
        this.of(friend).set(n, { seq: account.head, at: account.now })
      }
      await this.expectTold(account, friend, count)
    })
  }

  note(count: number): Promise<void> {
    return this.one((account) => {
      for (let i = 0; i < count; i++) account.putSetting({ ...account.setting, nick: `Ana ${i}` })
    })
  }

  /** As a device gives messages back: to their number, or behind the last where that is taken. */
  report(friend: Uin, asked: readonly number[]): Promise<void> {
    return this.one(async (account) => {
      for (const n of asked) {
        expect(await account.log.isTaken(friend, n)).toBe(this.of(friend).has(n))
        const number = (await account.log.isTaken(friend, n)) ? (await account.log.count(friend)) + 1 : n
        await account.putReported(message(friend, number, account.now))
        this.of(friend).set(number, { seq: account.head, at: account.now })
        await this.expectTold(account, friend, n)
      }
    })
  }

  async trim(): Promise<void> {
    const now = this.clock.now()
    if (this.accounts === null) throw new Error('not open')
    await trimLog(this.accounts, ANA, RETENTION, now)
    for (const [friend, kept] of this.model) {
      const last = this.numbers(friend).at(-1)
      for (const [n, { at }] of kept) if (at < now - RETENTION.messagesForMs && n !== last) kept.delete(n)
    }
  }

  /** All that may be asked of a conversation, around `at`. */
  async expectTold({ log, head }: Pick<AccountTx, 'log' | 'head'>, friend: Uin, at: number): Promise<void> {
    const [model, numbers] = [this.of(friend), this.numbers(friend)]
    expect(await log.count(friend)).toBe(numbers.at(-1) ?? 0)
    for (const n of [at - 1, at, at + 1]) expect(await log.isTaken(friend, n)).toBe(model.has(n))
    const told = (messages: readonly MessageRecord[]) => messages.map(({ n }) => n)
    const above = numbers.filter((n) => n > at)
    const below = numbers.filter((n) => n < at).reverse()
    expect(told(await log.messagesFrom(friend, at, 7))).toEqual(above.slice(0, 7))
    expect(told(await log.messagesFrom(friend, at, ALL))).toEqual(above)
    expect(told(await log.messagesBefore(friend, at, 7))).toEqual(below.slice(0, 7))
    expect(told(await log.messagesBefore(friend, at, ALL))).toEqual(below)
    expect(told(await log.messagesBefore(friend, null, ALL))).toEqual([...numbers].reverse())
    for (const seq of [head - 3, head - INDEX_AFTER, model.get(at)?.seq ?? 0]) {
      const since = [...numbers].reverse().findIndex((n) => (model.get(n)?.seq ?? 0) <= seq)
      const expected = since < 0 ? numbers : numbers.slice(numbers.length - since)
      const found = await log.messagesSince(friend, seq)
      expect(found.map(({ message, seq }) => [message.n, seq])).toEqual(expected.map((n) => [n, model.get(n)?.seq]))
    }
  }

  problems(): Promise<string[]> {
    return this.#store().view(async (rows) => {
      const found: string[] = []
      for await (const { row, what } of audit(rows, accountCheck)) found.push(`${row} ${what}`)
      return found
    })
  }

  async expectSound(): Promise<void> {
    expect(await this.problems()).toEqual([])
  }

  async expectAll(at = 1): Promise<void> {
    await this.expectSound()
    await this.one(async (account) => {
      for (const friend of FRIENDS) await this.expectTold(account, friend, at)
    })
  }

  /** Puts rows in their place, past the account. */
  async change(writes: readonly Write[]): Promise<void> {
    await this.#store().transact([ANA], () => ({ writes: [writes], result: null }))
    this.reload()
  }

  rows(space: string): Promise<[string, unknown][]> {
    return this.#store().read(ANA, (reader) => reader.range({ gte: `${space}/`, lt: `${space}0` }))
  }

  async allRows(): Promise<Map<string, unknown>> {
    return new Map(await this.#store().read(ANA, (reader) => reader.range({})))
  }
}

/** The n-th write from now on, say, is the last that reaches the disk. */
function dyingAfter(writes: number): (engine: Engine) => Engine {
  let left = writes
  return (engine) => ({
    get: (key) => engine.get(key),
    range: (query) => engine.range(query),
    write: (ops) => (left-- > 0 ? engine.write(ops) : Promise.reject(new Error('killed'))),
    view: () => engine.view(),
    close: () => engine.close(),
  })
}

test('an index is written when the log goes further beyond it than it may, one row a conversation', async () => {
  const subject = await new Subject().open()
  await subject.send(BO, INDEX_AFTER - 1)
  await subject.send(CY, 1)
  expect(await subject.rows('message')).toEqual([])
  await subject.reload().expectAll(INDEX_AFTER - 1)

  await subject.send(CY, 1)
  const rows = await subject.rows('message')
  expect(rows.map(([key]) => key)).toEqual([`message/${BO}/000000000063`, `message/${CY}/000000000002`])
  expect(rows[1]?.[1]).toEqual([
    [1, INDEX_AFTER],
    [2, INDEX_AFTER + 1],
  ])
  expect(await subject.rows('indexed')).toEqual([['indexed/log', INDEX_AFTER + 1]])
  await subject.expectAll(INDEX_AFTER - 1)
  await subject.reload().expectAll(INDEX_AFTER - 1)

  // What is no message counts as well: it has to be read when the account is loaded.
  await subject.send(CY, 1)
  await subject.note(INDEX_AFTER)
  expect(await subject.rows('indexed')).toEqual([['indexed/log', 2 * INDEX_AFTER + 2]])
  expect((await subject.rows('message')).map(([key]) => key)).toContain(`message/${CY}/000000000003`)
  await subject.reload().expectAll(2)
})

test('a message that comes back below the newest stands at its number: in a row, between rows, in the tail', async () => {
  const subject = await new Subject().open()
  await subject.report(BO, [3, 5, 8])
  await subject.note(INDEX_AFTER)
  await subject.report(BO, [20, 30])
  await subject.report(BO, [25, 25, 10])
  await subject.reload().expectAll(25)
  await subject.report(BO, [4, 1, 26, 2, 15, 4])
  await subject.expectAll(4)
  await subject.reload().expectAll(15)
  expect((await subject.rows('message')).map(([key, places]) => [key.slice(-2), (places as []).length])).toEqual([
    ['08', 6],
    ['32', 8],
  ])
  await subject.send(BO, 2)
  await subject.reload().expectAll(31)
})

test('what is trimmed leaves its row, and an empty row goes', async () => {
  const subject = await new Subject().open()
  await subject.send(BO, 100)
  await subject.send(CY, 50)
  subject.clock.jump(30 * DAY_MS)
  await subject.send(BO, INDEX_AFTER + 10)
  await subject.send(BO, 3)
  expect((await subject.rows('message')).map(([key]) => key.slice(-3))).toEqual(['100', '174', '050'])
  await subject.trim()
  expect((await subject.rows('message')).map(([key]) => key.slice(-3))).toEqual(['174', '050'])
  expect(subject.numbers(CY)).toEqual([50])
  await subject.expectAll(120)
  subject.clock.jump(30 * DAY_MS)
  await subject.trim()
  expect(subject.numbers(BO)).toEqual([177])
  expect((await subject.rows('message')).map(([, places]) => places)).toEqual([[[50, 150]]])
  await subject.expectAll(177)
  await subject.reload().expectAll(177)
  await subject.send(BO, 1)
  expect(subject.numbers(BO)).toEqual([177, 178])
})

test('a row is looked for once, however many messages it loses', async () => {
  const subject = await new Subject().open()
  for (let i = 0; i < 3; i++) await subject.send(BO, INDEX_AFTER + 1)
  const head = 3 * (INDEX_AFTER + 1)
  await subject.one(async (account) => {
    const entries = await account.storedRange({ gt: keys.log(0), lte: keys.log(head - 1) })
    const ranges = vi.spyOn(AccountReader.prototype, 'range')
    for (const [, entry] of entries) await account.removeEntry(entry as LogEntry)
    expect(ranges.mock.calls.length).toBe(3)
    ranges.mockRestore()
    account.putFloor({ seq: head, kept: 1 })
  })
  for (let n = 1; n < head; n++) subject.of(BO).delete(n)
  await subject.reload().expectAll(head)
})

test('what is trimmed before a row tells of it is in none later', async () => {
  const subject = await new Subject().open()
  await subject.send(BO, 20)
  subject.clock.jump(30 * DAY_MS)
  await subject.send(BO, 1)
  await subject.trim()
  expect(subject.numbers(BO)).toEqual([21])
  await subject.expectAll(20)
  await subject.reload().expectAll(20)
  await subject.note(INDEX_AFTER)
  expect((await subject.rows('message')).map(([, places]) => places)).toEqual([[[21, 21]]])
  await subject.reload().expectAll(20)
})

test('a page of what is old reads no more rows than it needs, however much came since', async () => {
  const subject = await new Subject().open()
  for (let i = 0; i < 20; i++) await subject.send(BO, INDEX_AFTER + 1)
  expect(await subject.rows('message')).toHaveLength(20)
  const ranges = vi.spyOn(AccountReader.prototype, 'range')
  const rowsRead = async (fn: (account: AccountTx) => Promise<unknown>) => {
    ranges.mockClear()
    await subject.one(fn)
    const read = await Promise.all(ranges.mock.results.map(({ value }) => value as ReturnType<AccountReader['range']>))
    return read.flat().length
  }
  expect(await rowsRead(({ log }) => log.messagesBefore(BO, 300, 5))).toBeLessThan(6)
  expect(await rowsRead(({ log }) => log.messagesFrom(BO, 300, 5))).toBeLessThan(6)
  await subject.send(BO, 5)
  expect(await rowsRead(({ log }) => log.messagesBefore(BO, null, 5))).toBe(0)
  ranges.mockRestore()
})

test('a kill at any write around the border leaves an index that tells of all that was acknowledged', async () => {
  for (let lives = 0; lives < 9; lives++) {
    const subject = await new Subject().open()
    await subject.send(BO, INDEX_AFTER - 4)
    await subject.store?.close()
    await subject.open(dyingAfter(lives))
    for (let i = 0; i < lives; i++) await subject.send(BO, 1)
    await expect(subject.send(BO, 1)).rejects.toThrow('a write failed')
    subject.disk.crash()
    await subject.open()
    expect(subject.of(BO).delete(INDEX_AFTER - 4 + lives + 1)).toBe(true)
    await subject.expectAll(INDEX_AFTER)
  }
})

/** Messages and notes as format 1 has them: each message with a row of its own. */
async function ofOld(): Promise<Subject> {
  const subject = await new Subject().open(undefined, [])
  const writes: Write[] = []
  const last = new Map<Uin, number>()
  for (let seq = 1; seq <= 3 * INDEX_AFTER; seq++) {
    const friend = seq % 3 === 0 ? CY : BO
    const n = (last.get(friend) ?? 0) + 1
    const at = subject.clock.now()
    if (seq % 7 === 0) {
      const setting = { nick: `Ana ${seq}`, status: 'auto', statusText: null, quiet: null }
      writes.push({ op: 'insert', key: keys.log(seq), value: { seq, at, type: 'setting', setting } })
      writes.push({ op: seq === 7 ? 'insert' : 'replace', key: keys.setting, value: setting })
      continue
    }
    const written = message(friend, n, at)
    writes.push({ op: 'insert', key: keys.log(seq), value: { seq, at, type: 'message', message: written } })
    writes.push({ op: 'insert', key: keys.message(friend, n), value: seq })
    writes.push({ op: 'insert', key: keys.sent(written.id), value: seq })
    last.set(friend, n)
    subject.of(friend).set(n, { seq, at })
  }
  await subject.change(writes)
  await subject.expectSound()
  await subject.store?.close()
  return subject
}

test('a store of format 1 reads as it did, also when it was killed on its way, and goes on from there', async () => {
  for (const writes of [0, 1]) {
    const subject = await ofOld()
    if (writes === 0) await expect(subject.open(dyingAfter(writes))).rejects.toThrow('killed')
    else await (await subject.open(dyingAfter(writes))).store?.close()
    subject.disk.crash()
    await subject.open()
    await subject.expectAll(60)
    const before = await subject.rows('message')
    await subject.note(2)
    expect(await subject.rows('message')).toEqual(before)
    await subject.reload().expectAll(100)

    // With its first message, from when on rows tell of the whole log no more.
    await subject.send(CY, 2)
    const after = await subject.rows('message')
    expect(after.slice(0, before.length)).toEqual(before)
    expect(after.slice(before.length).map(([, places]) => (places as []).length)).toEqual([2])
    await subject.reload().expectAll(100)
    await subject.send(BO, 1)
    expect(await subject.rows('message')).toHaveLength(after.length)
    await subject.reload().expectAll(100)
    subject.of(BO).delete(20)
    subject.of(BO).delete(21)
    await subject.one(async (account) => {
      const [at20, at21] = await account.log.messagesFrom(BO, 19, 2)
      for (const gone of [at20, at21]) {
        const seq = ((await account.stored(keys.message(BO, gone?.n ?? 0))) as number | undefined) ?? 0
        await account.removeEntry((await account.log.entry(seq)) as LogEntry)
      }
      account.putFloor({ seq: account.head, kept: account.head - 2 })
    })
    await subject.reload().expectAll(20)
    await subject.report(BO, [21, 20, 21])
    await subject.reload().expectAll(20)
    await subject.send(CY, INDEX_AFTER)
    await subject.reload().expectAll(200)
    await subject.store?.close()
    await expect(subject.open(undefined, [])).rejects.toMatchObject({ reason: 'format' })
  }
})

test('an account of format 1 whose old messages are trimmed first goes on as well', async () => {
  const subject = await ofOld()
  await subject.open()
  subject.clock.jump(30 * DAY_MS)
  await subject.trim()
  expect(FRIENDS.map((friend) => subject.of(friend).size)).toEqual([1, 1])
  await subject.reload().expectAll(1)
  await subject.send(BO, 1)
  await subject.reload().expectAll(1)
})

test('of an account of format 1 without a message its last entry alone is read, until it has one', async () => {
  const subject = await new Subject().open(undefined, [])
  const writes: Write[] = []
  for (let seq = 1; seq <= 10 * INDEX_AFTER; seq++) {
    const setting = { nick: `Ana ${seq}`, status: 'auto', statusText: null, quiet: null }
    writes.push({ op: 'insert', key: keys.log(seq), value: { seq, at: seq, type: 'setting', setting } })
    writes.push({ op: seq === 1 ? 'insert' : 'replace', key: keys.setting, value: setting })
  }
  await subject.change(writes)
  await subject.store?.close()
  await subject.open()
  const texts = vi.spyOn(AccountReader.prototype, 'texts')
  await subject.expectAll()
  const read = await Promise.all(texts.mock.results.map(({ value }) => value as ReturnType<AccountReader['texts']>))
  texts.mockRestore()
  expect(read.flat().filter(([key]) => key.startsWith('log/'))).toHaveLength(1)

  await subject.note(2)
  await subject.reload().expectAll()
  await subject.send(BO, 1)
  await subject.reload().expectAll(1)
  await subject.send(BO, 2)
  await subject.reload().expectAll(1)
  await subject.change([{ op: 'remove', key: keys.log(5 * INDEX_AFTER) }])
  await expect(subject.one(({ head }) => head)).rejects.toMatchObject({ reason: 'damaged' })
})

/** What befalls rows, by what is said of it. */
const DAMAGES: Record<string, (rows: Map<string, unknown>) => void> = {
  'does not lead to its message': (rows) => change(rows, (places) => places.slice(1)),
  'leads to a message that is missing': (rows) => change(rows, ([one, ...rest]) => [one, [77, 5], ...rest] as Place[]),
  'is not in order': (rows) => change(rows, (places) => places.toReversed()),
  'is not in order (above its key)': (rows) => change(rows, (places) => places.map(([n, seq]) => [n + 2, seq])),
  'is not above all rows': (rows) => rows.set(keys.indexed, INDEX_AFTER - 1),
  'does not lead to its message (beyond)': (rows) => rows.set(keys.indexed, INDEX_AFTER + 5),
  'does not lead to its message (of an index that is gone)': (rows) => {
    for (const key of rows.keys()) if (key === keys.indexed || key.startsWith('message/')) rows.delete(key)
  },
  'does not lead to its message (of another)': (rows) =>
    change(rows, (places) => places.map(([n, seq]) => [n, seq + (n === 9 ? 1 : 0)] as const)),
}

function change(rows: Map<string, unknown>, how: (places: readonly Place[]) => readonly Place[]): void {
  const key = keys.message(BO, 40)
  rows.set(key, how(rows.get(key) as readonly Place[]))
}

test.each(Object.keys(DAMAGES))('a row or tail that %s is found, and mended out of the log', async (what) => {
  const subject = await new Subject().open()
  await subject.send(BO, 40)
  await subject.send(CY, INDEX_AFTER - 39)
  await subject.send(BO, 8)
  await subject.expectAll(40)
  const whole = await subject.allRows()
  const rows = new Map(whole)
  DAMAGES[what]?.(rows)
  const replaced = (from: Map<string, unknown>, to: ReadonlyMap<string, unknown>): Write[] => [
    ...[...from.keys()].filter((key) => !to.has(key)).map((key) => ({ op: 'remove' as const, key })),
    ...[...to].map(([key, value]) => ({ op: from.has(key) ? ('replace' as const) : ('insert' as const), key, value })),
  ]
  await subject.change(replaced(whole, rows))
  const problems = await subject.problems()
  expect(problems.some((problem) => problem.includes(what.replace(/ \(.*/, '')))).toBe(true)

  const { rows: mended, lost } = repairAccount({ account: ANA, rows, damaged: [], counted: null }, 1, 1)
  expect(lost).toEqual([])
  await subject.change(replaced(rows, mended))
  await subject.expectAll(40)
  await subject.send(BO, 1)
  await subject.reload().expectAll(40)
})

test('a repair counts as come back what a lost row told of, and nothing of the tail', async () => {
  const subject = await new Subject().open()
  await subject.send(BO, 40)
  await subject.send(CY, INDEX_AFTER)
  await subject.send(BO, 8)
  const rows = await subject.allRows()
  rows.delete(keys.message(BO, 40))
  const broken = { account: ANA, rows, damaged: [], counted: new Map([['message', 2]]) }
  expect(repairAccount(broken, 1, 1).back).toEqual(Array.from({ length: 40 }, (_, i) => keys.message(BO, i + 1)))

  const young = await new Subject().open()
  await young.send(BO, 8)
  const all = await young.allRows()
  expect(repairAccount({ account: ANA, rows: all, damaged: [], counted: null }, 1, 1)).toMatchObject({ back: [] })
})

test.each([
  ['its end, all of which rows tell of', INDEX_AFTER + 1, INDEX_AFTER + 1],
  ['its end', INDEX_AFTER, INDEX_AFTER],
  ['an entry no row tells of', INDEX_AFTER, 60],
])('a log that has lost %s is not loaded', async (_what, count, lost) => {
  const subject = await new Subject().open()
  await subject.send(BO, count)
  await subject.store?.close()
  const engine = await subject.disk.open()
  await engine.write([{ type: 'del', key: `a/${ANA}/${keys.log(lost)}` }])
  await engine.close()
  await subject.open()
  await expect(subject.one(() => null)).rejects.toMatchObject({ reason: 'damaged' })
})

test('whatever happens, a conversation reads as the plain list of its messages', async () => {
  const friend = fc.constantFrom(...FRIENDS)
  const op = fc.oneof(
    { weight: 4, arbitrary: fc.record({ op: fc.constant('send' as const), friend, count: fc.integer({ min: 1, max: 60 }) }) }, // biome-ignore format: a table
    { weight: 2, arbitrary: fc.record({ op: fc.constant('note' as const), count: fc.integer({ min: 1, max: 60 }) }) }, // biome-ignore format: a table
    { weight: 3, arbitrary: fc.record({ op: fc.constant('report' as const), friend, asked: fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 5 }) }) }, // biome-ignore format: a table
    { weight: 3, arbitrary: fc.record({ op: fc.constant('reload' as const) }) },
    { weight: 2, arbitrary: fc.record({ op: fc.constant('trim' as const) }) },
    { weight: 2, arbitrary: fc.record({ op: fc.constant('days' as const), count: fc.integer({ min: 1, max: 20 }) }) },
  )
  const property = fc.asyncProperty(fc.array(op, { maxLength: 25 }), fc.nat(400), async (ops, at) => {
    const subject = await new Subject().open()
    for (const one of ops) {
      if (one.op === 'send') await subject.send(one.friend, one.count)
      else if (one.op === 'note') await subject.note(one.count)
      else if (one.op === 'report') await subject.report(one.friend, one.asked)
      else if (one.op === 'trim') await subject.trim()
      else if (one.op === 'days') subject.clock.jump(one.count * DAY_MS)
      else subject.reload()
      await subject.expectSound()
    }
    await subject.expectAll(at)
    await subject.reload().expectAll(at)
  })
  await fc.assert(property, { numRuns: 60 })
}, 60_000)
