// Loaded now: the first seal of a run must take no longer than the others.
import '@hpke/core'
import { Book } from './book.ts'
import { Commands } from './commands.ts'
import { Dice } from './dice.ts'
import { textsOf } from './ending.ts'
import { broken } from './promises.ts'
import { type AtDevice, type AtRelay, atDevice, atRelay } from './state.ts'
import { Trace } from './trace.ts'
import { type Account, type Beginnings, type Device, makeWorld, type World } from './world.ts'

export interface Outcome {
  seed: number
  /** SHA-256 of everything that happened, in order. */
  hash: string
  /** What was promised and not kept; empty: all is well. */
  faults: readonly string[]
  /** The end of the trace, for people. */
  tail: readonly string[]
  counts: { commands: number; messages: number; backups: number; cancels: number }
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
/** Longer than a write, the slowest frame (4 s) and its answer take. */
const STILL_MS = 10_000

/** One life of a small world, a function of the seed alone. `keep`: how many lines of its trace to keep. */
export async function run(seed: number, beginnings: Beginnings, keep = 0): Promise<Outcome> {
  const dice = new Dice(seed)
  const trace = new Trace(keep)
  const counts = { commands: 0, messages: 0, backups: 0, cancels: 0 }
  const book = new Book()
  try {
    const world = await makeWorld(seed, dice, trace, shape(dice), beginnings)
    counts.commands = await live(world, book, dice)
    const faults = await lookAt(world, book)
    counts.messages = book.messages.length
    counts.backups = book.adds.length
    counts.cancels = book.cancels.length
    return { seed, hash: trace.digest(), faults, tail: trace.tail, counts }
  } catch (error) {
    const faults = [...book.faults, error instanceof Error ? (error.stack ?? error.message) : String(error)]
    return { seed, hash: trace.digest(), faults, tail: trace.tail, counts }
  }
}

/** Two or three accounts; the first two have up to five devices. */
function shape(dice: Dice): number[] {
  const first = dice.weighed({ 1: 20, 2: 40, 3: 20, 4: 10, 5: 10 })
  const second = dice.weighed({ 1: 65, 2: 25, 3: 5, 4: 2, 5: 3 })
  return [Number(first), Number(second), ...(dice.chance(30) ? [1] : [])]
}

async function live(world: World, book: Book, dice: Dice): Promise<number> {
  const { ground } = world
  ground.network.mostDelayMs = dice.pick([1, 20, 20, 200])
  ground.mostSyncMs = dice.pick([0, 3, 3, 50])
  const commands = new Commands(world, book)
  const count = dice.int(10, 24)
  for (let n = 0; n < count; n++) {
    commands.next()
    await ground.time.pass(pause(dice))
  }
  ground.trace.note('everything heals')
  commands.heal()
  await ground.time.pass(125_000)
  if (dice.chance(30)) {
    for (const machine of world.machines) machine.jump(80 * HOUR_MS)
    await ground.time.pass(75_000)
  }
  await ground.time.pass(untilQuiet(world.relay.wall))
  return count
}

/** Series fire with the minute: what stands is compared in the middle of one, when nothing is on its way. */
function untilQuiet(wall: number): number {
  const intoMinute = ((wall % MINUTE_MS) + MINUTE_MS) % MINUTE_MS
  return (MINUTE_MS + MINUTE_MS / 2 - intoMinute) % MINUTE_MS
}

/** Mostly none to speak of, since it is races we are after. */
function pause(dice: Dice): number {
  const kind = dice.weighed({ none: 25, race: 35, moment: 30, while: 10 })
  switch (kind) {
    case 'none':
      return 0
    case 'race':
      return dice.int(0, 100)
    case 'moment':
      return dice.int(100, 6_000)
    case 'while':
      return dice.int(6_000, 45_000)
    default:
      return kind satisfies never
  }
}

/** What came due in this very moment is on its way: goes on until the relay has logged nothing for `STILL_MS`. */
async function untilStill(world: World): Promise<void> {
  const { time } = world.ground
  const logged = async () => {
    let entries = 0
    for (const account of world.accounts) entries += (await time.until(atRelay(world, account))).log.length
    return entries
  }
  for (let before = -1, now = await logged(); before !== now; now = await logged()) {
    before = now
    await time.pass(STILL_MS)
  }
}

async function lookAt(world: World, book: Book): Promise<string[]> {
  const { time } = world.ground
  await untilStill(world)
  const relay = new Map<Account, AtRelay>()
  const devices = new Map<Device, AtDevice>()
  for (const account of world.accounts) relay.set(account, await time.until(atRelay(world, account)))
  for (const device of world.devices) devices.set(device, await time.until(atDevice(device)))
  return broken({ book, now: world.relay.wall, relay, devices, texts: textsOf(relay) })
}
