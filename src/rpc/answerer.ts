import { errorFrame, type MessageId, type Request, resultFrame } from './message.ts'
import type { ErrorPayload, PeerOptions } from './peer.ts'

const DEFAULT_MAX_IN_FLIGHT = 256
const DEFAULT_BUSY: ErrorPayload = { code: 'BUSY', message: 'Too many requests at once.' }

/** Answers the other end's calls and takes its notifications. A class, since a relay has many of these. */
export class Answerer {
  readonly #send: (frame: string) => void
  /** An error could not even be told. */
  readonly #giveUp: () => void
  readonly #options: PeerOptions
  #inFlight = 0

  constructor(send: (frame: string) => void, giveUp: () => void, options: PeerOptions) {
    this.#send = send
    this.#giveUp = giveUp
    this.#options = options
  }

  take({ id, method, params }: Request): void {
    const { handle, maxInFlight = DEFAULT_MAX_IN_FLIGHT, busy = DEFAULT_BUSY } = this.#options
    if (id === undefined) {
      // It has no answer; what its handler throws is the handler's to log.
      void ignoreFailure(handle, method, params)
    } else if (this.#inFlight >= maxInFlight) {
      this.#send(errorFrame(id, busy))
    } else {
      this.#inFlight++
      void this.#answer(id, begin(handle, method, params))
    }
  }

  /** Holds nothing of the request while it waits for its result. */
  async #answer(id: MessageId, result: unknown): Promise<void> {
    let frame: string
    try {
      frame = resultFrame(id, await result)
    } catch (error) {
      const told = this.#errorFrame(id, error)
      if (told === null) return this.#giveUp()
      frame = told
    }
    this.#inFlight--
    this.#send(frame)
  }

  #errorFrame(id: MessageId, error: unknown): string | null {
    try {
      return errorFrame(id, this.#options.errorPayload(error))
    } catch {
      return null
    }
  }
}

function begin(handle: PeerOptions['handle'], method: string, params: unknown): unknown {
  try {
    return handle(method, params)
  } catch (error) {
    return Promise.reject(error)
  }
}

async function ignoreFailure(handle: PeerOptions['handle'], method: string, params: unknown): Promise<void> {
  try {
    await handle(method, params)
  } catch {}
}
