/** Limits of time as abort signals. */
import { setMaxListeners } from 'node:events'
import { ImError } from '../../protocol/errors.ts'
import type { Io } from '../io.ts'

export interface TimeLimit {
  signal: AbortSignal
  cancel: () => void
}

interface Ends {
  /** What the end of the time is told with. Default: TIMEOUT. */
  error?: () => ImError
  /** What ends it before. Default: the user interrupts. */
  stop?: AbortSignal
}

/** Aborts with `stop`, or when the time is over; null: it never is. */
export function timeLimit(io: Io, ms: number | null, { error, stop = io.interrupted() }: Ends = {}): TimeLimit {
  if (ms === null) return { signal: stop, cancel: () => {} }
  // AbortSignal.any would do the same; its first use costs every verb 0.3 ms (measured).
  const limit = new AbortController()
  const onStop = (): void => limit.abort(stop.reason)
  if (stop.aborted) onStop()
  else stop.addEventListener('abort', onStop, { once: true })
  const stopTimer = io.timers.after(ms, () => limit.abort(error?.() ?? new ImError('TIMEOUT')))
  return {
    signal: limit.signal,
    cancel: () => {
      stopTimer()
      stop.removeEventListener('abort', onStop)
    },
  }
}

/** How the promise ends, unless the signal aborts before. */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const onAbort = (): void => reject(signal.reason)
    setMaxListeners(0, signal)
    signal.addEventListener('abort', onAbort, { once: true })
    const ended = (): void => signal.removeEventListener('abort', onAbort)
    promise.then(resolve, reject).finally(ended)
  })
}

/** Resolves after the time, or rejects with the signal's reason. */
export function pause(io: Io, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const onAbort = (): void => {
      cancel()
      reject(signal.reason)
    }
    const cancel = io.timers.after(ms, () => {
      signal.removeEventListener('abort', onAbort)
      resolve()
    })
    signal.addEventListener('abort', onAbort, { once: true })
  })
}

/**
 * On the monotonic clock: when the time is over, for all that one verb waits for; null: never. A verb's first look at that
 * clock loads what Node has for it, 3 ms (measured): whoever does not wait has no use for it.
 */
export function endOf({ io, timeoutMs }: { io: Io; timeoutMs: number | null }): number | null {
  return timeoutMs === null ? null : io.clock.monotonic() + timeoutMs
}
