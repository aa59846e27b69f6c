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
  // On a full disk there is no log; whoever writes it goes on.
  destination.on('error', () => {})
  let open = true
  const line =
    (level: 'debug' | 'info' | 'warn' | 'error'): Log['info'] =>
    (event, fields = {}) => {
      // What still runs while its program ends may have something to say, and nobody to say it to.
      if (open) logger[level](fields, event)
    }
  return {
    debug: line('debug'),
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
    [Symbol.dispose]() {
      open = false
      destination.end()
    },
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
