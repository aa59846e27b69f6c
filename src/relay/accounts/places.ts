/** How it is kept where in the log the messages of a conversation lie: in rows, and in memory. */
import type { Uin } from '../../domain/uin.ts'
import type { LogEntry } from '../../protocol/records.ts'

/** Where a message lies: its number in the conversation, and that of its entry in the log. */
export type Place = readonly [n: number, seq: number]

/** The messages of all conversations whose entries lie beyond what is indexed, as they came. */
export type Tail = Map<Uin, Place[]>

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
    const places = tail.get(friend)
    if (places === undefined) tail.set(friend, [[n, entry.seq]])
    else places.push([n, entry.seq])
  }
}
