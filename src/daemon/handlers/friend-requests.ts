import { type Handler, requireAccount, viewContext } from '../core.ts'
import { friendView } from '../views/views.ts'

/** Those who ask me, and those I have asked. */
export const friendRequests: Handler<'friend.requests'> = (core, _params, session) => {
  requireAccount(core)
  const asked = [...core.ledger.state.friends.values()].filter(
    ({ state }) => state === 'incoming' || state === 'outgoing',
  )
  return asked.sort((a, b) => a.since - b.since).map((friend) => friendView(friend, viewContext(core, session)))
}
