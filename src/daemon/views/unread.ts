import type { Uin } from '../../domain/uin.ts'
import type { Core } from '../core.ts'
import { shownRead } from '../mirror/overlay.ts'
import { rowsBelow } from './messages.ts'

/** Messages of a friend that have arrived here and were not read. */
export async function unreadFrom(core: Core, friend: Uin): Promise<number> {
  const { state } = core.ledger
  const arrived = state.marks.get(friend)?.arrived ?? 0
  const read = shownRead(state, friend)
  if (arrived <= read) return 0
  const rows = await rowsBelow(core, friend, arrived + 1, arrived - read)
  return rows.filter(({ message }) => message.n > read && message.from === friend).length
}
