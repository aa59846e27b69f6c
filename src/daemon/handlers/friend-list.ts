import { type Handler, knownOf, requireAccount, viewContext } from '../core.ts'
import { friendView, nameOf } from '../views/views.ts'

export const friendList: Handler<'friend.list'> = (core, _params, session) => {
  requireAccount(core)
  const { state } = core.ledger
  const named = [...state.friends.values()]
    .filter((friend) => friend.state !== 'removed')
    .map((friend) => ({ friend, name: nameOf(knownOf(core), friend.uin).toLowerCase() }))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  return named.map(({ friend }) => friendView(friend, viewContext(core, session)))
}
