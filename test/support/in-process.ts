import type { LocalSession } from '../../src/daemon/core.ts'
import { createDaemon, type Daemon } from '../../src/daemon/daemon.ts'
import type { LoginWork } from '../../src/daemon/login/login-work.ts'
import { DAEMON_MIGRATIONS } from '../../src/daemon/mirror/store-format.ts'
import type { Button, Popup } from '../../src/daemon/notifications/notable.ts'
import type { Notifier } from '../../src/daemon/notifications/notifier.ts'
import type { Uin } from '../../src/domain/uin.ts'
import { HostError } from '../../src/host/host-error.ts'
import type { SecretStore } from '../../src/host/secrets.ts'
import { ImError } from '../../src/protocol/errors.ts'
import type { LocalEvents, LocalMethod, LocalParams, LocalResults } from '../../src/protocol/local-api.ts'
import type { AccountView, WatchEvent } from '../../src/protocol/views.ts'
import { type MemoryChannel, memoryChannelPair } from '../../src/rpc/memory-channel.ts'
import type { Channel } from '../../src/rpc/peer.ts'
import { type LoginClient, loadLoginClient } from '../../src/sealing/login-client.ts'
import { openStore } from '../../src/store/account-store.ts'
import { MemoryDisk } from '../../src/store/memory-engine.ts'
import type { Store } from '../../src/store/store.ts'
import { MemoryWitness } from '../../src/store/witness.ts'
import { plainMachine } from './plain-machine.ts'
import { type RelayWorld, relayWorld } from './relay-world.ts'

/** Fast enough for tests: what it protects here is nothing. */
const CHEAP = { memoryKib: 8, iterations: 1, parallelism: 1 }
const PASSWORD = 'correct horse battery staple'

/** A daemon in this process, with its own disk, on a network that can be taken away. */
export interface Terminal {
  readonly daemon: Daemon
  readonly popups: Popup[]
  /** What stands on its screen, and whether there is one. */
  readonly screen: Screen
  /** What a watcher has been told. */
  readonly events: WatchEvent[]
  /** Conversations its window was told to show, once it has attached. */
  readonly focused: LocalEvents['chat.focus'][]
  /** How often it was told that something it shows has changed. */
  readonly changes: readonly string[]
  /** One call of a person at this terminal; settles what needs no time. */
  call<M extends LocalMethod>(method: M, params: LocalParams<M>): Promise<LocalResults[M]>
  /** The same, not awaited: for what waits on purpose. */
  begin<M extends LocalMethod>(method: M, params: LocalParams<M>): Promise<LocalResults[M]>
  /** The code a call fails with. */
  fails<M extends LocalMethod>(method: M, params: LocalParams<M>): Promise<ImError>
  register(nick: string): Promise<AccountView>
  login(uin: string): Promise<AccountView>
  /** Somebody calls from a place with these variables. */
  from(desktop: Record<string, string>): Promise<void>
  lockKeychain(yes: boolean): void
  fillDisk(yes: boolean): void
  /** Where its token and keys lie. */
  readonly secrets: SecretStore
  /** A relay that says something else than it did: what is rewritten is what this terminal hears. Null: an honest one. */
  rewrite(relaySays: ((frame: string) => string) | null): void
  /** The relay hears this terminal, but its answers do not come. */
  deaf(yes: boolean): void
  offline(): Promise<void>
  online(): Promise<void>
  /** The process dies and, `offMs` later, another starts on what was on disk. */
  restart(offMs?: number): Promise<void>
  close(): Promise<void>
}

interface TerminalOptions {
  /** How far this machine's wall clock is ahead of the relay's. */
  clockOffMs?: number
  /** What it finds when it starts. Default: nothing. */
  disk?: MemoryDisk
  witness?: MemoryWitness
  secret?: string
  offline?: boolean
}

export interface InProcess extends RelayWorld {
  terminal(name: string, options?: TerminalOptions): Promise<Terminal>
}

/** The work of a login in this process: what is cheap needs no other. */
function loginHere(client: LoginClient): LoginWork {
  return {
    startRegistration: async (...given) => client.startRegistration(...given),
    finishRegistration: async (...given) => client.finishRegistration(...given),
    startLogin: async (...given) => client.startLogin(...given),
    finishLogin: async (...given) => client.finishLogin(...given),
    close: async () => {},
  }
}

function memorySecret(isLocked: () => boolean, kept: string | null): SecretStore {
  let secret = kept
  return {
    backend: 'file',
    get: async () => {
      if (isLocked()) throw new HostError('locked', 'The keychain is locked.')
      return secret
    },
    set: async (value) => {
      secret = value
    },
    remove: async () => {
      secret = null
    },
  }
}

export interface Screen {
  readonly notifier: Notifier
  /** All that was ever shown. */
  readonly popups: Popup[]
  /** Titles of what stands on it now. */
  readonly standing: () => string[]
  /** What terminals were started with. */
  readonly terminals: (readonly string[])[]
  /** Whether anything can be shown, and a terminal started. */
  works: boolean
  hasTerminal: boolean
  /** Presses a button of the newest popup with this title. */
  press(title: string, button: Button): void
  /** The newest popup with this title is out of reach: it stays whatever happens, until it is pressed. */
  hold(title: string): (button: Button) => void
}

function makeScreen(): Screen {
  const standing: { popup: Popup; press: (button: Button | null) => void }[] = []
  const remove = (popup: Popup) => {
    const at = standing.findIndex((one) => one.popup === popup)
    return at === -1 ? undefined : standing.splice(at, 1)[0]
  }
  const newest = (title: string) => {
    const found = standing.findLast(({ popup }) => popup.title === title)
    if (found === undefined) throw new Error(`no popup ${title} among ${screen.standing().join(', ')}`)
    return found
  }
  const screen: Screen = {
    popups: [],
    standing: () => standing.map(({ popup }) => popup.title),
    terminals: [],
    works: true,
    hasTerminal: true,
    press(title, button) {
      const { popup, press } = newest(title)
      remove(popup)
      press(button)
    },
    hold(title) {
      const { popup, press } = newest(title)
      remove(popup)
      return press
    },
    notifier: {
      async show(popup) {
        if (!screen.works) return null
        screen.popups.push(popup)
        const pressed = new Promise<Button | null>((press) => standing.push({ popup, press }))
        return { pressed, withdraw: () => remove(popup)?.press(null), leave: () => {} }
      },
    },
  }
  return screen
}

/** Relay and daemons over memory channels on one fake clock. */
export async function inProcess(config: Parameters<typeof relayWorld>[0] = {}): Promise<InProcess> {
  const world = await relayWorld({ loginsPerMinute: 6_000, ...config })
  const terminals: Terminal[] = []
  const { close } = world
  return Object.assign(world, {
    async terminal(name: string, options: TerminalOptions = {}) {
      const made = await terminal(world, name, options)
      terminals.push(made)
      return made
    },
    async close() {
      for (const one of terminals) await one.close()
      await close()
    },
  })
}

/** Ana at a desk and Bo with a phone, friends since a second. */
export async function twoFriends(
  config: Parameters<typeof relayWorld>[0] = {},
): Promise<{ world: InProcess; desk: Terminal; phone: Terminal; ana: Uin; bo: Uin }> {
  const world = await inProcess(config)
  const desk = await world.terminal('desk')
  const phone = await world.terminal('phone')
  const ana = (await desk.register('Ana')).uin as Uin
  const bo = (await phone.register('Bo')).uin as Uin
  await desk.call('friend.add', { who: bo })
  await phone.call('friend.accept', { who: ana })
  await world.pass(1_000)
  return { world, desk, phone, ana, bo }
}

/** A channel whose frames come in as `hear` makes them. */
function heardThrough(channel: Channel, hear: (frame: string) => string): Channel {
  return {
    ...channel,
    get bufferedBytes() {
      return channel.bufferedBytes
    },
    start: (onFrame) => channel.start((frame) => onFrame(hear(frame))),
  }
}

async function terminal(world: RelayWorld, name: string, options: TerminalOptions): Promise<Terminal> {
  const { clockOffMs = 0, disk = new MemoryDisk(), witness = new MemoryWitness() } = options
  const clock = { now: () => world.host.clock.now() + clockOffMs, monotonic: () => world.host.clock.monotonic() }
  let locked = false
  const secret = memorySecret(() => locked, options.secret ?? null)
  const screen = makeScreen()
  const { popups } = screen
  const events: WatchEvent[] = []
  const focused: LocalEvents['chat.focus'][] = []
  const changes: string[] = []
  const channels = new Set<MemoryChannel>()
  const answers = new Set<MemoryChannel>()
  let rewritten: ((frame: string) => string) | null = null
  let full = false
  let reachable = options.offline !== true
  let caller = new AbortController()

  const connect = async () => {
    if (!reachable) throw new ImError('RELAY_UNREACHABLE')
    const [mine, theirs] = memoryChannelPair()
    channels.add(mine)
    answers.add(theirs)
    void mine.closed.then(() => {
      channels.delete(mine)
      answers.delete(theirs)
    })
    world.relay.accept(theirs, '127.0.0.1')
    return heardThrough(mine, (frame) => rewritten?.(frame) ?? frame)
  }

  const session = (): LocalSession => ({
    hello: null,
    signal: caller.signal,
    tell: (event, params) => {
      if (event === 'watch.event') events.push(params as WatchEvent)
      else if (event === 'chat.focus') focused.push(params as LocalEvents['chat.focus'])
      else changes.push(event)
    },
  })

  async function start(): Promise<{ daemon: Daemon; store: Store; session: LocalSession }> {
    const reserve = { freeBytes: async () => (full ? 0 : 2), minBytes: 1, clock: world.host.clock }
    const store = await openStore({
      engine: await disk.open(),
      kind: 'daemon',
      witness,
      migrations: DAEMON_MIGRATIONS,
      verifyWrites: true,
      reserve,
    })
    const daemon = await createDaemon({
      ...plainMachine(name),
      host: { ...world.host, clock },
      store,
      secrets: async () => secret,
      notifier: screen.notifier,
      openTerminal: async (args) => screen.terminals.push(args) > 0 && screen.hasTerminal,
      connect,
      loadLogin: async () => loginHere(await loadLoginClient(CHEAP)),
    })
    await daemon.start()
    const opened = session()
    await daemon.handle('hello', { version: '0.0.0', zone: 'Europe/Berlin', person: true, desktop: {} }, opened)
    await world.settle()
    return { daemon, store, session: opened }
  }

  let running = await start()
  const begin: Terminal['begin'] = (method, params) =>
    running.daemon.handle(method, params, running.session) as Promise<never>
  const call: Terminal['call'] = async (method, params) => {
    const answer = begin(method, params)
    answer.catch(() => {})
    await world.settle()
    return answer
  }
  return {
    get daemon() {
      return running.daemon
    },
    popups,
    screen,
    events,
    focused,
    changes,
    begin,
    call,
    async fails(method, params) {
      try {
        await call(method, params)
      } catch (error) {
        if (error instanceof ImError) return error
        throw error
      }
      throw new Error(`${method} did not fail`)
    },
    register: (nick) => call('account.register', { password: PASSWORD, nick }),
    login: (uin) => call('account.login', { password: PASSWORD, uin }),
    async from(desktop) {
      await running.daemon.handle(
        'hello',
        { version: '0.0.0', zone: 'Europe/Berlin', person: true, desktop },
        session(),
      )
    },
    secrets: secret,
    rewrite(relaySays) {
      rewritten = relaySays
    },
    fillDisk(yes) {
      full = yes
      world.host.clock.advance(10_000)
    },
    lockKeychain(yes) {
      locked = yes
    },
    deaf(yes) {
      for (const channel of answers) {
        if (yes) channel.pause()
        else channel.resume()
      }
    },
    async offline() {
      reachable = false
      for (const channel of [...channels]) channel.cut()
      await world.pass(1_000)
    },
    async online() {
      reachable = true
      await world.pass(31_000)
    },
    async restart(offMs = 0) {
      caller.abort()
      caller = new AbortController()
      disk.crash()
      for (const channel of [...channels]) channel.cut()
      await running.daemon.close().catch(() => {})
      if (offMs > 0) await world.pass(offMs)
      running = await start()
    },
    async close() {
      caller.abort()
      await running.daemon.close()
      await running.store.close()
    },
  }
}
