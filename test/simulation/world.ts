import type { LocalSession } from '../../src/daemon/core.ts'
import { createDaemon, type Daemon } from '../../src/daemon/daemon.ts'
import type { Uin } from '../../src/domain/uin.ts'
import { ImError } from '../../src/protocol/errors.ts'
import type { LocalMethod, LocalParams, LocalResults } from '../../src/protocol/local-api.ts'
import { DEFAULT_CONFIG, type RelayConfig } from '../../src/relay/config.ts'
import { createRelay, type Relay } from '../../src/relay/relay.ts'
import type { Channel } from '../../src/rpc/peer.ts'
import { anybodysServer, anybodysWork } from './anybody.ts'
import type { Dice } from './dice.ts'
import { type Ground, Machine } from './machine.ts'
import { Network } from './network.ts'
import { Time } from './time.ts'
import type { Trace } from './trace.ts'

/** A terminal of an account, and whoever sits at it. */
export interface Device {
  readonly machine: Machine<Running>
  readonly account: Account
  /** What this terminal keeps of the account: its token and keys, as the daemon wrote them. */
  secret(): string | null
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

export interface WorldShape {
  /** Devices of each account. */
  devices: readonly number[]
  config?: Partial<RelayConfig>
}

const NICKS = ['ana', 'bo', 'cy', 'dee']
const PASSWORD = 'a password'

/** A relay and accounts who are all friends, everybody logged in and up to date; no time is lost on the way so far. */
export async function makeWorld(seed: number, dice: Dice, trace: Trace, shape: WorldShape): Promise<World> {
  const time = new Time()
  trace.useClock(() => time.now)
  const ground: Ground = { seed, time, dice, trace, network: new Network(time, dice, trace), mostSyncMs: 0 }
  const config = { ...DEFAULT_CONFIG, loginsPerMinute: 1_000, ...shape.config }
  const relay: Machine<Relay> = new Machine(ground, 'relay', 'relay', (host, store) =>
    createRelay({ id: 'simulated', host, store, config, login: anybodysServer }),
  )
  await relay.boot()
  const accounts = shape.devices.map((count, index): Account => {
    const nick = NICKS[index] ?? `nr${index}`
    const account: Account = { nick, uin: '' as Uin, devices: [] }
    for (let n = 1; n <= count; n++) account.devices.push(device(ground, relay, account, `${nick}${n}`))
    return account
  })
  const devices = accounts.flatMap((account) => account.devices)
  for (const account of accounts) await settleIn(ground, account)
  await befriend(ground, accounts)
  return { ground, relay, accounts, devices, machines: [relay, ...devices.map(({ machine }) => machine)] }
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

function device(ground: Ground, relay: Machine<Relay>, account: Account, name: string): Device {
  let secret: string | null = null
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
  const machine: Machine<Running> = new Machine(ground, name, 'daemon', async (host, store) => {
    const daemon = await createDaemon({
      host,
      store,
      secrets: async () => secrets,
      notifier: { notify: async ({ title, body }) => ground.trace.note(`${name} popup`, `${title}: ${body}`) },
      connect: (_url, signal) => dial(ground, machine, relay, signal),
      loadLogin: async () => anybodysWork,
      version: '0.0.0',
      profile: name,
      deviceName: name,
      defaultRelay: 'ws://127.0.0.1:1',
      settings: {
        tokenStore: 'auto',
        notify: { messages: true, friends: true, preview: true },
        active: true,
        run: null,
      },
      desktop: {},
      process: { pid: null, socket: null, rssBytes: () => null },
      onStop: () => {},
    })
    await daemon.start()
    const session: LocalSession = { hello: null, signal: new AbortController().signal, tell: () => {} }
    await daemon.handle(
      'hello',
      { version: '0.0.0', zone: 'UTC', person: ground.dice.chance(70), desktop: {} },
      session,
    )
    return { daemon, session }
  })
  return {
    machine,
    account,
    secret: () => secret,
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
