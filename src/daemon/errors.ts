import { DomainError } from '../domain/rule-error.ts'
import { HostError } from '../host/host-error.ts'
import { type ErrorCode, ImError } from '../protocol/errors.ts'
import { CallTimeout, LinkLost } from '../rpc/peer.ts'
import { SealError } from '../sealing/seal-error.ts'
import { StoreError } from '../store/store.ts'

const OF_STORE: Readonly<Record<StoreError['reason'], ErrorCode>> = {
  format: 'STORE_FORMAT',
  damaged: 'STORE_DAMAGED',
  locked: 'IO',
  full: 'DISK_FULL',
  io: 'IO',
}

const OF_HOST: Readonly<Record<HostError['reason'], ErrorCode>> = {
  usage: 'USAGE',
  insecure: 'IO',
  'bad-file': 'BAD_FILE',
  locked: 'KEYCHAIN_LOCKED',
  absent: 'KEYCHAIN_LOCKED',
}

/** What went wrong while reaching a relay. */
export function linkError(error: unknown): ImError {
  if (error instanceof ImError) return error
  return new ImError('RELAY_UNREACHABLE', undefined, { cause: error })
}

/** The one place where the errors of the other rooms become those of the table. */
export function toImError(error: unknown): ImError {
  if (error instanceof ImError) return error
  if (error instanceof StoreError) {
    const hint = error.reason === 'damaged' ? { hint: 'im daemon repair' } : {}
    return new ImError(OF_STORE[error.reason], undefined, { ...hint, cause: error })
  }
  if (error instanceof HostError) return new ImError(OF_HOST[error.reason], error.message, { cause: error })
  if (error instanceof DomainError) {
    const hint = error.hint === null ? {} : { hint: error.hint }
    return new ImError(error.code, error.message, { ...hint, cause: error })
  }
  if (error instanceof SealError) return new ImError('INTERNAL', undefined, { cause: error })
  if (error instanceof LinkLost || error instanceof CallTimeout) return linkError(error)
  return new ImError('INTERNAL', undefined, { cause: error })
}
