/** Hostile clients against the relay: strangers, and one who has an account. */
import { describe, expect, it } from 'vitest'
import { MAX_FRAME_BYTES, relayParams } from '../../src/protocol/relay-api.ts'
import { type MemoryChannel, memoryChannelPair } from '../../src/rpc/memory-channel.ts'
import { attackWorlds, fuzzRun, heapMib, report, Stopwatch } from '../support/fuzz-run.ts'
import { type Credentials, idOf, type RelayDevice, type RelayWorld, relayWorld } from '../support/relay-world.ts'
import { effectOf, mostlyWhole } from './frames.ts'
import { type Random, seededRandom } from './random.ts'
import { makerOf, type Words } from './values.ts'

const run = fuzzRun(0.6)
/** Frames one relay lives through; its store keeps what they did, so that heaps are compared from world to world. */
const PER_WORLD = 10_000
const BATCH = 100
const PATIENCE_TURNS = 200
const MOST_GROWTH_MIB = 48

interface Attack {
  channel: MemoryChannel
  asked: number
  answers: string[]
  isOver: boolean
}

function connect(world: RelayWorld): Attack {
  const [channel, theirs] = memoryChannelPair({ maxFrameBytes: MAX_FRAME_BYTES })
  const attack: Attack = { channel, asked: 0, answers: [], isOver: false }
  world.relay.accept(theirs, '127.0.0.1')
  channel.start((frame) => {
    if ('id' in JSON.parse(frame)) attack.answers.push(frame)
  })
  void channel.closed.then(() => {
    attack.isOver = true
  })
  return attack
}

function send(attack: Attack, text: string): void {
  if (effectOf(text) === 'asks') attack.asked++
  attack.channel.send(text)
}

function wordsOf(devices: readonly RelayDevice[]): Words {
  const uins = [...devices.map(({ uin }) => uin), '1234567897']
  const ids = Array.from({ length: 20 }, (_, n) => idOf(`id ${n}`))
  const zones = ['Europe/Berlin', 'UTC', 'Nowhere/Land']
  return {
    any: uins,
    ...Object.fromEntries(['uin', 'friend', 'to', 'who'].map((name) => [name, uins])),
    ...Object.fromEntries(['id', 'change', 'device', 'conflictOf'].map((name) => [name, ids])),
    token: [devices[1]?.token ?? '', 'wrong'],
    zone: zones,
    hash: ['a'.repeat(64)],
    protocols: [1],
    rev: [1, 1, 2],
    occurrence: [1, 1, 2],
  }
}

/** Most connections open a session of one of the devices; a newer one of the same device ends the older. */
async function openAttack(world: RelayWorld, random: Random, devices: Credentials[]): Promise<Attack> {
  const attack = connect(world)
  if (random.chance(0.3)) return attack
  const place = random.int(devices.length)
  const { uin, token } = devices[place] as Credentials
  const params = { uin, token, person: random.chance(0.5) }
  send(attack, JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'session.open', params }))
  await world.settle()
  // It may have logged itself out, which is its right.
  if (attack.answers.some((answer) => answer.includes('TOKEN_REFUSED'))) devices[place] = await world.login(uin)
  return attack
}

/** Asks something that only one answer is right to, and hands back whether it came. */
async function served(world: RelayWorld, honest: RelayDevice, n: number): Promise<boolean> {
  let answered = false
  void honest.call('setting.put', { statusText: `still here ${n}` }).then(({ setting }) => {
    answered = setting.statusText === `still here ${n}`
  })
  for (let turns = 0; turns < PATIENCE_TURNS && !answered; turns++) await world.settle()
  return answered
}

async function attackWorld(seed: number, frames: number, during: Stopwatch, quiet: Stopwatch) {
  const world = await relayWorld({ loginsPerMinute: 60_000 })
  const random = seededRandom(seed)
  const honest = await world.register('Ana')
  const mallory = await world.register('Mallory')
  const third = await world.register('Bo')
  await world.befriend(mallory, third)
  const devices: Credentials[] = []
  for (let n = 0; n < 8; n++) devices.push(await world.login(mallory.uin))
  const words = wordsOf([honest, mallory, third])
  const makers = new Map(Object.entries(relayParams).map(([method, schema]) => [method, makerOf(schema, words)]))
  for (let n = 0; n < 30; n++) {
    expect(await quiet.time(() => served(world, honest, n))).toBe(true)
    await world.pass(100)
  }
  let attacks: Attack[] = []
  const codes = new Map<string, number>()
  let warmMib = 0
  for (let sent = 0; sent < frames; ) {
    while (attacks.length < 8) attacks.push(await openAttack(world, random, devices))
    for (let n = 0; n < BATCH && sent < frames; n++, sent++)
      send(
        random.pick(attacks),
        mostlyWhole(random, makers, () => 0.6),
      )
    expect(await during.time(() => served(world, honest, sent))).toBe(true)
    await world.pass(BATCH)
    for (const { answers, asked, isOver } of attacks) {
      if (!isOver) expect(answers.length).toBe(asked)
      for (const answer of answers) count(codes, /"data":{"code":"(\w+)"/.exec(answer)?.[1] ?? 'answered')
    }
    for (const attack of attacks) Object.assign(attack, { answers: [], asked: 0 })
    attacks = attacks.filter(({ isOver }) => !isOver)
    if (random.chance(0.05)) attacks.pop()?.channel.cut()
    if (warmMib === 0 && sent >= frames / 4) warmMib = heapMib()
  }
  const grownMib = heapMib() - warmMib
  for (const { channel } of attacks) channel.close()
  await world.pass(1_000)
  // Only the three that are honest are left.
  expect(world.relay.connections).toBeLessThanOrEqual(3)
  await world.close()
  return { codes, grownMib }
}

function count(codes: Map<string, number>, code: string): void {
  codes.set(code, (codes.get(code) ?? 0) + 1)
}

describe('the relay under hostile frames', () => {
  it('answers each call with a code or ends its connection, serves others, and keeps nothing', async () => {
    const [quiet, during] = [new Stopwatch(), new Stopwatch()]
    const all = new Map<string, number>()
    const { withinOneMib, overAllMib } = await attackWorlds(run, PER_WORLD, async (seed, frames) => {
      const { codes, grownMib } = await attackWorld(seed, frames, during, quiet)
      for (const [code, times] of codes) all.set(code, (all.get(code) ?? 0) + times)
      return grownMib
    })
    report('relay', run, {
      'honest p99 quiet ms': quiet.p99,
      'during ms': during.p99,
      'heap grew MiB': overAllMib.toFixed(1),
      'within one relay MiB': withinOneMib.toFixed(1),
      codes: JSON.stringify(Object.fromEntries(all)),
    })
    expect(all.get('INTERNAL')).toBeUndefined()
    expect(withinOneMib).toBeLessThan(MOST_GROWTH_MIB)
    expect(overAllMib).toBeLessThan(MOST_GROWTH_MIB)
    expect(({} as Record<string, unknown>).isAdmin).toBeUndefined()
  }, 1_200_000)
})
