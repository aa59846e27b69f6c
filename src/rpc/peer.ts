/** JSON-RPC 2.0 between two equal ends over any channel that carries whole text frames. Knows nothing of im. */

/** A connected, ordered, reliable carrier of text frames. `close` is idempotent; the other side is told its code. */
export interface Channel {
  /** What is sent after a close is dropped. */
  send(frame: string): void
  /** Bytes handed to `send` that the other side's network has not taken yet. */
  readonly bufferedBytes: number
  /**
   * Called by the peer once; frames that came before are delivered then. `waitedMs`: how long this channel waited for its
   * turn, where it shares them with others.
   */
  start(onFrame: (frame: string, waitedMs?: number) => void): void
  close(code?: number, reason?: string): void
  /** Resolves once, when no more frames can pass either way. */
  readonly closed: Promise<{ code: number; reason: string }>
}

/** What travels as the `data` of a JSON-RPC error. */
export type ErrorPayload = { code: string; message: string }

export interface CallOptions {
  signal?: AbortSignal
  timeoutMs?: number
}

export interface Peer {
  /** Rejects with what `reviveError` made of the answer, or with {@link LinkLost} when the channel went. */
  call(method: string, params: unknown, options?: CallOptions): Promise<unknown>
  notify(method: string, params: unknown): void
  /** Resolves when less than `highWaterBytes` are waiting to go out; rejects with LinkLost when the channel went. */
  drained(highWaterBytes: number): Promise<void>
  readonly bufferedBytes: number
  close(code?: number, reason?: string): void
  readonly closed: Promise<{ code: number; reason: string }>
}

export interface PeerOptions {
  /** Answers a call, or takes a notification (whose result is dropped). Throwing answers with the error. */
  handle: (method: string, params: unknown) => Promise<unknown> | unknown
  /** An error as it may cross the link. */
  errorPayload: (error: unknown) => ErrorPayload
  /** The error a caller gets for a payload from the other side. */
  reviveError: (payload: ErrorPayload) => Error
  /** Called with the cause when a frame is not JSON-RPC: the peer then closes the channel with 1007. */
  onBadFrame?: (cause: string) => void
  /** Requests of the other side being answered at once; more are answered with `busy`. Default 256. */
  maxInFlight?: number
  /** The error payload for requests beyond `maxInFlight`. */
  busy?: ErrorPayload
  timers: { after(ms: number, run: () => void): () => void }
}

/** The channel went away before the answer came; whether the call was carried out is not known. */
export class LinkLost extends Error {
  constructor(reason: string) {
    super(reason)
    this.name = 'LinkLost'
  }
}

/** No answer within `timeoutMs`; the call may still be carried out. */
export class CallTimeout extends Error {
  constructor(method: string, timeoutMs: number) {
    super(`${method}: no answer within ${timeoutMs} ms`)
    this.name = 'CallTimeout'
  }
}
