import type { LocalSession } from '../../src/daemon/core.ts'
import { createDaemon, type Daemon } from '../../src/daemon/daemon.ts'
import type { Uin } from '../../src/domain/uin.ts'
import type { Host } from '../../src/host/host.ts'
import { ImError } from '../../src/protocol/errors.ts'
import type { LocalMethod, LocalParams, LocalResults } from '../../src/protocol/local-api.ts'
import { DEFAULT_CONFIG } from '../../src/relay/config.ts'
import { createRelay, type Relay } from '../../src/relay/relay.ts'
import type { Channel } from '../../src/rpc/peer.ts'
import type { Store } from '../../src/store/store.ts'
import { plainMachine } from '../support/plain-machine.ts'
import { anybodysServer, anybodysWork } from './anybody.ts'
import { Dice } from './dice.ts'
import { type Ground, type Image, Machine } from './machine.ts'
import { Network } from './network.ts'
import { Time } from './time.ts'
import { Trace } from './trace.ts'

/** A terminal of an account, and whoever sits at it. */
export interface Device {
  readonly machine: Machine<Running>
  readonly account: Account
  /** What this terminal keeps of the account: its token and keys, as the daemon wrote them. */
  secret(): string | null
  replaceSecret(secret: string): void
  /** One call of a person here. Rejects with what the daemon says; never settles when the daemon dies first. */
  call<M extends LocalMethod>(method: M, params: LocalParams<M>): Promise<LocalResults[M]>
}

interface Running {
  daemon: Daemon
  session: LocalSession
}

export interface Account {
  readonly nick: string
  uin: Uin
  readonly devices: Device[]
}

export interface World {
  readonly ground: Ground
  readonly relay: Machine<Relay>
  readonly accounts: readonly Account[]
  readonly devices: readonly Device[]
  readonly machines: readonly Machine<unknown>[]
}

/** Devices of each account. */
export type Shape = readonly number[]

/** A world in which everybody has logged in and all are friends, as it stands on the disks: lives begin from it. */
export interface Prepared {
  readonly at: number
  readonly relay: Image
  readonly accounts: readonly { uin: Uin; devices: readonly { image: Image; secret: string | null }[] }[]
}

const NICKS = ['ana', 'bo', 'cy', 'dee']
const PASSWORD = 'a password'
const BEGINNING = Date.UTC(2026, 0, 5, 9)
/** Nothing of a life may come from the same randomness as its beginning. */
const PREPARING = -1

/** The machines of a world, none of them started. */
function lay(ground: Ground, shape: Shape, from: Prepared | null): World {
  const config = { ...DEFAULT_CONFIG, loginsPerMinute: 1_000 }
  const relay: Machine<Relay> = new Machine(
    ground,
    'relay',
    'relay',
    (host, store) => createRelay({ id: 'simulated', host, store, config, login: anybodysServer }),
    from?.relay,
  )
  const accounts = shape.map((count, index): Account => {
    const nick = NICKS[index] ?? `nr${index}`
    const was = from?.accounts[index]
    const account: Account = { nick, uin: was?.uin ?? ('' as Uin), devices: [] }
    for (let n = 1; n <= count; n++) {
      const { image, secret = null } = was?.devices[n - 1] ?? {}
      account.devices.push(device(ground, relay, account, { name: `${nick}${n}`, image, secret }))
    }
    return account
  })
  const devices = accounts.flatMap((account) => account.devices)
  return { ground, relay, accounts, devices, machines: [relay, ...devices.map(({ machine }) => machine)] }
}

function groundOf(seed: number, dice: Dice, trace: Trace, startAt: number): Ground {
  const time = new Time()
  trace.useClock(() => time.now)
  return { seed, time, dice, trace, network: new Network(time, dice, trace), mostSyncMs: 0, startAt }
}

/** Worlds by their shape, each made once: to register and befriend takes longer than many a life. */
export class Beginnings {
  readonly #made = new Map<string, Promise<Prepared>>()

  of(shape: Shape): Promise<Prepared> {
    const key = shape.join()
    const made = this.#made.get(key) ?? prepare(shape)
    this.#made.set(key, made)
    return made
  }
}

async function prepare(shape: Shape): Promise<Prepared> {
  const ground = groundOf(PREPARING, new Dice(PREPARING), new Trace(0), BEGINNING)
  const { relay, accounts } = lay(ground, shape, null)
  await relay.boot()
  for (const account of accounts) await settleIn(ground, account)
  await befriend(ground, accounts)
  return {
    at: relay.wall,
    relay: relay.image(),
    accounts: accounts.map(({ uin, devices }) => ({
      uin,
      devices: devices.map((device) => ({ image: device.machine.image(), secret: device.secret() })),
    })),
  }
}

/** A relay and accounts who are all friends, everybody logged in and up to date; no time is lost on the way so far. */
export async function makeWorld(
  seed: number,
  dice: Dice,
  trace: Trace,
  shape: Shape,
  beginnings: Beginnings,
): Promise<World> {
  const prepared = await beginnings.of(shape)
  const ground = groundOf(seed, dice, trace, prepared.at)
  const world = lay(ground, shape, prepared)
  for (const machine of world.machines) await ground.time.until(machine.boot())
  await ground.time.pass(1)
  return world
}

async function settleIn({ time }: Ground, account: Account): Promise<void> {
  for (const [index, device] of account.devices.entries()) {
    await time.until(device.machine.boot())
    if (index > 0) await time.until(device.call('account.login', { password: PASSWORD, uin: account.uin }))
    else {
      const { uin } = await time.until(device.call('account.register', { password: PASSWORD, nick: account.nick }))
      account.uin = uin as Uin
    }
  }
}

async function befriend({ time }: Ground, accounts: readonly Account[]): Promise<void> {
  for (const [index, one] of accounts.entries()) {
    for (const other of accounts.slice(index + 1)) {
      const [asks] = one.devices
      const [answers] = other.devices
      if (asks === undefined || answers === undefined) continue
      await time.until(asks.call('friend.add', { who: other.uin }))
      await time.pass(1)
      await time.until(answers.call('friend.accept', { who: one.uin }))
    }
  }
  await time.pass(1_500)
}

/** How a device is called, and what it begins with. */
interface Beginning {
  name: string
  image: Image | undefined
  secret: string | null
}

function device(ground: Ground, relay: Machine<Relay>, account: Account, beginning: Beginning): Device {
  const { name, image } = beginning
  let { secret } = beginning
  const secrets = {
    backend: 'file' as const,
    get: async () => secret,
    set: async (value: string) => {
      secret = value
    },
    remove: async () => {
      secret = null
    },
  }
  const start = async (host: Host, store: Store): Promise<Running> => {
    const daemon = await createDaemon({
      ...plainMachine(name),
      host,
      store,
      secrets: async () => secrets,
      notifier: {
        async show({ title, body }) {
          ground.trace.note(`${name} popup`, `${title}: ${body}`)
          return { pressed: new Promise(() => {}), withdraw: () => {}, leave: () => {} }
        },
      },
      openTerminal: async () => false,
      connect: (_url, signal) => dial(ground, machine, relay, signal),
      loadLogin: async () => anybodysWork,
    })
    await daemon.start()
    const session: LocalSession = { hello: null, signal: new AbortController().signal, tell: () => {} }
    await daemon.handle(
      'hello',
      { version: '0.0.0', zone: 'UTC', person: ground.dice.chance(70), desktop: {} },
      session,
    )
    return { daemon, session }
  }
  const machine: Machine<Running> = new Machine(ground, name, 'daemon', start, image)
  return {
    machine,
    account,
    secret: () => secret,
    replaceSecret(fresh) {
      secret = fresh
    },
    async call(method, params) {
      const { program, incarnation } = machine
      if (program === null) throw new ImError('DAEMON_UNREACHABLE')
      ground.trace.note(`${name} is asked`, `${method} ${JSON.stringify(params)}`)
      const answer = await Promise.allSettled([program.daemon.handle(method, params, program.session)])
      if (machine.incarnation !== incarnation) return new Promise<never>(() => {})
      const [settled] = answer
      if (settled.status === 'rejected') {
        ground.trace.note(`${name} refuses`, `${method} ${String((settled.reason as ImError).code ?? settled.reason)}`)
        throw settled.reason
      }
      ground.trace.note(`${name} answers`, `${method} ${JSON.stringify(settled.value)}`)
      return settled.value as never
    },
  }
}

function dial(
  { time, network }: Ground,
  from: Machine<Running>,
  relay: Machine<Relay>,
  signal: AbortSignal,
): Promise<Channel> {
  const { incarnation } = from
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    if (from.cutOff || relay.asleep) return
    time.after(network.mostDelayMs, () => {
      if (signal.aborted || from.incarnation !== incarnation) return
      if (relay.program === null) return reject(new ImError('RELAY_UNREACHABLE'))
      const ends = network.connect(from, relay)
      relay.program.accept(ends.relay, '127.0.0.1')
      resolve(ends.device)
    })
  })
}
