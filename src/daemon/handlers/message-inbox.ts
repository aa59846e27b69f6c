import type { Uin } from '../../domain/uin.ts'
import type { RelayParams } from '../../protocol/relay-api.ts'
import { type Core, type Handler, requireAccount, viewContext } from '../core.ts'
import { submit } from '../link/submit.ts'
import { shownRead } from '../mirror/overlay.ts'
import type { MessageRow } from '../mirror/rows.ts'
import { messagesBelow } from '../views/messages.ts'
import { messageView } from '../views/views.ts'

/** Newest messages shown of each conversation; unread ones are shown however many there are. */
const SHOWN = 50

async function incoming(core: Core, friend: Uin, read: number, unread: boolean): Promise<MessageRow[]> {
  const { uin, deviceId } = requireAccount(core)
  const found: MessageRow[] = []
  for (let before: number | null = null; ; ) {
    const page = await messagesBelow(core, friend, before, SHOWN)
    for (const row of page) {
      const { message } = row
      if (message.n <= read && (unread || found.length >= SHOWN)) return found
      if (message.from === friend && (friend !== uin || message.deviceId !== deviceId)) found.push(row)
    }
    const oldest = page.at(-1)
    if (oldest === undefined) return found
    before = oldest.message.n
  }
}

/** Oldest first. `markRead`: what is shown counts as read from here on. */
export const messageInbox: Handler<'message.inbox'> = async (core, { unread, markRead }, session) => {
  requireAccount(core)
  const { state } = core.ledger
  const rows: MessageRow[] = []
  const marks: RelayParams<'mark.put'>['marks'] = []
  for (const [friend, { arrived }] of [...state.marks]) {
    if (arrived === 0) continue
    const read = shownRead(state, friend)
    const found = await incoming(core, friend, read, unread)
    for (const row of found) rows.push(row)
    // What comes from here on is not shown, so it is not read.
    const newest = Math.max(arrived, found[0]?.message.n ?? 0)
    if (newest > read) marks.push({ friend, delivered: newest, read: newest })
  }
  rows.sort((a, b) => a.message.at - b.message.at || a.message.n - b.message.n)
  const views = rows.map((row) => messageView(row, viewContext(core, session)))
  if (markRead && marks.length > 0) {
    await submit(core, (_tx, queue) => {
      for (let at = 0; at < marks.length; at += 200) {
        queue({ method: 'mark.put', params: { marks: marks.slice(at, at + 200) } })
      }
    })
  }
  return views
}
