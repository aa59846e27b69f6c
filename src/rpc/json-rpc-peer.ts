import { Answerer } from './answerer.ts'
import { Caller } from './caller.ts'
import { readFrame } from './frame-check.ts'
import { type CallOptions, type Channel, LinkLost, type Peer, type PeerOptions } from './peer.ts'

const LONGEST_DRAIN_WAIT_MS = 256

/**
 * A peer over a channel. Requests start in the order they came and may overlap. Notifications are not counted against
 * `maxInFlight`: nothing can tell their sender to wait.
 */
export function createPeer(channel: Channel, options: PeerOptions): Peer {
  return new JsonRpcPeer(channel, options)
}

/** A class, since a relay has many of these: methods and getters are made once and not for each. */
class JsonRpcPeer implements Peer {
  readonly #channel: Channel
  readonly #options: PeerOptions
  readonly #caller: Caller
  readonly #answerer: Answerer
  /** Who waits for the buffer to drain; made for the first one, since most peers never have one. */
  #whenLost: Set<(cause: LinkLost) => void> | null = null
  /** Set once the link is of no more use; everything after that is dropped. */
  #lost: LinkLost | null = null

  constructor(channel: Channel, options: PeerOptions) {
    this.#channel = channel
    this.#options = options
    const send = (frame: string): void => {
      if (this.#lost === null) channel.send(frame)
    }
    this.#caller = new Caller(send, options)
    this.#answerer = new Answerer(send, () => this.close(1011, 'an error that cannot be told'), options)
    channel.closed.then(({ code, reason }) => this.#lose(reason === '' ? `closed with ${code}` : reason))
    channel.start((text) => this.#receive(text))
  }

  get closed(): Channel['closed'] {
    return this.#channel.closed
  }

  get bufferedBytes(): number {
    return this.#channel.bufferedBytes
  }

  call(method: string, params: unknown, options?: CallOptions): Promise<unknown> {
    return this.#caller.call(method, params, options)
  }

  notify(method: string, params: unknown): void {
    this.#caller.notify(method, params)
  }

  drained(highWaterBytes: number): Promise<void> {
    if (this.#lost !== null) return Promise.reject(this.#lost)
    this.#whenLost ??= new Set()
    return drained(this.#channel, highWaterBytes, this.#options.timers, this.#whenLost)
  }

  close(code = 1000, reason = ''): void {
    this.#lose(reason === '' ? `closed here with ${code}` : reason)
    this.#channel.close(code, reason)
  }

  #receive(text: string): void {
    if (this.#lost !== null) return
    const frame = readFrame(text)
    switch (frame.kind) {
      case 'request':
        this.#answerer.take(frame.message)
        break
      case 'answer':
        this.#caller.settle(frame.message)
        break
      case 'bad':
        this.#options.onBadFrame?.(frame.cause)
        this.close(1007, `bad frame: ${frame.cause}`)
        break
      default:
        frame satisfies never
    }
  }

  #lose(reason: string): void {
    if (this.#lost !== null) return
    this.#lost = new LinkLost(reason)
    this.#caller.lose(this.#lost)
    for (const tell of this.#whenLost ?? []) tell(this.#lost)
    this.#whenLost = null
  }
}

/**
 * No transport tells when its buffer falls below a mark, so this looks again and again, each wait twice the last: it
 * notices within the time it has waited already, and within 256 ms.
 */
function drained(
  channel: Channel,
  highWaterBytes: number,
  timers: PeerOptions['timers'],
  whenLost: Set<(cause: LinkLost) => void>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let stopTimer = (): void => {}
    const onLost = (cause: LinkLost): void => {
      stopTimer()
      reject(cause)
    }
    const look = (nextWaitMs: number): void => {
      if (channel.bufferedBytes < highWaterBytes) {
        whenLost.delete(onLost)
        resolve()
        return
      }
      stopTimer = timers.after(nextWaitMs, () => look(Math.min(nextWaitMs * 2, LONGEST_DRAIN_WAIT_MS)))
    }
    whenLost.add(onLost)
    look(1)
  })
}
