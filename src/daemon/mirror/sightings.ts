import type { Condition } from '../../domain/backup.ts'
import type { Sighting } from '../../domain/conditions.ts'
import { isListening } from '../../domain/repeating.ts'
import type { Uin } from '../../domain/uin.ts'
import type { BackupRecord, LogEntry } from '../../protocol/records.ts'
import type { BackupRow, Seen } from './rows.ts'
import type { Texts } from './texts.ts'
import { matchesWords } from './words.ts'

/** Nothing seen yet. `whole`: everything from the arming on will be seen. */
export function nothingSeen(record: BackupRecord, whole: boolean): Seen {
  return {
    occurrence: record.occurrence,
    whole,
    conditions: record.plan.trigger.conditions.map(() => null),
    reply: null,
  }
}

/** What was seen stays with its occurrence; another occurrence begins with nothing. */
export function seenFor(record: BackupRecord, before: Seen | undefined, whole: boolean): Seen {
  const same =
    before?.occurrence === record.occurrence && before.conditions.length === record.plan.trigger.conditions.length
  return same ? before : nothingSeen(record, whole)
}

/** The text of the entry, where it is a message that could be read, and what reads the words it is held against. */
export interface EntryText {
  text: string | null
  texts: Texts
}

async function wordsMatch(record: BackupRecord, index: number, { text, texts }: EntryText): Promise<boolean> {
  const matching = texts.backupPrivate(record)?.matching[index]
  if (matching === undefined || matching === null || text === null) return false
  const { words, pattern } = matching
  if (pattern !== null) return (await import('./patterns.ts')).matchesPattern(text, pattern)
  return words !== null && matchesWords(text, words)
}

async function sightedBy(
  condition: Condition,
  index: number,
  record: BackupRecord,
  entry: LogEntry,
  me: Uin,
  read: EntryText,
): Promise<boolean> {
  switch (condition.kind) {
    case 'message':
      if (entry.type !== 'message' || entry.message.from !== condition.from || condition.from === me) return false
      return !condition.sealed || (await wordsMatch(record, index, read))
    case 'my-send':
      if (entry.type !== 'message' || entry.message.from !== me || entry.message.automatic) return false
      return condition.to === null || condition.to === entry.message.to
    case 'read':
      return entry.type === 'mark' && entry.mark.friend === condition.who && entry.mark.friendRead >= condition.n
    case 'time':
    case 'every':
    case 'presence':
      return false
    default:
      return condition satisfies never
  }
}

/** The first of each kind after the arming counts. The same row when the entry means nothing to it. */
export async function withSighting(row: BackupRow, entry: LogEntry, me: Uin, read: EntryText): Promise<BackupRow> {
  const { record, seen } = row
  if (!isListening(record) && record.state !== 'held') return row
  if (entry.seq <= record.armedSeq || (entry.type !== 'message' && entry.type !== 'mark')) return row
  const sighting: Sighting = { at: entry.type === 'message' ? entry.message.at : entry.at, seq: entry.seq }
  const conditions: (Sighting | null)[] = []
  for (const [index, condition] of record.plan.trigger.conditions.entries()) {
    const before = seen.conditions[index] ?? null
    conditions.push(before ?? ((await sightedBy(condition, index, record, entry, me, read)) ? sighting : null))
  }
  const replied = entry.type === 'message' && entry.message.from === record.plan.to && record.plan.to !== me
  const reply = seen.reply ?? (replied ? sighting : null)
  const changed = reply !== seen.reply || conditions.some((one, index) => one !== (seen.conditions[index] ?? null))
  return changed ? { ...row, seen: { ...seen, conditions, reply } } : row
}
