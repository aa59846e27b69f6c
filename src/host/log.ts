import { renameSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Log } from './host.ts'
import { systemCode } from './host-error.ts'
import { ensurePrivateDir } from './private-dir.ts'

export interface LogOptions {
  /** A file, made 0600 in a private directory, or the standard error. */
  to: { file: string } | 'stderr'
  /** Debug lines too; else from info on. */
  debug: boolean
}

/** Beyond this the log of the last run is put aside at the start of the next: two files at most. */
const ROTATE_BEYOND_BYTES = 5 * 2 ** 20

/**
 * One JSON object a line: level, time (RFC 3339), event, then the fields. Lines are written before the call returns, so
 * that the last one before a crash is there. Nothing is redacted here: callers never pass a text, a token or a UIN.
 */
export async function openLog({ to, debug }: LogOptions): Promise<Log & Disposable> {
  const { default: pino } = await import('pino')
  const destination = pino.destination(
    to === 'stderr' ? { dest: 2, sync: true } : { dest: preparedFile(to.file), sync: true, mode: 0o600 },
  )
  const logger = pino(
    {
      level: debug ? 'debug' : 'info',
      base: null,
      messageKey: 'event',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
      serializers: { error: pino.stdSerializers.errWithCause },
    },
    destination,
  )
  return {
    debug: (event, fields = {}) => logger.debug(fields, event),
    info: (event, fields = {}) => logger.info(fields, event),
    warn: (event, fields = {}) => logger.warn(fields, event),
    error: (event, fields = {}) => logger.error(fields, event),
    [Symbol.dispose]: () => destination.end(),
  }
}

function preparedFile(file: string): string {
  ensurePrivateDir(dirname(file))
  try {
    if (statSync(file).size > ROTATE_BEYOND_BYTES) renameSync(file, `${file}.1`)
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error
  }
  return file
}
