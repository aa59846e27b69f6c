/** A line of an export as a backup of this account: what it asks for, and whether its moment has passed meanwhile. */
import { z } from 'zod'
import { type BackupPlan, type Condition, DEFAULT_LATE, type HeldReason, type Window } from '../../domain/backup.ts'
import type { Instant } from '../../domain/instant.ts'
import { ImError } from '../../protocol/errors.ts'
import { lateShape, unlessShape } from '../../protocol/record-schema.ts'
import type { BackupPrivate } from '../../protocol/records.ts'
import type { WhenContext } from './resolve-when.ts'

const who = z.string().min(1).max(256)
const words = z.string().max(256)
const instant = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text))
const count = z.number().int().min(1).max(1_000_000)

const condition = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('time'), at: instant, local: words.optional(), zone: words.optional() }),
  z.object({
    kind: z.literal('every'),
    rule: words,
    zone: words.optional(),
    until: instant.nullish(),
    count: count.nullish(),
    done: z.number().int().min(0).nullish(),
  }),
  z.object({
    kind: z.literal('presence'),
    who,
    is: z.literal('online').nullish(),
    turns: z.enum(['online', 'away', 'back', 'offline']).nullish(),
  }),
  z.object({
    kind: z.literal('message'),
    from: who,
    words: z.string().max(10_000).nullish(),
    pattern: z.string().max(10_000).nullish(),
  }),
  z.object({ kind: z.literal('my-send'), to: who.nullish() }),
  z.object({ kind: z.literal('read'), who }),
])

/** What `backup export` prints; all but recipient and text may be left out, and what it does not know is let pass. */
const rowSchema = z.object({
  id: z.string().min(1).max(64).nullish(),
  key: z.string().min(1).max(256).nullish(),
  to: who,
  text: z.string().nullable(),
  note: z.string().nullish(),
  state: z.string().max(32).nullish(),
  action: z.enum(['remind', 'send', 'run']).default('remind'),
  countdownMs: z.number().int().min(1_000).max(3_600_000).nullish(),
  trigger: z
    .object({ match: z.enum(['all', 'any']).default('all'), conditions: z.array(condition).max(64).default([]) })
    .default({ match: 'all', conditions: [] }),
  window: z
    .object({
      between: z.object({ from: words, to: words }).nullish(),
      days: z.array(words).max(7).nullish(),
      zone: words.optional(),
      onlyIfIAm: z.enum(['away', 'offline']).nullish(),
      elseAt: instant.nullish(),
      expiresAt: instant.nullish(),
    })
    .nullish(),
  unless: z.object(unlessShape).default({ reply: null }),
  late: z.object(lateShape).default(DEFAULT_LATE),
  repeat: z.object({ until: instant.nullish(), count: count.nullish() }).nullish(),
})

type Row = z.infer<typeof rowSchema>

export interface ImportedBackup {
  /** Its id where it was exported. */
  id: string | null
  key: string | null
  text: string
  note: string | null
  plan: BackupPlan
  matching: BackupPrivate['matching']
  held: Extract<HeldReason, 'PAUSED' | 'IMPORTED_LATE'> | null
}

/** @throws ImError BAD_FILE, naming the field; EMPTY_TEXT; what names and rules throw. */
export async function importedBackup(line: unknown, context: WhenContext): Promise<ImportedBackup> {
  const parsed = rowSchema.safeParse(line)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new ImError('BAD_FILE', `${issue?.path.join('.') || 'the line'}: ${issue?.message ?? 'not understood'}`)
  }
  const row = parsed.data
  if (row.action === 'run') {
    throw new ImError('BAD_TRIGGER', 'A command does not travel; add it here: im backup add --run.')
  }
  if (row.text === null) throw new ImError('EMPTY_TEXT', 'Its text could not be read where it was exported.')
  const plan = await planOf(row, context)
  return {
    id: row.id ?? null,
    key: row.key ?? null,
    text: row.text,
    note: row.note ?? null,
    plan,
    matching: row.trigger.conditions.map((one) =>
      one.kind === 'message' && (one.words || one.pattern)
        ? { words: one.words ?? null, pattern: one.pattern ?? null }
        : null,
    ),
    held: hasPassed(plan, context.now) ? 'IMPORTED_LATE' : row.state === 'held' ? 'PAUSED' : null,
  }
}

async function planOf(row: Row, context: WhenContext): Promise<BackupPlan> {
  const conditions: Condition[] = []
  for (const one of row.trigger.conditions) conditions.push(await conditionOf(one, context))
  const { repeat } = row
  return {
    to: context.to,
    trigger: { match: row.trigger.match, conditions },
    action: row.action === 'send' ? { kind: 'send', countdownMs: row.countdownMs ?? null } : { kind: 'remind' },
    window: row.window ? await windowOf(row.window, context) : null,
    unless: row.unless,
    late: row.late,
    repeat: repeat ? { until: repeat.until ?? null, count: repeat.count ?? null, done: 0 } : null,
  }
}

async function conditionOf(one: z.infer<typeof condition>, context: WhenContext): Promise<Condition> {
  switch (one.kind) {
    case 'time': {
      const zone = await zoneOf(one.zone, context)
      return { kind: 'time', at: one.at, local: one.local ?? new Date(one.at).toISOString().slice(0, 16), zone }
    }
    case 'every':
      return everyOf(one, context)
    case 'presence': {
      const friend = context.who(one.who)
      if (one.turns) return { kind: 'presence', who: friend, is: null, turns: one.turns }
      return { kind: 'presence', who: friend, is: 'online', turns: null }
    }
    case 'message':
      if (one.pattern) (await import('../mirror/patterns.ts')).checkPattern(one.pattern, context.patternChars)
      return { kind: 'message', from: context.who(one.from), sealed: Boolean(one.words || one.pattern) }
    case 'my-send':
      return { kind: 'my-send', to: one.to ? context.who(one.to) : null }
    case 'read': {
      const friend = context.who(one.who)
      const n = await context.lastSent(friend)
      if (n === null) throw new ImError('NEVER_FIRES', 'You have written nothing to them that they could read.')
      return { kind: 'read', who: friend, n }
    }
    default:
      return one satisfies never
  }
}

/** A series goes on with the slots that were left of it. */
async function everyOf(
  { rule: text, zone, until, count: all, done }: Extract<z.infer<typeof condition>, { kind: 'every' }>,
  context: WhenContext,
): Promise<Condition> {
  const [{ parseRule }, { formatRule }, { firstSlot }] = await Promise.all([
    import('../../domain/rule-words.ts'),
    import('../../domain/rule-text.ts'),
    import('../../domain/series.ts'),
  ])
  const left = all == null ? null : all - (done ?? 0)
  if (left !== null && left < 1) throw new ImError('NEVER_FIRES', 'Nothing is left of the series.')
  const rule = parseRule(text, { now: context.now, zone: await zoneOf(zone, context) })
  const every = { kind: 'every' as const, rule: formatRule(rule), zone: rule.zone, until: until ?? null, count: left }
  return firstSlot(every, context.now)
}

async function windowOf(window: NonNullable<Row['window']>, context: WhenContext): Promise<Window> {
  const { parseDays, parseSpan } = await import('../../domain/span.ts')
  return {
    between: window.between ? parseSpan(`${window.between.from}-${window.between.to}`) : null,
    days: window.days ? parseDays(window.days.join(',')) : null,
    zone: await zoneOf(window.zone, context),
    onlyIfIAm: window.onlyIfIAm ?? null,
    elseAt: window.elseAt ?? null,
    expiresAt: window.expiresAt ?? null,
  }
}

async function zoneOf(zone: string | undefined, context: WhenContext): Promise<string> {
  const { parseZone } = await import('../../domain/zone.ts')
  return parseZone(zone ?? context.zone)
}

/** Whether it would fire, or end, at once because of a moment that lies behind: an import never does. */
function hasPassed({ trigger, window }: BackupPlan, now: Instant): boolean {
  if ([window?.elseAt, window?.expiresAt].some((at) => at != null && at <= now)) return true
  const passed = trigger.conditions.map((one) => one.kind === 'time' && one.at <= now)
  if (passed.length === 0) return false
  return trigger.match === 'any' ? passed.some((one) => one) : passed.every((one) => one)
}
