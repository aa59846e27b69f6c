import type { Action } from '../../domain/backup.ts'
import { durationMs, parseDuration } from '../../domain/duration.ts'
import { MINUTE_MS, SECOND_MS } from '../../domain/instant.ts'
import { ImError } from '../../protocol/errors.ts'
import type { ActionParams } from '../../protocol/local-params.ts'
import { type Core, requireAccount } from '../core.ts'

export interface ResolvedAction {
  action: Action
  command: readonly string[] | null
}

const LONGEST_COUNTDOWN_MS = 60 * MINUTE_MS

function countdownMs(words: string): number {
  const ms = durationMs(parseDuration(words))
  if (ms >= SECOND_MS && ms <= LONGEST_COUNTDOWN_MS) return ms
  throw new ImError('BAD_DURATION', 'A countdown takes a second at least and an hour at most.')
}

/** What is to be done. A command is taken only where this device's config allows commands at all. */
export function resolveAction(core: Core, { action: kind, countdown, command }: ActionParams): ResolvedAction {
  if (countdown !== undefined && kind !== 'send') {
    throw new ImError('BAD_TRIGGER', '--countdown is for what is sent.', { hint: 'add --send' })
  }
  switch (kind) {
    case 'remind':
      return { action: { kind }, command: null }
    case 'send':
      return { action: { kind, countdownMs: countdown === undefined ? null : countdownMs(countdown) }, command: null }
    case 'run': {
      if (command === undefined)
        throw new ImError('USAGE', '--run needs a command after --.', { hint: '--run -- CMD ARG' })
      if (command.some((word) => word.includes('\0'))) throw new ImError('USAGE', 'No argument can hold a NUL.')
      if (core.options.settings.run === null) {
        throw new ImError('USAGE', 'This device does not run commands.', {
          hint: 'im config set run.enabled true; im daemon restart',
        })
      }
      return { action: { kind, device: requireAccount(core).deviceId }, command }
    }
    default:
      return kind satisfies never
  }
}
