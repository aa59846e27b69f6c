/** A hostile program of the same user against the daemon's local link. */
import { describe, expect, it } from 'vitest'
import { serveCaller } from '../../src/daemon/local-server.ts'
import type { LocalMethod } from '../../src/protocol/local-api.ts'
import { localParams } from '../../src/protocol/local-params.ts'
import { type MemoryChannel, memoryChannelPair } from '../../src/rpc/memory-channel.ts'
import { attackWorlds, fuzzRun, heapMib, report, Stopwatch } from '../support/fuzz-run.ts'
import { inProcess, type Terminal } from '../support/in-process.ts'
import { effectOf, mostlyWhole } from './frames.ts'
import { type Random, seededRandom } from './random.ts'
import { makerOf, type Words } from './values.ts'

const run = fuzzRun(0.08)
const PER_WORLD = 5_000
const BATCH = 100
const MAX_LINE_BYTES = 4 * 1024 * 1024
const MOST_GROWTH_MIB = 64
/** What its owner may do at once and for good is said wrongly only; what logs in costs too much to say often. */
const SPOILED_ONLY: ReadonlySet<string> = new Set(['account.logout', 'account.delete', 'account.revoke', 'daemon.stop'])

interface Caller {
  channel: MemoryChannel
  isOver: boolean
  internal: string[]
}

function connect(terminal: Terminal, host: Parameters<typeof serveCaller>[2]): Caller {
  const [channel, theirs] = memoryChannelPair({ maxFrameBytes: MAX_LINE_BYTES })
  const caller: Caller = { channel, isOver: false, internal: [] }
  serveCaller(theirs, terminal.daemon, host)
  channel.start((frame) => {
    if (frame.includes('"code":"INTERNAL"')) caller.internal.push(frame)
  })
  void channel.closed.then(() => {
    caller.isOver = true
  })
  return caller
}

const HELLO = { version: '0', zone: 'Europe/Berlin', person: false, desktop: {} }

function openCaller(random: Random, terminal: Terminal, host: Parameters<typeof serveCaller>[2]): Caller {
  const caller = connect(terminal, host)
  const hello = { jsonrpc: '2.0', id: 0, method: 'hello', params: HELLO }
  if (random.chance(0.9)) caller.channel.send(JSON.stringify(hello))
  return caller
}

function wordsOf(uins: readonly string[], ids: readonly string[]): Words {
  const people = [...uins, 'Bo', 'me', 'B', '$(id)', '--help']
  const times = ['tomorrow 9am', 'in 2h', '2026-12-24 18:00', 'fri', 'every day at 9', '25:99', '', '-5m', '\u202e']
  return {
    any: people,
    ...Object.fromEntries(
      ['who', 'to', 'from', 'uin', 'whenOnlineOf', 'whenMessageFrom'].map((name) => [name, people]),
    ),
    ...Object.fromEntries(
      ['at', 'in', 'every', 'until', 'grace', 'elseAt', 'expression', 'since'].map((name) => [name, times]),
    ),
    ...Object.fromEntries(['id', 'ids', 'device'].map((name) => [name, [...ids, 'x', '']])),
    zone: ['Europe/Berlin', 'UTC', 'Nowhere/Land', ''],
    tz: ['Europe/Berlin', 'Nowhere/Land'],
    matchingRe: ['(a+)+$', '(?=x)', '[', 'x{1000}{1000}', '\\p{L}+'],
    grep: ['(a+)+$', '['],
    after: ['1:1', '9:9', 'x'],
    relay: ['ws://127.0.0.1:1', 'ws://relay.example', 'file:///etc/passwd', 'im://x/y=z'],
    password: ['guess'],
    waitMs: [0, 10, null],
  }
}

function wouldEnd(frame: string): boolean {
  const { method = '', params } = JSON.parse(frame) as { method?: string; params?: unknown }
  return SPOILED_ONLY.has(method) && localParams[method as LocalMethod].safeParse(params).success
}

async function attackWorld(seed: number, frames: number, quiet: Stopwatch, during: Stopwatch) {
  const world = await inProcess()
  const terminal = await world.terminal('desk')
  const bo = await world.terminal('laptop')
  const uins = [String((await terminal.register('Ana')).uin), String((await bo.register('Bo')).uin)]
  await terminal.call('friend.add', { who: String(uins[1]) })
  await bo.call('friend.accept', { who: String(uins[0]) })
  const random = seededRandom(seed)
  const words = wordsOf(uins, [])
  const makers = new Map(Object.entries(localParams).map(([method, schema]) => [method, makerOf(schema, words)]))
  const internal: string[] = []
  for (let n = 0; n < 30; n++) await quiet.time(() => terminal.call('account.whoami', {}))
  let callers: Caller[] = []
  let warmMib = 0
  for (let sent = 0; sent < frames; ) {
    while (callers.length < 4) callers.push(openCaller(random, terminal, world.host))
    for (let n = 0; n < BATCH && sent < frames; n++, sent++) {
      const frame = mostlyWhole(random, makers, (method) => (SPOILED_ONLY.has(method) ? 1 : 0.5))
      // Spoiling can leave something that is right after all.
      if (effectOf(frame) !== 'ends' && wouldEnd(frame)) continue
      random.pick(callers).channel.send(frame)
    }
    const me = await during.time(() => terminal.call('account.whoami', {}))
    expect(me.uin).toBe(uins[0])
    await world.pass(200)
    for (const caller of callers) internal.push(...caller.internal.splice(0))
    callers = callers.filter(({ isOver }) => !isOver)
    // Hanging up ends what its calls wait for.
    if (random.chance(0.2)) callers.pop()?.channel.close()
    if (warmMib === 0 && sent >= frames / 4) warmMib = heapMib()
  }
  const grownMib = heapMib() - warmMib
  for (const { channel } of callers) channel.close()
  await world.pass(1_000)
  const faults = world.host.log.lines.filter(({ event }) => event === 'call failed' || event === 'outbox stopped')
  expect((await terminal.call('account.whoami', {})).connected).toBe(true)
  expect(await terminal.call('friend.list', {})).toBeInstanceOf(Array)
  expect(await terminal.call('backup.list', { due: false, all: true })).toBeInstanceOf(Array)
  await world.close()
  return { grownMib, internal, faults }
}

describe('the daemon under hostile local frames', () => {
  it('answers with a code or hangs up, and serves its user', async () => {
    const [quiet, during] = [new Stopwatch(), new Stopwatch()]
    const { withinOneMib, overAllMib } = await attackWorlds(run, PER_WORLD, async (seed, frames) => {
      const { grownMib, internal, faults } = await attackWorld(seed, frames, quiet, during)
      expect(faults).toEqual([])
      expect(internal).toEqual([])
      return grownMib
    })
    report('local link', run, {
      'honest p99 quiet ms': quiet.p99,
      'during ms': during.p99,
      'heap grew MiB': overAllMib.toFixed(1),
      'within one daemon MiB': withinOneMib.toFixed(1),
    })
    expect(withinOneMib).toBeLessThan(MOST_GROWTH_MIB)
    expect(overAllMib).toBeLessThan(MOST_GROWTH_MIB)
  }, 1_200_000)
})
