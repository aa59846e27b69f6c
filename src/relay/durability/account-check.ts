/** What holds between the rows of one account. Each row's own checksum is the store's business. */
import { crc32 } from 'node:zlib'
import type { Uin } from '../../domain/uin.ts'
import type { LogEntry, MessageRecord } from '../../protocol/records.ts'
import type { AccountCheck } from '../../store/audit.ts'
import { keys, type LogFloor } from '../accounts/account-state.ts'
import { INDEX_AFTER, placesIn } from '../accounts/places.ts'

type RowProblem = ReturnType<AccountCheck['end']> extends Iterable<infer P> ? P : never

/** Rows that say what the newest entry of the log says of the same object. */
export function stateKeyOf(entry: LogEntry): string | null {
  if (entry.type === 'friend') return keys.friend(entry.friend.uin)
  if (entry.type === 'mark') return keys.mark(entry.mark.friend)
  if (entry.type === 'backup') return keys.backup(entry.backup.id)
  return entry.type === 'setting' ? keys.setting : null
}

/** What the log says of that object. */
export function stateIn(entry: LogEntry): unknown {
  if (entry.type === 'friend') return entry.friend
  if (entry.type === 'mark') return entry.mark
  if (entry.type === 'backup') return entry.backup
  return entry.type === 'setting' ? entry.setting : null
}

/** What leads to a message: its place in the conversation, as the key of a row that tells of no other; for one's own its id. */
export function messageKeys(message: MessageRecord, owner: string): string[] {
  const place = keys.message(message.friend, message.n)
  return message.from === owner ? [place, keys.sent(message.id)] : [place]
}

/** The places of a row of a conversation, each as the key of a row that tells of no other. */
export function* pointersIn(key: string, value: unknown): Generator<[string, number]> {
  const [, friend = ''] = key.split('/')
  for (const [n, seq] of placesIn(key, value)) yield [keys.message(friend as Uin, n), seq]
}

function conversationOf(place: string): string {
  return place.slice(0, place.lastIndexOf('/'))
}

/** Holds a few numbers for each object and message of the account, no text. */
export function accountCheck(account: string): AccountCheck {
  const rows = new Map<string, number>()
  const pointers = new Map<string, number>()
  const latest = new Map<string, number>()
  const messages = new Map<string, number>()
  /** The key of the last row of each conversation. */
  const ends = new Map<string, string>()
  const found: RowProblem[] = []
  let floor = 0
  let head = 0
  let indexed: number | null = null

  function entry(value: LogEntry): void {
    const expected = Math.max(head, floor) + 1
    if (value.seq > floor) {
      if (value.seq > expected)
        found.push({ row: keys.log(expected), what: `${value.seq - expected} entries are missing` })
      head = value.seq
    }
    const key = stateKeyOf(value)
    if (key !== null) latest.set(key, digest(stateIn(value)))
    if (value.type !== 'message') return
    for (const pointer of messageKeys(value.message, account)) messages.set(pointer, value.seq)
  }

  function placesOf(key: string, value: unknown): void {
    let before = ends.get(conversationOf(key)) ?? ''
    for (const [place, seq] of pointersIn(key, value)) {
      if (place <= before || place > key) found.push({ row: key, what: 'is not in order' })
      pointers.set(place, seq)
      before = place
    }
    ends.set(conversationOf(key), key)
  }

  /** What lies beyond the index is known from the log alone: no row is to say it. */
  function* misled(): Generator<RowProblem> {
    const isOfOld = ends.size > 0 || Math.max(head, floor) > INDEX_AFTER
    const told = indexed ?? (isOfOld ? Number.POSITIVE_INFINITY : 0)
    for (const [key, seq] of messages) {
      if (seq <= told || key.startsWith('sent/')) {
        if (pointers.get(key) !== seq) yield { row: key, what: 'does not lead to its message' }
      } else if (key <= (ends.get(conversationOf(key)) ?? '')) yield { row: key, what: 'is not above all rows' }
    }
    for (const key of pointers.keys()) {
      if (!messages.has(key)) yield { row: key, what: 'leads to a message that is missing' }
    }
  }

  return {
    row(key, value) {
      const space = key.slice(0, key.indexOf('/'))
      if (key === keys.floor) floor = (value as LogFloor).seq
      else if (key === keys.indexed) indexed = value as number
      else if (space === 'log') entry(value as LogEntry)
      else if (space === 'message') placesOf(key, value)
      else if (space === 'sent') pointers.set(key, value as number)
      else rows.set(key, digest(value))
    },
    *end() {
      // What is left of a deleted account goes at the next housekeeping.
      if (rows.has(keys.gone)) return
      yield* found
      for (const [key, said] of latest) {
        const there = rows.get(key)
        // A backup that was forgotten is in the log for as long as the log goes back.
        if (there === undefined && rows.has(tombOf(key))) continue
        if (there !== said) yield { row: key, what: there === undefined ? 'is missing' : 'is not what the log says' }
      }
      yield* misled()
    },
  }
}

/** What remembers a backup that was forgotten. */
export function tombOf(key: string): string {
  return key.replace(/^backup\//, 'tomb/')
}

function digest(value: unknown): number {
  return crc32(JSON.stringify(value))
}
