import type { Uin } from '../../domain/uin.ts'
import { ImError } from '../../protocol/errors.ts'
import type { FriendView, MessageView } from '../../protocol/views.ts'
import { type Core, type Handler, type LocalSession, requireKnown, viewContext, whoOf } from '../core.ts'
import { until } from '../until.ts'
import { messagesBelow, myMessageUpTo } from '../views/messages.ts'
import { friendView, messageView } from '../views/views.ts'
import { parseCursor } from './watch-start.ts'

export const waitFriend: Handler<'wait.friend'> = async (core, params, session) => {
  const friend = requireKnown(core, whoOf(core, session)(params.who))
  const after = params.after === undefined ? (core.ledger.state.cursor?.seq ?? 0) : parseCursor(params.after).seq
  const found = await until<FriendView | MessageView>(core, session, params.waitMs, () => {
    switch (params.for) {
      case 'online': {
        const fact = core.presence.fact(friend.uin)
        return fact !== 'unknown' && fact.status === 'online' ? friendView(friend, viewContext(core, session)) : null
      }
      case 'message':
        return firstAfter(core, session, friend.uin, after)
      case 'read':
        return allRead(core, session, friend.uin)
      default:
        return params.for satisfies never
    }
  })
  if (found === null) throw new ImError('TIMEOUT')
  return found
}

async function firstAfter(core: Core, session: LocalSession, friend: Uin, after: number): Promise<MessageView | null> {
  let first: MessageView | null = null
  for (let before: number | null = null; ; ) {
    const page = await messagesBelow(core, friend, before, 50)
    for (const row of page) {
      if (row.seq === null || row.seq <= after) return first
      if (row.message.from === friend) first = messageView(row, viewContext(core, session))
    }
    const oldest = page.at(-1)
    if (oldest === undefined) return first
    before = oldest.message.n
  }
}

/** My newest message to them, once it is read. */
async function allRead(core: Core, session: LocalSession, friend: Uin): Promise<MessageView | null> {
  const newest = await myMessageUpTo(core, friend, Number.MAX_SAFE_INTEGER - 1)
  if (newest === null) throw new ImError('NO_SUCH_MESSAGE', 'You have sent them nothing yet.')
  const view = messageView(newest, viewContext(core, session))
  return view.read ? view : null
}
