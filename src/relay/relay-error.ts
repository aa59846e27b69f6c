import type { Log } from '../host/host.ts'
import { type ErrorCode, ImError } from '../protocol/errors.ts'
import { SealError } from '../sealing/seal-error.ts'
import { StoreError } from '../store/store.ts'

export const STORE_CODES: Readonly<Record<StoreError['reason'], ErrorCode>> = {
  format: 'STORE_FORMAT',
  damaged: 'STORE_DAMAGED',
  locked: 'RELAY_RUNNING',
  full: 'DISK_FULL',
  io: 'IO',
}

/** A failure as a client may see it; the cause, where it is ours to mend, goes to the log. */
export function relayError(cause: unknown, log: Log, method: string): ImError {
  if (cause instanceof ImError) return cause
  if (cause instanceof SealError) return new ImError('USAGE', 'That is no login request.')
  const code = cause instanceof StoreError ? STORE_CODES[cause.reason] : 'INTERNAL'
  log.error('request failed', {
    method,
    code,
    cause: cause instanceof Error ? (cause.stack ?? cause.message) : 'unknown',
  })
  return new ImError(code)
}
