import type { Uin } from '../../domain/uin.ts'
import { ImError } from '../../protocol/errors.ts'
import type { Cursor } from '../../protocol/records.ts'
import type { FriendView, MessageView } from '../../protocol/views.ts'
import { type Core, type Handler, type LocalSession, requireKnown, viewContext, whoOf } from '../core.ts'
import { isBehind, parseCursor, placeOf } from '../mirror/place.ts'
import type { MessageRow } from '../mirror/rows.ts'
import { until } from '../until.ts'
import { messagesBelow, myMessageUpTo } from '../views/messages.ts'
import { friendView, messageView } from '../views/views.ts'

const START: Cursor = { epoch: 0, seq: 0 }
const PAGE = 50

export const waitFriend: Handler<'wait.friend'> = async (core, params, session) => {
  const friend = requireKnown(core, whoOf(core, session)(params.who))
  const after = params.after === undefined ? (core.ledger.state.cursor ?? START) : parseCursor(params.after)
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

/**
 * Their first message behind the place. One that no log told here (it came with the state a resync reads) is behind it too
 * if another below it was told at the place or before. Where the log was followed from the place on there is no such one.
 */
async function firstAfter(core: Core, session: LocalSession, friend: Uin, after: Cursor): Promise<MessageView | null> {
  const { cursor } = core.ledger.state
  const isWholeSince = cursor === null || !isBehind({ epoch: cursor.epoch, seq: cursor.floor }, after)
  let told: MessageRow | null = null
  let between: MessageRow | null = null
  const view = (row: MessageRow | null) => (row === null ? null : messageView(row, viewContext(core, session)))
  for (let before: number | null = null; ; ) {
    const page = await messagesBelow(core, friend, before, PAGE)
    for (const row of page) {
      const place = placeOf(row, cursor)
      if (place !== null && !isBehind(place, after)) return view(between)
      if (row.message.from !== friend) continue
      if (place === null && isWholeSince) return view(told)
      between = row
      if (place !== null) told = row
    }
    const oldest = page.at(-1)
    if (oldest === undefined) return view(told)
    before = oldest.message.n
  }
}

/** My newest message to them, once it is read. What waits for the relay is newer than what it has. */
async function allRead(core: Core, session: LocalSession, friend: Uin): Promise<MessageView | null> {
  // First, since it leaves the outbox for the rows.
  const waits = core.ledger.state.outbox
    .about(null)
    .some(({ call, failed }) => failed === null && call.method === 'message.send' && call.params.to === friend)
  if (waits) return null
  const newest = await myMessageUpTo(core, friend, Number.MAX_SAFE_INTEGER - 1)
  if (newest === null) throw new ImError('NO_SUCH_MESSAGE', 'You have sent them nothing yet.')
  const view = messageView(newest, viewContext(core, session))
  return view.read ? view : null
}
