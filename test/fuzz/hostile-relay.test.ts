/** A hostile relay against a daemon: what it says is refused, what was there stays, and the next honest one goes on. */
import { describe, expect, it } from 'vitest'
import { ImError } from '../../src/protocol/errors.ts'
import { DEFAULT_LIMITS } from '../../src/protocol/limits.ts'
import type { LocalMethod } from '../../src/protocol/local-api.ts'
import { answerFault, eventFault, isRelayEvent, relayAnswers, relayEvents } from '../../src/protocol/relay-answers.ts'
import type { RelayMethod } from '../../src/protocol/relay-api.ts'
import type { Channel } from '../../src/rpc/peer.ts'
import { fuzzRun, heapMib, report, Stopwatch } from '../support/fuzz-run.ts'
import { type InProcess, inProcess, type Terminal } from '../support/in-process.ts'
import { idOf } from '../support/relay-world.ts'
import { answerFrame, brokenFrame } from './frames.ts'
import { type Random, seededRandom } from './random.ts'
import { type Make, makerOf, spoiled, type Words } from './values.ts'

const run = fuzzRun(0.1)
const PER_WORLD = 5_000
const MOST_AT_ONCE = 30
const MOST_GROWTH_MIB = 48
/** What is asked of the daemon all along; each has to be answered by the daemon alone. */
const QUESTIONS: readonly [LocalMethod, object][] = [
  ['friend.list', {}],
  ['backup.list', { due: false, all: true }],
  ['message.inbox', { unread: false, markRead: false }],
  ['account.whoami', {}],
  ['dashboard', {}],
  ['daemon.status', {}],
]
/** Needs the relay, so that a link that waits is tried at once. */
const WAKES: LocalMethod = 'account.devices'

/** An answer of the right shape to one of these ends a change that waits. */
const CHANGES: ReadonlySet<string> = new Set(['message.send', 'log.state', 'device.list'])

function isTaken(method: string, answer: unknown): boolean {
  return answerFault(method as RelayMethod, answer) === null
}

/** `liar`: it also says what is well formed and false. Otherwise nothing it says of the log may be taken. */
type Temper = 'garbler' | 'liar'

interface HostileRelay {
  readonly sent: number
  /** The open link, if there is one. */
  attack(frames: number): void
  accept(channel: Channel): void
}

function hostileRelay(random: Random, words: Words, temper: Temper, me: string): HostileRelay {
  const makers = (table: Readonly<Record<string, Parameters<typeof makerOf>[0]>>): Map<string, Make> =>
    new Map(Object.entries(table).map(([name, schema]) => [name, makerOf(schema, words)]))
  const [answers, events] = [makers(relayAnswers), makers(relayEvents)]
  let link: Channel | null = null
  let sent = 0
  const send = (value: object | string): void => {
    if (link === null) return
    sent++
    link.send(typeof value === 'string' ? value : JSON.stringify(value))
  }

  const right: Partial<Record<RelayMethod, () => object>> = {
    hello: () => ({ protocol: 1, relay: 'r', version: '0', limits: DEFAULT_LIMITS, now: Date.UTC(2026, 0, 5, 9) }),
    'session.open': () => ({ uin: me, deviceId: 'd', epoch: 1, head: 10, setting: {} }),
    'log.follow': () => ({ epoch: 1, head: 10 ** random.int(15), resync: temper === 'liar' && random.chance(0.3) }),
  }

  function answer(method: string, id: unknown): void {
    const isOpening = method in right
    if (!isOpening && temper === 'garbler' && random.chance(0.1)) return
    const made = right[method as RelayMethod]?.() ?? answers.get(method)?.(random) ?? {}
    if (random.chance(isOpening ? 0.05 : 0.2)) {
      // A plain no to a change is a relay's right; a garbler leaves none that ends one.
      const code = random.pick(temper === 'liar' ? ['IO', 'USAGE', 'LIMIT', 'NO_SUCH_CODE'] : ['IO', 'RATE_LIMITED'])
      const wait = random.pick([1, -1, 'x', null, 1e300, []])
      const data = { code, message: 'no', hint: spoiled('x', random), retryAfterMs: wait }
      send({ jsonrpc: '2.0', id, error: { code: -32000, message: 'no', data } })
      return
    }
    const isSpoiled = random.chance(isOpening ? 0.05 : temper === 'liar' ? 0.3 : 1)
    let result = isSpoiled ? spoiled(made, random) : made
    while (temper === 'garbler' && !isOpening && CHANGES.has(method) && isTaken(method, result)) {
      result = spoiled(result, random)
    }
    send({ jsonrpc: '2.0', id, result })
  }

  function event(): object {
    for (;;) {
      const method = random.pick([...events.keys(), 'presence.changed', 'presence.changed', 'presence.typing'])
      const params = events.get(method)?.(random) ?? {}
      if (method === 'session.closing')
        Object.assign(params as object, { error: { code: 'IO', message: 'x', hint: null, retryAfterMs: 1 } })
      const isLog = method === 'log.entries'
      const isFalse = isLog && temper === 'garbler'
      const said = isFalse || random.chance(0.15) ? spoiled(params, random) : params
      // A garbler's log is always one that must not be taken: of the wrong shape, or with a gap.
      if (isFalse && isRelayEvent(method) && eventFault(method, said) === null) continue
      return { jsonrpc: '2.0', method, params: said }
    }
  }

  return {
    get sent() {
      return sent
    },
    accept(channel) {
      link = channel
      void channel.closed.then(() => {
        if (link === channel) link = null
      })
      channel.start((text) => {
        const { method, id } = JSON.parse(text) as { method?: string; id?: unknown }
        if (method !== undefined && id !== undefined) answer(method, id)
      })
    },
    attack(frames) {
      for (let n = 0; n < frames; n++) {
        const made = random.chance(0.2) ? answerFrame(random) : JSON.stringify(event())
        send(random.chance(0.02) ? brokenFrame(random, made) : made)
      }
    },
  }
}

function wordsOf(uins: readonly string[]): Words {
  const ids = Array.from({ length: 20 }, (_, n) => idOf(`id ${n}`))
  return {
    any: [...uins, '1234567897'],
    ...Object.fromEntries(['id', 'backupId', 'messageId', 'conflictOf', 'changes'].map((name) => [name, ids])),
    zone: ['Europe/Berlin', 'UTC', 'Nowhere/Land'],
    rule: ['daily 9:00', '0 9 * * *', 'never', ''],
    seq: [1, 2, 9, 10, 11, 12, 13, 14, 2 ** 40],
    epoch: [1, 1, 2],
  }
}

/** The daemon as it stands for its user, but for what the link does to it. */
async function memoryOf(terminal: Terminal): Promise<string> {
  const friends = await terminal.call('friend.list', {})
  const backups = await terminal.call('backup.list', { due: false, all: true })
  const messages = await terminal.call('message.inbox', { unread: false, markRead: false })
  return JSON.stringify({
    friends: friends.map(({ uin, nick, alias, state, notify }) => ({ uin, nick, alias, state, notify })),
    backups: backups.map(({ id, rev, text, state, note }) => ({ id, rev, text, state, note })),
    messages: messages.map(({ id, text }) => ({ id, text })),
  })
}

async function household(): Promise<{ world: InProcess; ana: Terminal; bo: Terminal; uins: string[] }> {
  const world = await inProcess()
  const [ana, bo] = [await world.terminal('desk'), await world.terminal('laptop')]
  const uins = [String((await ana.register('Ana')).uin), String((await bo.register('Bo')).uin)]
  await ana.call('friend.add', { who: String(uins[1]) })
  await bo.call('friend.accept', { who: String(uins[0]) })
  await ana.call('message.send', { to: 'Bo', text: 'hello' })
  await bo.call('message.send', { to: 'Ana', text: 'hello you' })
  for (const text of ['one', 'two']) {
    await ana.call('backup.add', { to: 'Bo', text, when: { at: '2026-12-24 18:00' }, action: 'remind', dryRun: false })
  }
  await world.pass(2_000)
  return { world, ana, bo, uins }
}

/** Something in the daemon broke; what a relay calls an error is no fault. */
function isFault({ event, fields }: { event: string; fields: object }): boolean {
  if (event === 'call failed') return !('error' in fields && fields.error instanceof ImError)
  return event === 'outbox stopped' || event === 'watchers not told'
}

/** One daemon between relays: the hostile one, then the honest one again. */
async function betweenRelays(seed: number, frames: number, temper: Temper, watch: Stopwatch) {
  const { world, ana, bo, uins } = await household()
  const random = seededRandom(seed)
  const before = await memoryOf(ana)
  const relay = hostileRelay(random, wordsOf(uins), temper, String(uins[0]))
  const honest = world.relay.accept
  await ana.offline()
  // Written while nobody is there: it must survive all of this and go out at the end.
  await ana.call('message.send', { to: 'Bo', text: 'kept for later' })
  world.relay.accept = (channel) => relay.accept(channel)
  await ana.online()
  let warmMib = 0
  const queuedAt = (): Promise<number> => ana.call('daemon.status', {}).then(({ outbox }) => outbox)
  let lowest = await queuedAt()
  while (relay.sent < frames) {
    relay.attack(1 + random.int(MOST_AT_ONCE))
    await world.settle()
    ana.begin(WAKES, {} as never).catch(() => {})
    const [method, params] = random.pick(QUESTIONS)
    await watch.time(() => ana.call(method, params as never))
    lowest = Math.min(lowest, await queuedAt())
    await world.pass(random.chance(0.1) ? 31_000 : 50)
    if (warmMib === 0 && relay.sent > frames / 4) warmMib = heapMib()
  }
  const grownMib = heapMib() - warmMib
  const after = await memoryOf(ana)
  await ana.offline()
  world.relay.accept = honest
  await ana.online()
  // The liar may have asked it to stay away for as long as a relay may.
  await world.pass(3 * 60_000)
  const end = {
    connected: (await ana.call('account.whoami', {})).connected,
    friends: (await ana.call('friend.list', {})).length,
    arrived: (await bo.call('message.inbox', { unread: false, markRead: false })).map(({ text }) => text),
  }
  const errors = world.host.log.lines.filter(isFault)
  await world.close()
  return { before, after, end, lowest, grownMib, errors, sent: relay.sent }
}

describe.each(['garbler', 'liar'] as const)('a daemon between relays: the %s', (temper) => {
  it('answers its user all along, keeps what it had, and goes on with an honest relay', async () => {
    const watch = new Stopwatch()
    const frames = Math.ceil(run.frames / 2)
    let [sent, mostGrown, first, last] = [0, 0, 0, 0]
    for (let n = 0; sent < frames; n++) {
      const world = await betweenRelays(run.seed + n, Math.min(PER_WORLD, frames - sent), temper, watch)
      expect(world.errors).toEqual([])
      expect(world.end.connected).toBe(true)
      if (temper === 'garbler') {
        expect(world.after).toBe(world.before)
        expect(world.lowest).toBe(1)
        expect(world.end.arrived).toContain('kept for later')
        expect(world.end.friends).toBe(1)
      }
      sent += world.sent
      mostGrown = Math.max(mostGrown, world.grownMib)
      last = heapMib()
      if (n === 0) first = last
    }
    report(`hostile relay, ${temper}`, run, {
      sent,
      'local p99 ms': watch.p99,
      'heap grew MiB': (last - first).toFixed(1),
      'within one daemon MiB': mostGrown.toFixed(1),
    })
    expect(mostGrown).toBeLessThan(MOST_GROWTH_MIB)
    expect(last - first).toBeLessThan(MOST_GROWTH_MIB)
  }, 1_200_000)
})
