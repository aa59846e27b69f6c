/** What gates, ends or softens a backup: window, unless, late. Flags lay themselves over what there was before. */
import { type BackupPlan, DEFAULT_LATE, type Window } from '../../domain/backup.ts'
import { durationMs, parseDuration } from '../../domain/duration.ts'
import { ImError } from '../../protocol/errors.ts'
import type { PolicyParams } from '../../protocol/local-params.ts'
import type { WhenContext } from './resolve-when.ts'

export type Policy = Pick<BackupPlan, 'window' | 'unless' | 'late'>

export const NO_POLICY: Policy = { window: null, unless: { reply: null }, late: DEFAULT_LATE }

/** Parts `--clear` can take away. */
export type ClearedPolicy = 'between' | 'days' | 'else' | 'expires' | 'unless' | 'late'

const POLICY_PARTS = {
  between: ['between'],
  days: ['days'],
  else: ['elseAt'],
  expires: ['expires'],
  unless: ['unlessReply'],
  late: ['grace', 'ifLate'],
} as const satisfies Record<ClearedPolicy, readonly (keyof PolicyParams)[]>

export function hasPolicy(policy: PolicyParams): boolean {
  return Object.values(policy).some((value) => value !== undefined)
}

function without({ window, unless, late }: Policy, clear: ReadonlySet<string>): Policy {
  return {
    window: window && {
      ...window,
      ...(clear.has('between') && { between: null }),
      ...(clear.has('days') && { days: null }),
      ...(clear.has('else') && { elseAt: null }),
      ...(clear.has('expires') && { expiresAt: null }),
    },
    unless: clear.has('unless') ? NO_POLICY.unless : unless,
    late: clear.has('late') ? NO_POLICY.late : late,
  }
}

async function windowOf(policy: PolicyParams, before: Window | null, tz: string | undefined, context: WhenContext) {
  const { between, days, elseAt, expires, onlyIfIAm } = policy
  const named = tz ?? (before === null || between !== undefined ? context.zone : before.zone)
  if ([between, days, elseAt, expires].every((words) => words === undefined)) {
    const window = { ...(before ?? { between: null, days: null, zone: named, elseAt: null, expiresAt: null }) }
    return { ...window, onlyIfIAm: onlyIfIAm ?? before?.onlyIfIAm ?? null }
  }
  const [{ parseTime }, { parseSpan, parseDays }, { parseZone }] = await Promise.all([
    import('../../domain/time-words.ts'),
    import('../../domain/span.ts'),
    import('../../domain/zone.ts'),
  ])
  const zone = parseZone(named)
  const instant = (words: string, mode: 'future' | 'until') => parseTime(words, { now: context.now, zone, mode }).at
  return {
    between: between === undefined ? (before?.between ?? null) : parseSpan(between),
    days: days === undefined ? (before?.days ?? null) : parseDays(days),
    zone,
    onlyIfIAm: onlyIfIAm ?? before?.onlyIfIAm ?? null,
    elseAt: elseAt === undefined ? (before?.elseAt ?? null) : instant(elseAt, 'future'),
    expiresAt: expires === undefined ? (before?.expiresAt ?? null) : instant(expires, 'until'),
  }
}

/** Null when nothing is left in it. */
function orNone(window: Window): Window | null {
  const { between, days, onlyIfIAm, elseAt, expiresAt } = window
  return (between ?? days ?? onlyIfIAm ?? elseAt ?? expiresAt) ? window : null
}

/** The policy with these flags laid over it. Throws what the parsers throw, and BAD_TRIGGER. */
export async function resolvePolicy(
  policy: PolicyParams,
  before: Policy,
  { clear = new Set(), tz }: { clear?: ReadonlySet<string>; tz?: string | undefined },
  context: WhenContext,
): Promise<Policy> {
  for (const [part, flags] of Object.entries(POLICY_PARTS)) {
    if (clear.has(part) && flags.some((flag) => policy[flag] !== undefined)) {
      throw new ImError('USAGE', `A new value and --clear ${part} exclude each other.`)
    }
  }
  const { window, unless, late } = without(before, clear)
  if (policy.unlessReply !== undefined && context.to === context.me) {
    throw new ImError('BAD_TRIGGER', 'You do not reply to yourself: --unless-reply needs a friend.')
  }
  return {
    window: orNone(await windowOf(policy, window, tz, context)),
    unless: { reply: policy.unlessReply ?? unless.reply },
    late: {
      graceMs: policy.grace === undefined ? late.graceMs : durationMs(parseDuration(policy.grace)),
      then: policy.ifLate ?? late.then,
    },
  }
}
