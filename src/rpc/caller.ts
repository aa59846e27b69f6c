import { setMaxListeners } from 'node:events'
import { type Answer, type AnswerError, requestFrame } from './message.ts'
import { type CallOptions, CallTimeout, type ErrorPayload, type LinkLost, type PeerOptions } from './peer.ts'

/** A call without an answer yet. Whichever comes first ends it; what comes later finds nothing. */
interface Pending {
  settle: (answer: Answer) => void
  fail: (cause: unknown) => void
  letGo: () => void
}

/** This end's calls: ids count up from 1, so that they stay small. A class, since a relay has many of these. */
export class Caller {
  readonly #send: (frame: string) => void
  readonly #options: PeerOptions
  #pending: Map<number, Pending> | null = null
  #lastId = 0
  /** Why the link is of no more use. */
  #lost: LinkLost | null = null

  constructor(send: (frame: string) => void, options: PeerOptions) {
    this.#send = send
    this.#options = options
  }

  async call(method: string, params: unknown, { signal, timeoutMs }: CallOptions = {}): Promise<unknown> {
    signal?.throwIfAborted()
    if (this.#lost !== null) throw this.#lost
    const id = ++this.#lastId
    const frame = requestFrame(id, method, params)
    const fail = (cause: unknown): void => this.#take(id)?.fail(cause)
    const onAbort = (): void => fail(signal?.reason)
    const stopTimer =
      timeoutMs === undefined
        ? undefined
        : this.#options.timers.after(timeoutMs, () => fail(new CallTimeout(method, timeoutMs)))
    if (signal !== undefined) listenForAbort(signal, onAbort)
    const letGo = (): void => {
      stopTimer?.()
      signal?.removeEventListener('abort', onAbort)
    }
    const answered = new Promise<Answer>((settle, fail) => {
      this.#pending ??= new Map()
      this.#pending.set(id, { settle, fail, letGo })
    })
    this.#send(frame)
    const { result, error } = await answered
    if (error !== undefined) throw this.#options.reviveError(payloadOf(error))
    return result
  }

  notify(method: string, params: unknown): void {
    this.#send(requestFrame(null, method, params))
  }

  /** Takes an answer; one that nobody waits for is dropped. */
  settle(answer: Answer): void {
    if (typeof answer.id === 'number') this.#take(answer.id)?.settle(answer)
  }

  /** The link has gone: no answer comes any more. */
  lose(cause: LinkLost): void {
    this.#lost = cause
    for (const id of this.#pending?.keys() ?? []) this.#take(id)?.fail(cause)
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending?.get(id)
    this.#pending?.delete(id)
    pending?.letGo()
    return pending
  }
}

/** Many calls may share a signal, and each lets go of it, so Node need not warn of a leak. */
function listenForAbort(signal: AbortSignal, onAbort: () => void): void {
  setMaxListeners(0, signal)
  signal.addEventListener('abort', onAbort, { once: true })
}

/** The payload of a failed call; other programs than ours may send none. */
function payloadOf({ code, message, data }: AnswerError): ErrorPayload {
  const ours =
    typeof data === 'object' &&
    data !== null &&
    typeof (data as ErrorPayload).code === 'string' &&
    typeof (data as ErrorPayload).message === 'string'
  return ours ? (data as ErrorPayload) : { code: String(code), message }
}
