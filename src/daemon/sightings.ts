import type { Condition } from '../domain/backup.ts'
import type { Sighting } from '../domain/engine.ts'
import type { Uin } from '../domain/uin.ts'
import type { BackupRecord, LogEntry } from '../protocol/records.ts'
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

function wordsMatch(record: BackupRecord, index: number, { text, texts }: EntryText): boolean {
  const matching = texts.backupPrivate(record)?.matching[index]
  if (matching === undefined || matching === null) return false
  // A pattern cannot be tried here yet, and what cannot be seen never fires.
  if (matching.pattern !== null || matching.words === null) return false
  return text !== null && matchesWords(text, matching.words)
}

function sightedBy(
  condition: Condition,
  index: number,
  record: BackupRecord,
  entry: LogEntry,
  me: Uin,
  read: EntryText,
): boolean {
  switch (condition.kind) {
    case 'message':
      if (entry.type !== 'message' || entry.message.from !== condition.from || condition.from === me) return false
      return !condition.sealed || wordsMatch(record, index, read)
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
export function withSighting(row: BackupRow, entry: LogEntry, me: Uin, read: EntryText): BackupRow {
  const { record, seen } = row
  if (record.state !== 'armed' && record.state !== 'held') return row
  if (entry.seq <= record.armedSeq || (entry.type !== 'message' && entry.type !== 'mark')) return row
  const sighting: Sighting = { at: entry.type === 'message' ? entry.message.at : entry.at, seq: entry.seq }
  const conditions = record.plan.trigger.conditions.map((condition, index) => {
    const before = seen.conditions[index] ?? null
    return before ?? (sightedBy(condition, index, record, entry, me, read) ? sighting : null)
  })
  const replied = entry.type === 'message' && entry.message.from === record.plan.to && record.plan.to !== me
  const reply = seen.reply ?? (replied ? sighting : null)
  const changed = reply !== seen.reply || conditions.some((one, index) => one !== (seen.conditions[index] ?? null))
  return changed ? { ...row, seen: { ...seen, conditions, reply } } : row
}
