import type { Condition, Trigger } from '../domain/backup.ts'
import type { Instant } from '../domain/instant.ts'
import type { Uin } from '../domain/uin.ts'
import { ImError } from '../protocol/errors.ts'
import type { WhenParams } from '../protocol/local-api.ts'
import type { BackupPrivate } from '../protocol/records.ts'

export interface WhenContext {
  now: Instant
  /** The caller's zone; `--tz` beats it. */
  zone: string
  to: Uin
  me: Uin
  who: (typed: string) => Uin
}

export interface ResolvedWhen {
  trigger: Trigger
  matching: BackupPrivate['matching']
  notes: string[]
}

export function hasWhen(when: WhenParams): boolean {
  return (
    when.at !== undefined ||
    when.in !== undefined ||
    when.whenOnline === true ||
    when.nextSignon === true ||
    (when.whenMessageFrom?.length ?? 0) > 0
  )
}

interface Part {
  condition: Condition
  matching: BackupPrivate['matching'][number]
}

/** The time words are heavy to load, and most calls have none. */
async function timePart(words: string, context: WhenContext, zone: string): Promise<Part & { notes: string[] }> {
  const { parseTime } = await import('../domain/time-words.ts')
  const { at, local, zone: read, notes } = parseTime(words, { now: context.now, zone, mode: 'future' })
  return { condition: { kind: 'time', at, local, zone: read }, matching: null, notes }
}

function presenceParts(when: WhenParams, { to, me }: WhenContext): Part[] {
  if (when.whenOnline !== true && when.nextSignon !== true) return []
  if (to === me) {
    throw new ImError('NEVER_FIRES', 'You are at a terminal now: your own coming online is no moment to wait for.', {
      hint: 'give a time (--at, --in), or send it to a friend',
    })
  }
  const parts: Part[] = []
  if (when.whenOnline) {
    parts.push({ condition: { kind: 'presence', who: to, is: 'online', turns: null }, matching: null })
  }
  if (when.nextSignon) {
    parts.push({ condition: { kind: 'presence', who: to, is: null, turns: 'online' }, matching: null })
  }
  return parts
}

function messageParts(when: WhenParams, { who, me }: WhenContext): Part[] {
  const from = when.whenMessageFrom ?? []
  const words = when.matching ?? null
  if (words !== null && from.length === 0) {
    throw new ImError('BAD_TRIGGER', '--matching needs --when-message-from WHO.')
  }
  if (words !== null && !/[\p{L}\p{N}]/u.test(words)) {
    throw new ImError('NEVER_FIRES', `No message has the words "${words}".`)
  }
  return from.map((typed) => {
    const friend = who(typed)
    if (friend === me) throw new ImError('NEVER_FIRES', 'You cannot wait for a message from yourself.')
    return {
      condition: { kind: 'message', from: friend, sealed: words !== null },
      matching: words === null ? null : { words, pattern: null },
    }
  })
}

/** The trigger that the flags name, and the words that only the owner may read. None: manual. */
export async function resolveWhen(when: WhenParams, context: WhenContext): Promise<ResolvedWhen> {
  const zone = when.tz ?? context.zone
  const parts: Part[] = []
  const notes: string[] = []
  const times = [when.at, when.in === undefined ? undefined : `in ${when.in.trim().replace(/^(in |\+)/i, '')}`]
  for (const words of times) {
    if (words === undefined) continue
    const part = await timePart(words, context, zone)
    parts.push(part)
    notes.push(...part.notes)
  }
  parts.push(...presenceParts(when, context), ...messageParts(when, context))
  if (when.any === true && parts.length < 2) {
    throw new ImError('BAD_TRIGGER', '--any needs at least two conditions.')
  }
  return {
    trigger: { match: when.any === true ? 'any' : 'all', conditions: parts.map((part) => part.condition) },
    matching: parts.map((part) => part.matching),
    notes,
  }
}

/** A text that reads as a time beside a when flag: the quotes around the time were forgotten. */
export async function refuseTimeAsText(text: string, when: WhenParams, context: WhenContext): Promise<void> {
  if (when.at === undefined && when.in === undefined) return
  if (text.length > 64) return
  const { readsAsTime } = await import('../domain/time-words.ts')
  if (!readsAsTime(text, { now: context.now, zone: when.tz ?? context.zone })) return
  throw new ImError('USAGE', `"${text}" reads as a time.`, {
    hint: `quote the time: --at "${when.at ?? when.in ?? ''} ${text}"; if it is the text, use -m`,
  })
}
