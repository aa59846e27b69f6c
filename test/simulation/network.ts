import type { Channel } from '../../src/rpc/peer.ts'
import type { Dice } from './dice.ts'
import type { Time } from './time.ts'
import type { Trace } from './trace.ts'

/** A machine as the network sees it. */
export interface Host {
  readonly name: string
  readonly asleep: boolean
  /** Nothing passes between it and the relay, and nobody is told. */
  cutOff: boolean
}

type Parcel = { readyAt: number; text: string } | { readyAt: number; close: { code: number; reason: string } }

/** Requests that mean the same when they are made twice, as after an answer was lost. */
const REPEATABLE = /"method":"(backup|message|mark)\./
const REPEATED_AFTER_MOST_MS = 5_000

/** The relay's own ping finds a link dead after two misses of 30 s. */
const DEAD_AFTER_MS = { least: 60_000, most: 90_000 }

/**
 * Links between devices and the relay. A link keeps its order; links do not wait for each other. What is sent while a
 * machine sleeps or is cut off arrives later, as TCP has it, unless one end has given up the link meanwhile.
 */
export class Network {
  readonly #time: Time
  readonly #dice: Dice
  readonly #trace: Trace
  readonly #links = new Set<Link>()
  /** The longest a frame takes to arrive. */
  mostDelayMs = 0

  constructor(time: Time, dice: Dice, trace: Trace) {
    this.#time = time
    this.#dice = dice
    this.#trace = trace
  }

  /** The two ends of a new link: the device's, the relay's. */
  connect(device: Host, relay: Host): { device: End; relay: End } {
    const delay = () => (this.mostDelayMs === 0 ? 0 : this.#delayMs())
    const link = new Link(device, relay, this.#time, this.#trace, delay, () => this.#links.delete(link))
    link.onSent = (end, text) => this.#sometimesAgain(link, end, text)
    this.#links.add(link)
    if (link.blocked) this.#watchBlocked(link)
    return { device: link.left, relay: link.right }
  }

  /** A request comes once more, behind others that were made after it. */
  #sometimesAgain(link: Link, end: End, text: string): void {
    if (this.mostDelayMs === 0 || end !== link.left || !REPEATABLE.test(text) || !this.#dice.chance(4)) return
    this.#time.after(this.#dice.int(0, REPEATED_AFTER_MOST_MS), () => {
      if (link.lost || link.blocked) return
      this.#trace.note(`${link.right.name} again`, text)
      link.right.take(text)
    })
  }

  #delayMs(): number {
    return this.#dice.chance(5) ? this.#dice.int(0, this.mostDelayMs * 20) : this.#dice.int(0, this.mostDelayMs)
  }

  linksOf(host: Host): Link[] {
    return [...this.#links].filter((link) => link.device === host || link.relay === host)
  }

  /** The link is lost with what is under way; each end learns of it in its own time. */
  cut(link: Link): void {
    link.lose(this.#dice.int(0, 50), this.#dice.int(0, 3_000))
  }

  /** A process died: its ends are gone, the other ends are told by its system. */
  died(host: Host): void {
    for (const link of this.linksOf(host))
      link.lose(host === link.device ? null : this.#delayMs(), host === link.relay ? null : this.#delayMs())
  }

  /** Something may have become blocked or free. */
  changed(): void {
    for (const link of [...this.#links]) {
      if (link.blocked) this.#watchBlocked(link)
      else link.pump()
    }
  }

  #watchBlocked(link: Link): void {
    const block = link.block()
    if (block === null) return
    this.#time.after(this.#dice.int(DEAD_AFTER_MS.least, DEAD_AFTER_MS.most), () => {
      if (link.isStill(block) && !link.relay.asleep) link.right.finish(1006, 'no sign of life')
    })
  }
}

export class Link {
  readonly device: Host
  readonly relay: Host
  readonly left: End
  readonly right: End
  readonly #time: Time
  readonly #trace: Trace
  readonly #delayMs: () => number
  readonly #forget: () => void
  /** Told of each frame that one end sends. */
  onSent: (from: End, text: string) => void = () => {}
  #lost = false
  #block: object | null = null

  constructor(device: Host, relay: Host, time: Time, trace: Trace, delayMs: () => number, forget: () => void) {
    this.device = device
    this.relay = relay
    this.#time = time
    this.#trace = trace
    this.#delayMs = delayMs
    this.#forget = forget
    this.left = new End(this, `${device.name}<`)
    this.right = new End(this, `${device.name}>`)
  }

  get lost(): boolean {
    return this.#lost
  }

  get blocked(): boolean {
    return this.device.cutOff || this.device.asleep || this.relay.asleep
  }

  /** A mark of this time of being blocked; null when it has one already. */
  block(): object | null {
    if (this.#block !== null) return null
    this.#block = {}
    return this.#block
  }

  isStill(block: object): boolean {
    return this.#block === block && !this.#lost
  }

  carry(from: End, parcel: { text: string } | { close: { code: number; reason: string } }): void {
    if (this.#lost) return
    const to = from === this.left ? this.right : this.left
    const readyAt = Math.max(to.queue.at(-1)?.readyAt ?? 0, this.#time.now + this.#delayMs())
    to.queue.push({ readyAt, ...parcel })
    this.#time.after(readyAt - this.#time.now, () => this.#deliver(to))
  }

  /** Hands over what waits and may arrive: one parcel a happening. */
  pump(): void {
    this.#block = null
    for (const end of [this.left, this.right]) for (const _ of end.queue) this.#time.after(0, () => this.#deliver(end))
  }

  #deliver(to: End): void {
    const first = to.queue[0]
    if (first === undefined || first.readyAt > this.#time.now || this.blocked || !to.ready) return
    to.queue.shift()
    if ('close' in first) {
      this.#trace.note(`${to.name} closed`, first.close.reason)
      to.finish(first.close.code, first.close.reason, false)
      this.#forget()
    } else {
      this.#trace.note(to.name, first.text)
      to.take(first.text)
    }
  }

  /** Each end learns of it after its time; null: never, since it is dead. */
  lose(leftMs: number | null, rightMs: number | null): void {
    if (this.#lost) return
    this.#lost = true
    this.#forget()
    for (const end of [this.left, this.right]) end.queue.length = 0
    this.#tell(this.left, this.device, leftMs)
    this.#tell(this.right, this.relay, rightMs)
  }

  /** Whoever sleeps or is cut off is told later, or finds out. */
  #tell(end: End, host: Host, ms: number | null): void {
    if (ms === null) {
      end.die()
      return
    }
    this.#time.after(ms, () => {
      if (host.asleep || host.cutOff) this.#tell(end, host, 1_000)
      else end.finish(1006, 'lost', false)
    })
  }
}

/** One end of a link. */
export class End implements Channel {
  readonly name: string
  readonly queue: Parcel[] = []
  readonly closed: Promise<{ code: number; reason: string }>
  readonly #link: Link
  #over = false
  #dead = false
  #deliver: ((frame: string) => void) | null = null
  #onClosed: (how: { code: number; reason: string }) => void = () => {}

  constructor(link: Link, name: string) {
    this.#link = link
    this.name = name
    this.closed = new Promise((resolve) => {
      this.#onClosed = resolve
    })
  }

  get ready(): boolean {
    return this.#over || this.#deliver !== null
  }

  readonly bufferedBytes = 0

  send(text: string): void {
    if (this.#over || this.#dead) return
    this.#link.carry(this, { text })
    this.#link.onSent(this, text)
  }

  start(onFrame: (frame: string) => void): void {
    this.#deliver = onFrame
    if (!this.#link.blocked) this.#link.pump()
  }

  close(code = 1000, reason = ''): void {
    this.finish(code, reason)
  }

  take(text: string): void {
    if (!this.#over && !this.#dead) this.#deliver?.(text)
  }

  /** `tell`: the other end is told, when that can reach it. */
  finish(code: number, reason: string, tell = true): void {
    if (this.#over || this.#dead) return
    this.#over = true
    if (tell) this.#link.carry(this, { close: { code, reason } })
    this.#onClosed({ code, reason })
  }

  /** Its process is dead: nothing is done for it any more. */
  die(): void {
    this.#dead = true
  }
}
