import { toRfc3339 } from '../../domain/instant.ts'
import type { Uin } from '../../domain/uin.ts'
import type { WatchEvent } from '../../protocol/views.ts'
import { type Core, type LocalSession, viewContext } from '../core.ts'
import { shownBackup } from '../mirror/overlay.ts'
import { cursorText } from '../mirror/place.ts'
import type { LogRow, MessageRow } from '../mirror/rows.ts'
import { backupView } from './backup-view.ts'
import { messageAt, myMessageUpTo } from './messages.ts'
import { friendView, messageView } from './views.ts'
import type { Happening } from './watch.ts'

/** What a watcher wants to hear. */
export interface EventFilter {
  types: ReadonlySet<WatchEvent['type']> | null
  from: Uin | null
}

async function messageOf(core: Core, { type, ref }: LogRow): Promise<MessageRow | null> {
  if (!('friend' in ref)) return null
  if (type === 'receipt') return myMessageUpTo(core, ref.friend, ref.n)
  return messageAt(core, ref.friend, ref.n)
}

/** The person an entry is about. */
function personOf(core: Core, { ref }: LogRow): Uin | null {
  if ('friend' in ref) return ref.friend
  return core.ledger.state.backups.get(ref.backup)?.record.plan.to ?? null
}

/** An entry of the log as an event, with its object as it stands now. Null: not wanted, or gone. */
export async function eventOf(
  core: Core,
  session: LocalSession,
  row: LogRow & { seq: number },
  filter: EventFilter,
): Promise<WatchEvent | null> {
  if (filter.types !== null && !filter.types.has(row.type)) return null
  if (filter.from !== null && personOf(core, row) !== filter.from) return null
  const { state } = core.ledger
  const context = viewContext(core, session)
  const cursor = cursorText({ epoch: state.cursor?.epoch ?? 0, seq: row.seq })
  const event: WatchEvent = { v: 1, type: row.type, at: toRfc3339(row.at), cursor, change: row.change }
  if (row.type === 'message' || row.type === 'receipt') {
    const message = await messageOf(core, row)
    return message === null ? null : { ...event, message: messageView(message, context) }
  }
  if ('backup' in row.ref) {
    const shown = shownBackup(state, row.ref.backup)
    return shown === null ? null : { ...event, backup: backupView(shown, context) }
  }
  const friend = state.friends.get(row.ref.friend)
  return friend === undefined ? null : { ...event, friend: friendView(friend, context) }
}

/** Something that happens now, as an event. */
export async function happeningEvent(
  core: Core,
  session: LocalSession,
  happening: Happening,
  filter: EventFilter,
): Promise<WatchEvent | null> {
  if (happening.kind === 'told') return eventOf(core, session, happening.told, filter)
  const { at } = happening
  if (happening.kind === 'countdown') {
    const shown = shownBackup(core.ledger.state, happening.id)
    if (shown === null || (filter.types !== null && !filter.types.has('backup'))) return null
    if (filter.from !== null && shown.record.plan.to !== filter.from) return null
    const backup = backupView(shown, viewContext(core, session))
    return { v: 1, type: 'backup', at: toRfc3339(at), cursor: null, change: 'countdown', backup }
  }
  const { change } = happening
  if (filter.types !== null && !filter.types.has('presence')) return null
  if (filter.from !== null && change.uin !== filter.from) return null
  const friend = core.ledger.state.friends.get(change.uin)
  if (friend === undefined) return null
  const view = friendView(friend, viewContext(core, session))
  return { v: 1, type: 'presence', at: toRfc3339(at), cursor: null, change: change.after.status, friend: view }
}
