import type { Channel } from '../../rpc/peer.ts'
import type { Meter } from '../meter.ts'

/** What a connection may send before it has proved a device. Registering takes 10 KiB and four frames. */
const MOST_EARLY_BYTES = 64 * 1024
const MOST_EARLY_FRAMES = 64
/** Whoever reads so slowly is cut off: what was meant for it stands in the log. */
const MOST_BUFFERED_BYTES = 1024 * 1024

/** A connection that can cost the relay only so much. A class, since a relay has many of these. */
export class GuardedChannel implements Channel {
  readonly #channel: Channel
  readonly #hasProved: () => boolean
  readonly #meter: Meter | null
  #earlyBytes = 0
  #earlyFrames = 0
  #isCut = false
  #waitedMs = 0
  #closedWith: number | null = null

  constructor(channel: Channel, hasProved: () => boolean, meter: Meter | null = null) {
    this.#channel = channel
    this.#meter = meter
    this.#hasProved = hasProved
  }

  /** What we closed it with; whoever does not read never confirms that. Null: we have not. */
  get closedWith(): number | null {
    return this.#closedWith
  }

  /** How long the frame that is being taken had waited for its turn. */
  get waitedMs(): number {
    return this.#waitedMs
  }

  get bufferedBytes(): number {
    return this.#channel.bufferedBytes
  }

  get closed(): Channel['closed'] {
    return this.#channel.closed
  }

  start(onFrame: (frame: string) => void): void {
    this.#channel.start((frame, waitedMs = 0) => {
      if (this.#isCut) return
      this.#waitedMs = waitedMs
      this.#meter?.frame('in')
      if (!this.#hasProved() && this.#isTooMuch(frame)) this.#cut(1008, 'too much before a login')
      else onFrame(frame)
    })
  }

  send(frame: string): void {
    if (this.#isCut) return
    this.#meter?.frame('out')
    this.#channel.send(frame)
    if (this.#channel.bufferedBytes > MOST_BUFFERED_BYTES) this.#cut(1013, 'reads too slowly')
  }

  close(code?: number, reason?: string): void {
    this.#closedWith ??= code ?? null
    this.#channel.close(code, reason)
  }

  #isTooMuch(frame: string): boolean {
    this.#earlyFrames++
    this.#earlyBytes += Buffer.byteLength(frame)
    return this.#earlyFrames > MOST_EARLY_FRAMES || this.#earlyBytes > MOST_EARLY_BYTES
  }

  #cut(code: number, reason: string): void {
    this.#isCut = true
    this.close(code, reason)
  }
}
