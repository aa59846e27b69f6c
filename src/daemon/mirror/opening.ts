import type { PublicKeys } from '../../protocol/records.ts'
import { keyChanged, trustedKeys } from './friend-keys.ts'
import { keys, type MessageRow, type Opening } from './rows.ts'
import type { Texts } from './texts.ts'
import type { Tx } from './tx.ts'

/** Not tried yet, or it waited for keys that the owner has said yes to since. */
function isOpen(tx: Tx, { message, opening }: MessageRow, texts: Texts): boolean {
  if (opening === null) return false
  if (!('refused' in opening) || opening.refused !== 'KEY_CHANGED') return true
  const friend = tx.friend(message.friend)
  return friend === undefined || keyChanged({ state: tx.state, texts }, friend)
}

/** The keys a message may be signed with: those its sender is known by, and those the relay names now. */
function keysFor(tx: Tx, { message }: MessageRow, texts: Texts): [PublicKeys | null, PublicKeys | null] {
  const friend = tx.friend(message.friend)
  if (friend === undefined) return [null, null]
  return [trustedKeys({ state: tx.state, texts }, friend), friend.keys]
}

/**
 * A text was written for one message, unless it says that it repeats: of several that carry it the one with the lowest
 * number counts, however they come.
 */
async function unlessReplayed(tx: Tx, row: MessageRow): Promise<Opening> {
  const { friend, from, n, content } = row.message
  const opening = row.opening ?? { refused: 'BAD_SEAL' }
  if (content.kind !== 'sealed' || content.repeats) return opening
  const at = keys.origin(friend, from, content.origin)
  const first = await tx.get<number>(at)
  if (first === n) return opening
  const other = first === undefined ? undefined : await tx.get<MessageRow>(keys.message(friend, first))
  const stands = other?.message.content.kind === 'sealed' && other.message.content.origin === content.origin
  if (first !== undefined && stands && first < n) return { refused: 'REPLAYED' }
  if (first !== undefined && stands) tx.put(keys.message(friend, first), { ...other, opening: { refused: 'REPLAYED' } })
  tx.put(at, n)
  return opening
}

/** Opens a message that is not open yet, as part of a change; the row as it then stands. */
export async function openRow(tx: Tx, row: MessageRow, texts: Texts): Promise<MessageRow> {
  if (isOpen(tx, row, texts)) return row
  const opening = await texts.open(row.message, ...keysFor(tx, row, texts))
  if (opening === null) return row
  const tried = { ...row, opening }
  const opened = 'refused' in opening ? tried : { ...tried, opening: await unlessReplayed(tx, tried) }
  tx.put(keys.message(row.message.friend, row.message.n), opened)
  return opened
}
