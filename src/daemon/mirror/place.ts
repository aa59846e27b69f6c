/** Places in the log: `epoch:seq`, as users and scripts pass them on. */
import { ImError } from '../../protocol/errors.ts'
import type { Cursor } from '../../protocol/records.ts'
import type { MessageRow } from './rows.ts'

export function cursorText({ epoch, seq }: Cursor): string {
  return `${epoch}:${seq}`
}

/** The epoch of a relay that was restored is the moment of that, in ms. @throws ImError USAGE */
export function parseCursor(text: string): Cursor {
  const [, epoch, seq] = /^(\d{1,15}):(\d{1,15})$/.exec(text) ?? []
  if (epoch === undefined || seq === undefined) {
    throw new ImError('USAGE', `${text} is no cursor.`, {
      hint: 'im daemon status --fields cursor has the newest, each message and each event its own',
    })
  }
  return { epoch: Number(epoch), seq: Number(seq) }
}

/** Whether one lies behind the other, whatever log that was of: each epoch is greater than those before it. */
export function isBehind(place: Cursor, other: Cursor): boolean {
  return place.epoch === other.epoch ? place.seq > other.seq : place.epoch > other.epoch
}

/** Where a message was first told; null: it came some other way. */
export function placeOf({ seq, epoch }: MessageRow, cursor: Cursor | null): Cursor | null {
  return seq === null || cursor === null ? null : { epoch: epoch ?? cursor.epoch, seq }
}
