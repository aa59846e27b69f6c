/** How it is kept where in the log the messages of a conversation lie: in rows, and in memory. */
import type { Uin } from '../../domain/uin.ts'
import type { LogEntry } from '../../protocol/records.ts'

/**
 * So many entries of the log may lie beyond the index; then one row a conversation tells of all that came. It may only
 * grow: a longer log without an index is known by it to be of format 1.
 */
export const INDEX_AFTER = 64

/** Where a message lies: its number in the conversation, and that of its entry in the log. */
export type Place = readonly [n: number, seq: number]

/**
 * The messages of all conversations whose entries lie beyond what is indexed, as they came: numbers and entries in turn,
 * since an object for each message would live just long enough to become old.
 */
export type Tail = Map<Uin, number[]>

/** The places in a row. One that was written with its message holds the number of the entry alone. */
export function placesIn(key: string, value: unknown): readonly Place[] {
  return typeof value === 'number' ? [[numberIn(key), value]] : (value as readonly Place[])
}

/** The number at the end of the key of a row: none in the row is above it, and all of the next row are. */
export function numberIn(key: string): number {
  return Number(key.slice(key.lastIndexOf('/') + 1))
}

export function byNumber([a]: Place, [b]: Place): number {
  return a - b
}

/** Puts the messages among the entries at the end of their conversations. */
export function addMessages(tail: Tail, entries: Iterable<LogEntry>): void {
  for (const entry of entries) {
    if (entry.type !== 'message') continue
    const { friend, n } = entry.message
    const numbers = tail.get(friend)
    if (numbers === undefined) tail.set(friend, [n, entry.seq])
    else numbers.push(n, entry.seq)
  }
}

/** What the tail knows of a conversation, in order. */
export function placesAtEnd(tail: Tail, friend: Uin): Place[] {
  const numbers = tail.get(friend) ?? []
  const places: Place[] = []
  for (let i = 1; i < numbers.length; i += 2) places.push([numbers[i - 1] ?? 0, numbers[i] ?? 0])
  return places.sort(byNumber)
}
