/** Limits of time as abort signals. */
import { ImError } from '../../protocol/errors.ts'
import type { Io } from '../io.ts'

/** Aborts after the time, with TIMEOUT unless `error` says otherwise. */
export function deadlineAfter(
  io: Io,
  ms: number | null,
  error = () => new ImError('TIMEOUT'),
): { signal: AbortSignal; cancel: () => void } | null {
  if (ms === null) return null
  const controller = new AbortController()
  return { signal: controller.signal, cancel: io.timers.after(ms, () => controller.abort(error())) }
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
