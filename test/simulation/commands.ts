import { ImError } from '../../src/protocol/errors.ts'
import type { LocalMethod, LocalParams, LocalResults } from '../../src/protocol/local-api.ts'
import { holdUnsure } from '../../src/relay/durability/hold-unsure.ts'
import type { Book } from './book.ts'
import type { Image } from './machine.ts'
import { type Circle, drawPlan, drawSpan } from './plans.ts'
import { rotateKeys } from './rotate-keys.ts'
import type { Account, Device, World } from './world.ts'

/** How often people do what, and what happens to their machines meanwhile. */
const WEIGHTS = {
  add: 26,
  edit: 8,
  cancel: 9,
  undo: 3,
  send: 4,
  dismiss: 3,
  snooze: 3,
  pause: 3,
  resume: 3,
  skip: 2,
  quiet: 3,
  friendship: 4,
  verify: 1,
  newKeys: 1,
  snapshot: 3,
  restore: 3,
  message: 12,
  again: 4,
  read: 4,
  status: 4,
  deviceDies: 6,
  relayDies: 5,
  cutOff: 5,
  linkLost: 4,
  clockSet: 3,
  sleep: 3,
  everybodySleeps: 3,
  diskFull: 2,
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** Keyed calls that somebody may make again, from the same terminal or another. */
type Repeatable = { account: Account } & (
  | { method: 'backup.add'; params: LocalParams<'backup.add'> }
  | { method: 'message.send'; params: LocalParams<'message.send'> }
)

/** Draws what happens next in a world and lets it happen. */
export class Commands {
  readonly #world: World
  readonly #book: Book
  readonly #repeatable: Repeatable[] = []
  #snapshot: Image | null = null
  /** Off while everything is to heal. */
  #over = false

  constructor(world: World, book: Book) {
    this.#world = world
    this.#book = book
  }

  next(): void {
    const { dice } = this.#world.ground
    const command = dice.weighed(WEIGHTS)
    this[command]()
  }

  /** What was to end later ends now. */
  heal(): void {
    this.#over = true
    for (const machine of this.#world.machines) {
      machine.wake()
      machine.cutOff = false
      machine.full = false
    }
    this.#world.ground.network.changed()
    for (const machine of this.#world.machines) if (machine.program === null) this.#boot(machine)
  }

  #person(): Device | undefined {
    const up = this.#world.devices.filter(({ machine }) => machine.program !== null && !machine.asleep)
    return up.length === 0 ? undefined : this.#world.ground.dice.pick(up)
  }

  #atTerminal(account: Account): Device | undefined {
    const up = account.devices.filter(({ machine }) => machine.program !== null && !machine.asleep)
    return up.length === 0 ? undefined : this.#world.ground.dice.pick(up)
  }

  #accountOf(uin: string): Account {
    const found = this.#world.accounts.find((account) => account.uin === uin)
    if (found === undefined) throw new RangeError(`no account ${uin}`)
    return found
  }

  /** Asks, and goes on: what the daemon says comes when it comes. */
  #ask<M extends LocalMethod>(
    device: Device,
    method: M,
    params: LocalParams<M>,
    told: (view: LocalResults[M]) => void,
    refused: (error: ImError) => void = () => {},
  ): void {
    device.call(method, params).then(told, (error: unknown) => {
      if (!(error instanceof ImError) || error.code === 'INTERNAL') {
        this.#book.faults.push(`${method} failed with ${String(error)}`)
        return
      }
      const key = `${method} ${error.code}`
      this.#book.refusals.set(key, (this.#book.refusals.get(key) ?? 0) + 1)
      refused(error)
    })
  }

  #recipient(of: Account): string {
    const { dice } = this.#world.ground
    const others = this.#world.accounts.filter((account) => account !== of)
    return dice.chance(15) || others.length === 0 ? of.uin : dice.pick(others).uin
  }

  #circle({ account, machine }: Device, to: string): Circle {
    const others = this.#world.accounts.filter((other) => other !== account).map(({ uin }) => uin)
    return { owner: account.uin, to, others, wall: machine.wall }
  }

  protected add(): void {
    const device = this.#person()
    if (device === undefined) return
    const { dice } = this.#world.ground
    const { account } = device
    const to = this.#recipient(account)
    const params: LocalParams<'backup.add'> = {
      to: to === account.uin ? 'me' : to,
      text: this.#book.nextText('backup'),
      ...drawPlan(dice, this.#circle(device, to)),
      dryRun: false,
    }
    if (dice.chance(25)) {
      params.key = `key ${dice.int(0, 1e9)}`
      this.#repeatable.push({ account, method: 'backup.add', params })
    }
    this.#add(device, params, to)
  }

  #add(device: Device, params: LocalParams<'backup.add'>, to: string): void {
    const { dice, time } = this.#world.ground
    const asked = time.now
    this.#ask(device, 'backup.add', params, ({ id }) => {
      if (id === null) return
      this.#book.adds.push({ owner: device.account, id, to })
      const seconds = /^(\d+)s$/.exec(params.when.in ?? '')?.[1]
      if (seconds === undefined || dice.chance(40)) return
      const moment = asked + Number(seconds) * 1000 - time.now
      for (let n = dice.int(1, 2); n > 0; n--) {
        time.after(Math.max(0, moment + dice.int(-60, 120)), () => this.#contend(device.account, id))
      }
    })
  }

  /** Somebody wants something else with a backup just as its moment comes. */
  #contend(account: Account, id: string): void {
    const { dice } = this.#world.ground
    const device = this.#atTerminal(account)
    if (this.#over || device === undefined) return
    const what = dice.weighed({ cancel: 50, edit: 25, send: 15, undo: 10 })
    this[what]({ device, id })
  }

  /** Somebody of an account and a backup of theirs that was acknowledged. */
  #backup(): { device: Device; id: string } | null {
    const device = this.#person()
    if (device === undefined) return null
    const own = this.#book.adds.filter(({ owner }) => owner === device.account)
    return own.length === 0 ? null : { device, id: this.#world.ground.dice.pick(own.slice(-6)).id }
  }

  protected edit(chosen = this.#backup()): void {
    if (chosen === null) return
    const { dice } = this.#world.ground
    const { device, id } = chosen
    const text = this.#book.nextText('edited')
    const params: LocalParams<'backup.edit'> = { id }
    if (dice.chance(70)) params.text = text
    else params.when = { in: `${dice.int(1, 60)}s` }
    if (dice.chance(15)) params.clear = [dice.pick(['between', 'days', 'else', 'expires', 'unless', 'late'] as const)]
    this.#ask(device, 'backup.edit', params, ({ pending, state }) => {
      // What was cancelled meanwhile, before the relay had it, never gets there.
      const isThere = pending === null && state !== 'cancelled'
      if (params.text !== undefined && isThere) this.#book.edits.push({ owner: device.account, id, text })
    })
  }

  protected cancel(chosen = this.#backup()): void {
    if (chosen === null) return
    const { device, id } = chosen
    const told = { owner: device.account, id }
    this.#book.askedToCancel.add(id)
    this.#ask(
      device,
      'backup.cancel',
      { ids: [id] },
      ([view]) => {
        if (view?.state === 'cancelled' && view.pending === null) this.#book.cancels.push(told)
      },
      ({ code }) => {
        if (code === 'ALREADY_SENT') this.#book.tooLate.push(told)
      },
    )
  }

  protected undo(chosen = this.#backup()): void {
    if (chosen === null) return
    this.#book.undone.add(chosen.id)
    this.#ask(chosen.device, 'backup.undo', { id: chosen.id }, () => {})
  }

  protected send(chosen = this.#backup()): void {
    if (chosen === null) return
    const { device, id } = chosen
    this.#ask(device, 'backup.send', { id }, ({ state, pending }) => {
      if (state === 'sent' && pending === null) this.#book.sends.push({ owner: device.account, id })
    })
  }

  protected dismiss(chosen = this.#backup()): void {
    if (chosen !== null) this.#ask(chosen.device, 'backup.dismiss', { id: chosen.id }, () => {})
  }

  protected snooze(chosen = this.#backup()): void {
    if (chosen === null) return
    const until = `${this.#world.ground.dice.int(1, 90)}s`
    this.#ask(chosen.device, 'backup.snooze', { id: chosen.id, until }, () => {})
  }

  protected pause(chosen = this.#backup()): void {
    if (chosen === null) return
    const { dice } = this.#world.ground
    const until = dice.chance(60) ? { until: `${dice.int(1, 90)}s` } : {}
    this.#ask(chosen.device, 'backup.pause', { id: chosen.id, ...until }, () => {})
  }

  protected resume(chosen = this.#backup()): void {
    if (chosen !== null) this.#ask(chosen.device, 'backup.resume', { id: chosen.id }, () => {})
  }

  protected skip(chosen = this.#backup()): void {
    if (chosen === null) return
    this.#ask(chosen.device, 'backup.skip', { id: chosen.id, count: this.#world.ground.dice.int(1, 2) }, () => {})
  }

  /** Hours in which nothing is sent by itself: one's own, or those for a friend. */
  protected quiet(): void {
    const device = this.#person()
    if (device === undefined) return
    const { dice } = this.#world.ground
    const span = dice.chance(60) ? drawSpan(dice, device.machine.wall) : null
    const who = this.#recipient(device.account)
    if (who === device.account.uin || dice.chance(50)) this.#ask(device, 'quiet.set', { span }, () => {})
    else this.#ask(device, 'friend.quiet', { who, span }, () => {})
  }

  protected message(): void {
    const device = this.#person()
    if (device === undefined) return
    const { dice } = this.#world.ground
    const { account } = device
    const to = this.#recipient(account)
    const text = this.#book.nextText('message')
    const params: LocalParams<'message.send'> = { to: to === account.uin ? 'me' : to, text }
    if (dice.chance(25)) {
      params.key = `key ${dice.int(0, 1e9)}`
      this.#repeatable.push({ account, method: 'message.send', params })
    }
    const sent = { device, to, text, keyed: params.key !== undefined, taken: false }
    this.#book.messages.push(sent)
    this.#ask(device, 'message.send', params, () => {
      sent.taken = true
    })
  }

  /** A friendship ends, or one that has ended begins again. */
  protected friendship(): void {
    const device = this.#person()
    if (device === undefined) return
    const { dice, time } = this.#world.ground
    const who = this.#recipient(device.account)
    if (who === device.account.uin) return
    const methods = {
      'friend.remove': 35,
      'friend.block': 15,
      'friend.unblock': 20,
      'friend.add': 20,
      'friend.accept': 10,
    }
    const method = dice.weighed(methods)
    this.#ask(device, method, { who }, () => {})
    if (method !== 'friend.remove' && method !== 'friend.block') return
    if (dice.chance(60)) time.after(dice.int(1_000, 20_000), () => this.#makeUp(device, who))
  }

  #makeUp({ account }: Device, who: string): void {
    const [one, other] = [account, this.#accountOf(who)].map((side) => this.#atTerminal(side))
    if (this.#over || one === undefined || other === undefined) return
    this.#ask(one, 'friend.unblock', { who }, () => this.#ask(one, 'friend.add', { who }, () => {}))
    this.#ask(other, 'friend.add', { who: account.uin }, () => {})
  }

  /** The number was compared, and is theirs. */
  protected verify(device = this.#person(), who?: string): void {
    if (device === undefined) return
    const friend = who ?? this.#recipient(device.account)
    if (friend === device.account.uin) return
    this.#ask(device, 'friend.show', { who: friend }, ({ safetyNumber }) => {
      if (safetyNumber == null || device.machine.program === null) return
      this.#ask(device, 'friend.verify', { who: friend, safetyNumber }, () => {})
    })
  }

  /** An account has other keys, as after a rotation on all its terminals at once; its friends find out. */
  protected newKeys(): void {
    const { dice, time } = this.#world.ground
    const account = dice.pick(this.#world.accounts)
    const { relay } = this.#world
    if (relay.asleep || account.devices.some(({ machine }) => machine.asleep)) return
    for (const { machine } of account.devices) if (machine.program !== null) machine.die('lost')
    // A snapshot of the time before would bring back the old ones.
    this.#snapshot = null
    const rotated = rotateKeys(relay, account, dice.word())
    rotated.then(
      (known) => {
        this.#book.newKeys.push(known)
        for (const machine of [relay, ...account.devices.map((device) => device.machine)]) this.#boot(machine)
      },
      (error: unknown) => this.#book.faults.push(`no new keys: ${String(error)}`),
    )
    time.after(dice.int(1_000, 20_000), () => {
      if (this.#over) return
      for (const other of this.#world.accounts) if (other !== account) this.verify(this.#atTerminal(other), account.uin)
    })
  }

  protected snapshot(): void {
    this.#snapshot = this.#world.relay.image()
  }

  /** The relay begins again with what it had at the time of a snapshot. */
  protected restore(): void {
    const { relay } = this.#world
    if (this.#snapshot === null || relay.asleep) return
    this.#book.restored = true
    const clock = { now: () => relay.wall, monotonic: () => 0 }
    const restored = relay.restored(this.#snapshot, async (store) => {
      await holdUnsure(store, clock)
    })
    restored.then(
      () => this.#boot(relay),
      (error: unknown) => this.#book.faults.push(`not restored: ${String(error)}`),
    )
  }

  /** The same keyed call once more: it must mean the same. */
  protected again(): void {
    const device = this.#person()
    const calls = this.#repeatable.filter(({ account }) => account === device?.account)
    if (device === undefined || calls.length === 0) return
    const call = this.#world.ground.dice.pick(calls)
    if (call.method === 'message.send') this.#ask(device, call.method, call.params, () => {})
    else this.#add(device, call.params, call.params.to === 'me' ? device.account.uin : call.params.to)
  }

  protected read(): void {
    const device = this.#person()
    if (device !== undefined) this.#ask(device, 'message.inbox', { unread: true, markRead: true }, () => {})
  }

  protected status(): void {
    const device = this.#person()
    const status = this.#world.ground.dice.pick(['online', 'away', 'busy', 'invisible', 'online'] as const)
    if (device !== undefined) this.#ask(device, 'status.set', { status }, () => {})
  }

  protected deviceDies(): void {
    this.#dies(this.#world.ground.dice.pick(this.#world.devices).machine)
  }

  protected relayDies(): void {
    this.#dies(this.#world.relay)
  }

  #dies(machine: World['machines'][number]): void {
    if (machine.program === null || machine.asleep) return
    const { dice, time } = this.#world.ground
    machine.die(dice.chance(70) ? 'lost' : 'kept')
    time.after(dice.chance(70) ? dice.int(0, 2_000) : dice.int(0, 40_000), () => {
      if (machine.program === null && !this.#over) this.#boot(machine)
    })
  }

  #boot(machine: World['machines'][number]): void {
    machine.boot().catch((error: unknown) => this.#book.faults.push(`${machine.name} does not start: ${String(error)}`))
  }

  protected cutOff(): void {
    const { dice, time, network } = this.#world.ground
    const { machine } = dice.pick(this.#world.devices)
    machine.cutOff = true
    network.changed()
    time.after(dice.chance(60) ? dice.int(100, 8_000) : dice.int(8_000, 150_000), () => {
      machine.cutOff = false
      network.changed()
    })
  }

  protected linkLost(): void {
    const { dice, network } = this.#world.ground
    const [link] = network.linksOf(dice.pick(this.#world.devices).machine)
    if (link !== undefined) network.cut(link)
  }

  protected clockSet(): void {
    const { dice } = this.#world.ground
    const ms = dice.chance(50) ? dice.int(-24 * HOUR_MS, 24 * HOUR_MS) : dice.int(-90_000, 90_000)
    dice.pick(this.#world.machines).jump(ms)
  }

  protected sleep(): void {
    const { dice, time } = this.#world.ground
    const machine = dice.pick(this.#world.machines)
    if (machine.asleep || machine.program === null) return
    machine.fallAsleep()
    time.after(dice.chance(60) ? dice.int(500, 20_000) : dice.int(20_000, 180_000), () => machine.wake())
  }

  /** Changes are refused there for a while. */
  protected diskFull(): void {
    const { dice, time } = this.#world.ground
    const machine = dice.chance(60) ? this.#world.relay : dice.pick(this.#world.machines)
    machine.full = true
    time.after(dice.int(100, 20_000), () => {
      machine.full = false
    })
  }

  /** A power cut of up to three days that nobody notices at the time. */
  protected everybodySleeps(): void {
    const { dice, network } = this.#world.ground
    const ms = dice.chance(50) ? dice.int(MINUTE_MS, HOUR_MS) : dice.int(HOUR_MS, 72 * HOUR_MS)
    for (const machine of this.#world.machines) machine.jump(ms)
    if (dice.chance(50)) return
    for (const { machine } of this.#world.devices) for (const link of network.linksOf(machine)) network.cut(link)
  }
}
