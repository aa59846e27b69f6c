import { durationMs, parseDuration } from '../../domain/duration.ts'
import { DAY_MS } from '../../domain/instant.ts'

export const DEFAULT_INVITE_MS = 7 * DAY_MS

/** `--expires`: how long an invite is good. */
export function lastsMs(words: string | undefined): number | undefined {
  return words === undefined ? undefined : durationMs(parseDuration(words))
}
