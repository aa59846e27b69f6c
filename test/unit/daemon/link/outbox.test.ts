import { describe, expect, it } from 'vitest'
import { Outbox } from '../../../../src/daemon/link/outbox.ts'
import type { RelayPeer } from '../../../../src/daemon/link/relay-peer.ts'
import type { Ledger } from '../../../../src/daemon/mirror/ledger.ts'
import { shownBackup } from '../../../../src/daemon/mirror/overlay.ts'
import type { QueuedCall } from '../../../../src/daemon/mirror/rows.ts'
import { type FakeHost, fakeHost } from '../../../../src/host/fake-host.ts'
import { ImError } from '../../../../src/protocol/errors.ts'
import type { NewBackup } from '../../../../src/protocol/relay-api.ts'
import { LinkLost } from '../../../../src/rpc/peer.ts'
import { MemoryDisk } from '../../../../src/store/memory-engine.ts'
import { MemoryWitness } from '../../../../src/store/witness.ts'
import { dummyContent, dummyPrivate } from '../../../support/dummy-seal.ts'
import { turn } from '../../../support/turn.ts'
import { BO, backup, message, openLedger, plan } from '../samples.ts'

/** A relay that follows a script: `fail` says what the next calls come to. */
class ScriptedRelay {
  readonly calls: { method: string; params: unknown }[] = []
  readonly has = new Map<string, string>()
  readonly leaveOut = new Set<string>()
  readonly fail: (Error | { afterwards: Error } | null)[] = []

  readonly peer: RelayPeer = {
    hello: { protocol: 1, relay: 'r', version: '0', limits: {} as never, now: 0 },
    statePages: async function* () {},
    close: () => {},
    closed: new Promise(() => {}),
    call: async (method, params) => {
      this.calls.push({ method, params })
      const fate = this.fail.shift() ?? null
      if (fate instanceof Error) throw fate
      const answer = this.#answer(method, params)
      if (fate !== null) throw fate.afterwards
      return answer as never
    },
  }

  #answer(method: string, params: unknown): unknown {
    if (method === 'message.send') {
      const { id, content } = params as { id: string; content: { text: string } }
      this.has.set(id, content.text)
      const n = [...this.has.keys()].indexOf(id) + 1
      return { message: message(n, { id, from: BO }) }
    }
    if (method === 'backup.put') {
      const { backups } = params as { backups: NewBackup[] }
      for (const one of backups) this.has.set(one.id, '')
      const told = backups.filter(({ id }) => !this.leaveOut.has(id))
      return { results: told.map(({ id }) => ({ ok: true, created: true, record: backup(id) })) }
    }
    throw new Error(`not in the script: ${method}`)
  }
}

interface Bench {
  outbox: Outbox
  relay: ScriptedRelay
  ledger: Ledger
  host: FakeHost
  online: (yes: boolean) => void
}

async function bench(
  disk = new MemoryDisk(),
  witness = new MemoryWitness(),
  room: { freeBytes: number } = { freeBytes: 2 },
): Promise<Bench> {
  const relay = new ScriptedRelay()
  const host = fakeHost()
  const reserve = { freeBytes: async () => room.freeBytes, minBytes: 1, clock: host.clock }
  const { ledger } = await openLedger(disk, witness, reserve)
  let peer: RelayPeer | null = null
  const outbox = new Outbox({
    ledger,
    host,
    peer: () => peer,
    changed: () => {},
    touched: () => {},
    refused: () => {},
    before: () => null,
  })
  const online = (yes: boolean) => {
    peer = yes ? { ...relay.peer } : null
  }
  return { outbox, relay, ledger, host, online }
}

const send = (id: string): QueuedCall => ({
  method: 'message.send',
  params: { id, to: BO, content: dummyContent(`text ${id}`, id, null) },
})
const add = (id: string): QueuedCall => ({
  method: 'backup.put',
  params: {
    backups: [{ id, plan: plan(), content: dummyContent(id, id, null), private: dummyPrivate(id), conflictOf: null }],
  },
})

async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await turn()
}

describe('the outbox', () => {
  it('sends in the order things were made, one after another', async () => {
    const { outbox, relay, online } = await bench()
    for (const id of ['a', 'b', 'c']) await outbox.change((_tx, queue) => queue(send(id)))
    expect(relay.calls).toEqual([])
    online(true)
    outbox.flush()
    await settle()
    expect([...relay.has.keys()]).toEqual(['a', 'b', 'c'])
    expect(outbox.size).toBe(0)
  })

  it('lets a call leave as soon as it is decided, before the own disk begins to write', async () => {
    const called: number[] = []
    let relayCalls: readonly unknown[] = []
    const disk = new MemoryDisk({ sync: async () => void called.push(relayCalls.length) })
    const { outbox, relay, online } = await bench(disk)
    relayCalls = relay.calls
    called.length = 0
    online(true)
    await outbox.change((_tx, queue) => queue(send('a')))
    expect(called[0]).toBe(1)
  })

  it('makes a call again whose answer was lost, and it is there once', async () => {
    const { outbox, relay, online } = await bench()
    relay.fail.push({ afterwards: new LinkLost('cut') })
    await outbox.change((_tx, queue) => queue(send('a')))
    online(true)
    outbox.flush()
    await settle()
    online(false)
    expect(outbox.size).toBe(1)
    online(true)
    outbox.flush()
    await settle()
    expect(relay.calls.map((call) => call.params)).toHaveLength(2)
    expect(relay.calls[0]).toEqual(relay.calls[1])
    expect([...relay.has.keys()]).toEqual(['a'])
    expect(outbox.size).toBe(0)
  })

  it('keeps what waits over a crash', async () => {
    const disk = new MemoryDisk()
    const witness = new MemoryWitness()
    const first = await bench(disk, witness)
    await first.outbox.change((_tx, queue) => queue(send('a')))
    disk.crash()
    const second = await bench(disk, witness)
    expect(second.outbox.size).toBe(1)
    second.online(true)
    second.outbox.flush()
    await settle()
    expect([...second.relay.has.keys()]).toEqual(['a'])
  })

  it.each(['TOKEN_REFUSED', 'NOT_LOGGED_IN'] as const)('asks a session no more that has answered %s', async (code) => {
    const { outbox, relay, online } = await bench()
    relay.fail.push(new ImError(code), new ImError(code))
    online(true)
    await outbox.change((_tx, queue) => queue(send('a')))
    await settle()
    expect(relay.calls).toHaveLength(1)
    online(true)
    outbox.flush()
    await settle()
    expect(relay.calls).toHaveLength(2)
    expect(outbox.size).toBe(1)
  })

  it('waits before it tries again when it cannot write, as with a full disk', async () => {
    const room = { freeBytes: 2 }
    const { outbox, relay, online, host } = await bench(new MemoryDisk(), new MemoryWitness(), room)
    await outbox.change((_tx, queue) => queue(send('a')))
    room.freeBytes = 0
    host.clock.advance(2_000)
    online(true)
    outbox.flush()
    await settle()
    const stopped = () => host.log.lines.filter(({ event }) => event === 'outbox stopped').length
    expect(stopped()).toBe(1)
    host.clock.advance(5_000)
    await settle()
    expect(stopped()).toBe(2)
    expect(relay.calls).toEqual([])
    room.freeBytes = 2
    host.clock.advance(5_000)
    await settle()
    expect([...relay.has.keys()]).toEqual(['a'])
  })

  it('tells whoever waits of a refusal, also when the disk was full as it came', async () => {
    const room = { freeBytes: 2 }
    const { outbox, relay, online, host, ledger } = await bench(new MemoryDisk(), new MemoryWitness(), room)
    relay.peer.call = async () => {
      room.freeBytes = 0
      host.clock.advance(2_000)
      throw new ImError('NOT_FRIENDS')
    }
    online(true)
    const { queued } = await outbox.change((_tx, queue) => queue(send('a')), { wait: true })
    await settle()
    expect(outbox.size).toBe(1)
    relay.peer.call = async () => {
      throw new ImError('NOT_FRIENDS')
    }
    online(true)
    room.freeBytes = 2
    host.clock.advance(5_000)
    await settle()
    expect(await Promise.race([queued[0]?.settled, turn()])).toMatchObject({
      ok: false,
      error: { code: 'NOT_FRIENDS' },
    })
    expect([...ledger.state.outbox.keys()]).toEqual([])
  })

  it('sends nothing more once a write has failed: what it knows may not be what the disk says', async () => {
    const disk = new MemoryDisk()
    const { outbox, relay, online, host } = await bench(disk)
    await outbox.change((_tx, queue) => queue(send('a')))
    disk.failNextWrite(new Error('broken'))
    online(true)
    outbox.flush()
    await settle()
    host.clock.advance(60_000)
    outbox.flush()
    await settle()
    expect(relay.calls).toEqual([])
  })

  it('puts neighbouring backups into one request', async () => {
    const { outbox, relay, online, ledger } = await bench()
    for (const id of ['a', 'b', 'c']) await outbox.change((_tx, queue) => queue(add(id)))
    online(true)
    outbox.flush()
    await settle()
    expect(relay.calls).toHaveLength(1)
    expect([...ledger.state.backups.ids()]).toEqual(['a', 'b', 'c'])
  })

  it('a batch refused as a whole goes one by one, so that one bad backup takes no others with it', async () => {
    const { outbox, relay, online, ledger } = await bench()
    relay.fail.push(new ImError('USAGE'), null, new ImError('USAGE'), null)
    for (const id of ['a', 'bad', 'c']) await outbox.change((_tx, queue) => queue(add(id)))
    online(true)
    outbox.flush()
    await settle()
    expect([...ledger.state.backups.ids()]).toEqual(['a', 'c'])
    expect(shownBackup(ledger.state, 'bad')?.record.state).toBe('failed')
  })

  it('a backup whose record did not fit into the answer is there all the same', async () => {
    const { outbox, relay, online, ledger } = await bench()
    relay.leaveOut.add('b')
    for (const id of ['a', 'b']) await outbox.change((_tx, queue) => queue(add(id)))
    online(true)
    outbox.flush()
    await settle()
    expect(shownBackup(ledger.state, 'b')).toMatchObject({ stored: 'relay', pending: null })
    expect(outbox.size).toBe(0)
  })

  it('tells a refusal to whoever waits, and keeps nothing', async () => {
    const { outbox, relay, online } = await bench()
    relay.fail.push(new ImError('NOT_FRIENDS'))
    online(true)
    const { queued } = await outbox.change((_tx, queue) => queue(send('a')), { wait: true })
    expect(await queued[0]?.settled).toMatchObject({ ok: false, error: { code: 'NOT_FRIENDS' } })
    expect(outbox.size).toBe(0)
  })

  it('keeps a refusal, to be seen, where another was told that it is kept while one waited', async () => {
    const { outbox, relay, online, ledger } = await bench()
    relay.fail.push(new ImError('LIMIT'))
    const { queued } = await outbox.change((_tx, queue) => queue(add('a')), { wait: true })
    outbox.promise('a')
    online(true)
    outbox.flush()
    expect(await queued[0]?.settled).toMatchObject({ ok: false, error: { code: 'LIMIT' } })
    expect(shownBackup(ledger.state, 'a')).toMatchObject({ refused: { error: { code: 'LIMIT' } } })
  })

  it('keeps a refusal nobody waits for, to be seen, and goes on with the next', async () => {
    const { outbox, relay, online, ledger } = await bench()
    relay.fail.push(new ImError('LIMIT'))
    await outbox.change((_tx, queue) => queue(add('a')))
    await outbox.change((_tx, queue) => queue(send('b')))
    online(true)
    outbox.flush()
    await settle()
    expect(outbox.size).toBe(0)
    expect(shownBackup(ledger.state, 'a')).toMatchObject({
      record: { state: 'failed' },
      refused: { error: { code: 'LIMIT' } },
    })
    expect([...relay.has.keys()]).toEqual(['b'])
  })

  it('waits as long as the relay asks when there are too many, without losing the order', async () => {
    const { outbox, relay, online, host } = await bench()
    relay.fail.push(new ImError('RATE_LIMITED', undefined, { retryAfterMs: 700 }))
    await outbox.change((_tx, queue) => queue(send('a')))
    await outbox.change((_tx, queue) => queue(send('b')))
    online(true)
    outbox.flush()
    await settle()
    expect(relay.has.size).toBe(0)
    host.clock.advance(700)
    await settle()
    expect([...relay.has.keys()]).toEqual(['a', 'b'])
  })

  it('marks what goes as possibly gone before it goes', async () => {
    const { outbox, relay, online, ledger } = await bench()
    await outbox.change((_tx, queue) => queue(send('a')))
    expect([...ledger.state.outbox.values()].map((item) => item.left)).toEqual([false])
    relay.fail.push({ afterwards: new LinkLost('cut') })
    online(true)
    outbox.flush()
    await settle()
    expect([...ledger.state.outbox.values()].map((item) => item.left)).toEqual([true])
  })
})

describe('the outbox and its own disk', () => {
  it('asks the relay while it is still writing, and says so only once both have it', async () => {
    const disk = new MemoryDisk()
    const { outbox, relay, online } = await bench(disk)
    online(true)
    const write = disk.holdSync()
    const change = outbox.change((_tx, queue) => queue(send('a')), { wait: true })
    const told = watched(change)
    await settle()
    expect([...relay.has.keys()]).toEqual(['a'])
    expect(told.done).toBe(false)
    write()
    await settle()
    expect(told.done).toBe(true)
  })

  it('keeps nobody waiting while what the relay has answered is written', async () => {
    const disk = new MemoryDisk()
    const { outbox, online, ledger } = await bench(disk)
    online(true)
    const writeQueued = disk.holdSync()
    const change = outbox.change((_tx, queue) => queue(add('a')), { wait: true })
    await settle()
    const writeAnswer = disk.holdSync()
    writeQueued()
    const { queued } = await change
    const { writes } = disk
    expect(await queued[0]?.settled).toMatchObject({ ok: true })
    expect(shownBackup(ledger.state, 'a')).toMatchObject({ stored: 'relay', pending: null })
    expect(disk.writes).toBe(writes)
    writeAnswer()
    await settle()
    expect(disk.writes).toBe(writes + 1)
  })

  it('sends the next one only when the answer to the last is written, so that at most one is made again', async () => {
    const disk = new MemoryDisk()
    const witness = new MemoryWitness()
    const { outbox, relay, online } = await bench(disk, witness)
    online(true)
    const writeQueued = disk.holdSync()
    const first = outbox.change((_tx, queue) => queue(send('a')))
    await settle()
    const writeRest = disk.holdSync()
    writeQueued()
    await first
    void outbox.change((_tx, queue) => queue(send('b'))).catch(() => {})
    await settle()
    expect([...relay.has.keys()]).toEqual(['a'])
    writeRest()
    await settle()
    expect([...relay.has.keys()]).toEqual(['a', 'b'])
  })

  it.each([
    ['lost', []],
    ['kept', ['a']],
  ] as const)('after a power loss that leaves its write %s it makes again what it still knows', async (fate, again) => {
    const disk = new MemoryDisk()
    const witness = new MemoryWitness()
    const first = await bench(disk, witness)
    first.online(true)
    disk.holdSync()
    const change = watched(first.outbox.change((_tx, queue) => queue(send('a'))))
    await settle()
    disk.crash(fate)
    await settle()
    expect([...first.relay.has.keys()]).toEqual(['a'])
    expect(change.done).toBe(false)
    const second = await bench(disk, witness)
    second.online(true)
    second.outbox.flush()
    await settle()
    expect([...second.relay.has.keys()]).toEqual(again)
  })
})

/** Whether it has been fulfilled by now. */
function watched(promise: Promise<unknown>): { done: boolean } {
  const seen = { done: false }
  promise.then(
    () => {
      seen.done = true
    },
    () => {},
  )
  return seen
}
