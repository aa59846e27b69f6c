import { visible } from '../../domain/clean-text.ts'
import { DomainError } from '../../domain/rule-error.ts'
import { HostError, type HostErrorReason } from '../../host/host-error.ts'
import { type ErrorCode, ImError } from '../../protocol/errors.ts'
import type { ErrorObject } from '../../protocol/views.ts'
import { CallTimeout } from '../../rpc/peer.ts'
import { jsonLine } from './json.ts'

const HOST_CODES: Record<HostErrorReason, ErrorCode> = {
  usage: 'USAGE',
  insecure: 'IO',
  'bad-file': 'BAD_FILE',
  locked: 'KEYCHAIN_LOCKED',
  absent: 'IO',
}

/** Whatever was thrown, as an error of the table, with something to do about it. */
export async function asImError(error: unknown): Promise<ImError> {
  const known = ofTable(error)
  if (known.hint !== null) return known
  const { ADVICE } = await import('../../protocol/error-advice.ts')
  const retry = known.retryAfterMs === null ? {} : { retryAfterMs: known.retryAfterMs }
  return new ImError(known.code, known.message, {
    hint: ADVICE[known.code].replaceAll('`', ''),
    cause: error,
    ...retry,
  })
}

function ofTable(error: unknown): ImError {
  if (error instanceof ImError) return error
  if (error instanceof HostError) return new ImError(HOST_CODES[error.reason], error.message, { cause: error })
  if (error instanceof DomainError) {
    return new ImError(error.code, error.message, {
      cause: error,
      ...(error.hint === null ? {} : { hint: error.hint }),
    })
  }
  if (error instanceof CallTimeout) return new ImError('TIMEOUT', undefined, { cause: error })
  if (error instanceof Error && 'syscall' in error) return new ImError('IO', error.message, { cause: error })
  return new ImError('INTERNAL', undefined, { cause: error, hint: 'again with --debug shows where' })
}

/** What stderr gets: `im: SENTENCE [CODE]` and the next command, or one JSON object. */
export function errorText(error: ImError, { json, debug }: { json: boolean; debug: boolean }): string {
  if (json) {
    const object: ErrorObject = { v: 1, error: error.toData() }
    return jsonLine(object)
  }
  const sentence = error.message.replace(/[.\s]+$/, '')
  const lines = [`im: ${sentence} [${error.code}]`]
  if (error.hint !== null) lines.push(`    ${error.hint}`)
  if (error.retryAfterMs !== null) lines.push(`    again in ${Math.ceil(error.retryAfterMs / 1000)} s`)
  if (debug) lines.push(...causes(error))
  return `${visible(lines.join('\n'), { lines: true })}\n`
}

function causes(error: Error): string[] {
  const own = error.stack ?? String(error)
  return error.cause === undefined
    ? [own]
    : [own, ...causes(error.cause instanceof Error ? error.cause : new Error(String(error.cause)))]
}
