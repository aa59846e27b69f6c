import type { BackupPlan, Condition, PresenceTurn, Trigger } from '../../domain/backup.ts'
import type { Instant } from '../../domain/instant.ts'
import type { Uin } from '../../domain/uin.ts'
import { ImError } from '../../protocol/errors.ts'
import type { WhenParams } from '../../protocol/local-params.ts'
import type { BackupPrivate } from '../../protocol/records.ts'

export interface WhenContext {
  now: Instant
  /** The caller's zone; `--tz` beats it. */
  zone: string
  to: Uin
  me: Uin
  who: (typed: string) => Uin
  patternChars: number
  /** The number of my newest message to somebody; null: there is none. */
  lastSent: (to: Uin) => Promise<number | null>
}

export interface ResolvedWhen {
  trigger: Trigger
  repeat: BackupPlan['repeat']
  matching: BackupPrivate['matching']
  notes: string[]
}

interface Part {
  condition: Condition
  matching: BackupPrivate['matching'][number]
}

const part = (condition: Condition): Part => ({ condition, matching: null })

/** Whether any of them names a condition; zone, words and repeating only say more of one. */
export function hasWhen({ tz: _tz, any: _any, matching: _words, matchingRe: _re, ...when }: WhenParams): boolean {
  return Object.values(when).some((value) => value !== undefined && value !== false)
}

/** The time words are heavy to load, and most calls have none. */
async function timeParts(when: WhenParams, { now }: WhenContext, zone: string): Promise<[Part[], string[]]> {
  const inWords = when.in === undefined ? undefined : `in ${when.in.trim().replace(/^(in |\+)/i, '')}`
  const given = [when.at, inWords].filter((words) => words !== undefined)
  if (given.length === 0) return [[], []]
  const { parseTime } = await import('../../domain/time-words.ts')
  const times = given.map((words) => parseTime(words, { now, zone, mode: 'future' }))
  return [
    times.map(({ at, local, zone: read }) => part({ kind: 'time', at, local, zone: read })),
    times.flatMap(({ notes }) => notes),
  ]
}

async function untilOf(when: WhenParams, { now }: WhenContext, zone: string): Promise<Instant | null> {
  if (when.until === undefined) return null
  const { parseTime } = await import('../../domain/time-words.ts')
  return parseTime(when.until, { now, zone, mode: 'until' }).at
}

async function everyParts(when: WhenParams, context: WhenContext, zone: string): Promise<Part[]> {
  if (when.every === undefined) return []
  const [{ parseRule }, { formatRule }, { firstSlot }] = await Promise.all([
    import('../../domain/rule-words.ts'),
    import('../../domain/rule-text.ts'),
    import('../../domain/series.ts'),
  ])
  const rule = parseRule(when.every, { now: context.now, zone })
  const every = {
    kind: 'every' as const,
    rule: formatRule(rule),
    zone: rule.zone,
    until: await untilOf(when, context, zone),
    count: when.count ?? null,
  }
  return [part(firstSlot(every, context.now))]
}

async function repeatOf(when: WhenParams, context: WhenContext, zone: string): Promise<BackupPlan['repeat']> {
  const limited = when.until !== undefined || when.count !== undefined
  if (!when.repeat && limited && when.every === undefined) {
    throw new ImError('BAD_TRIGGER', '--until and --count are for what repeats: --every RULE, or --repeat.')
  }
  if (when.repeat && when.every !== undefined) throw new ImError('BAD_TRIGGER', '--every repeats by itself.')
  if (!when.repeat) return null
  return { until: await untilOf(when, context, zone), count: when.count ?? null, done: 0 }
}

const TURNS = [
  ['nextSignon', 'online'],
  ['nextSignoff', 'offline'],
  ['nextAway', 'away'],
  ['nextBack', 'back'],
] as const satisfies readonly (readonly [keyof WhenParams, PresenceTurn])[]

function presenceParts(when: WhenParams, { to, me, who }: WhenContext): Part[] {
  const states = [...(when.whenOnline ? [to] : []), ...(when.whenOnlineOf ?? []).map(who)]
  const turns = TURNS.filter(([flag]) => when[flag] === true).map(([, turn]) => turn)
  if (states.includes(me) || (turns.length > 0 && to === me)) {
    throw new ImError('NEVER_FIRES', 'You are at a terminal now: your own coming and going is nothing to wait for.', {
      hint: 'give a time (--at, --in), or name a friend: --when-online-of WHO',
    })
  }
  return [
    ...states.map((friend) => part({ kind: 'presence', who: friend, is: 'online', turns: null })),
    ...turns.map((turn) => part({ kind: 'presence', who: to, is: null, turns: turn })),
  ]
}

async function matchingOf(when: WhenParams, { patternChars }: WhenContext): Promise<Part['matching']> {
  const { matching: words = null, matchingRe: pattern = null } = when
  if (words === null && pattern === null) return null
  if ((when.whenMessageFrom ?? []).length === 0) {
    throw new ImError('BAD_TRIGGER', '--matching and --matching-re need --when-message-from WHO.')
  }
  if (words !== null && pattern !== null) throw new ImError('BAD_TRIGGER', '--matching or --matching-re, not both.')
  if (pattern !== null) (await import('../mirror/patterns.ts')).checkPattern(pattern, patternChars)
  if (words !== null && words.length > patternChars) {
    throw new ImError('BAD_PATTERN', `The words have ${words.length} characters; ${patternChars} are allowed.`)
  }
  if (words !== null && !/[\p{L}\p{N}]/u.test(words)) {
    throw new ImError('NEVER_FIRES', `No message has the words "${words}".`)
  }
  return { words, pattern }
}

async function messageParts(when: WhenParams, context: WhenContext): Promise<Part[]> {
  const matching = await matchingOf(when, context)
  return (when.whenMessageFrom ?? []).map((typed) => {
    const friend = context.who(typed)
    if (friend === context.me) throw new ImError('NEVER_FIRES', 'You cannot wait for a message from yourself.')
    return { condition: { kind: 'message', from: friend, sealed: matching !== null }, matching }
  })
}

function sendParts(when: WhenParams, { who }: WhenContext): Part[] {
  const anybody: (Uin | null)[] = when.onSend ? [null] : []
  return [...anybody, ...(when.onSendTo ?? []).map(who)].map((to) => part({ kind: 'my-send', to }))
}

async function readParts(when: WhenParams, { to, me, lastSent }: WhenContext): Promise<Part[]> {
  if (!when.whenRead) return []
  if (to === me) throw new ImError('NEVER_FIRES', 'What you send to yourself is never told as read.')
  const n = await lastSent(to)
  if (n !== null) return [part({ kind: 'read', who: to, n })]
  throw new ImError('NEVER_FIRES', 'You have written nothing to them that they could read.', {
    hint: 'im send WHO TEXT',
  })
}

/** The trigger that the flags name, and the words that only the owner may read. None: manual. */
export async function resolveWhen(when: WhenParams, context: WhenContext): Promise<ResolvedWhen> {
  const zone = when.tz ?? context.zone
  const [times, notes] = await timeParts(when, context, zone)
  const parts = [
    ...times,
    ...(await everyParts(when, context, zone)),
    ...presenceParts(when, context),
    ...(await messageParts(when, context)),
    ...sendParts(when, context),
    ...(await readParts(when, context)),
  ]
  const repeat = await repeatOf(when, context, zone)
  if (when.any === true && parts.length < 2) {
    throw new ImError('BAD_TRIGGER', '--any needs at least two conditions.')
  }
  return {
    trigger: { match: when.any === true ? 'any' : 'all', conditions: parts.map(({ condition }) => condition) },
    repeat,
    matching: parts.map(({ matching }) => matching),
    notes,
  }
}

/** A word that reads as a time beside a when flag: the quotes around the time were forgotten. */
export async function refuseTimeAsText(text: string, when: WhenParams, context: WhenContext): Promise<void> {
  const words = when.at ?? when.in ?? when.every
  if (words === undefined || text.length > 64) return
  const { readsAsTime } = await import('../../domain/time-words.ts')
  const reading = { now: context.now, zone: when.tz ?? context.zone }
  if (!readsAsTime(text, reading)) return
  const flag = when.at !== undefined ? '--at' : when.in !== undefined ? '--in' : '--every'
  const whole = `${words} ${text}`
  const isWhole = flag === '--every' ? await readsAsRule(whole, reading) : readsAsTime(whole, reading)
  throw new ImError('USAGE', `"${text}" reads as a time.`, {
    hint: isWhole ? `quote the time: ${flag} "${whole}"; if it is the text, use -m` : `if it is the text: -m "${text}"`,
  })
}

async function readsAsRule(words: string, reading: { now: Instant; zone: string }): Promise<boolean> {
  const { parseRule } = await import('../../domain/rule-words.ts')
  try {
    parseRule(words, reading)
    return true
  } catch {
    return false
  }
}
