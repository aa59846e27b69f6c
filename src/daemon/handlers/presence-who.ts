import { type Handler, requireAccount, viewContext } from '../core.ts'
import { friendView } from '../views/views.ts'

export const presenceWho: Handler<'presence.who'> = (core, _params, session) => {
  requireAccount(core)
  const views = [...core.ledger.state.friends.values()].map((friend) => friendView(friend, viewContext(core, session)))
  return views.filter(({ presence }) => presence !== null && presence !== 'offline')
}
