import { ImError } from '../../protocol/errors.ts'
import { isLink, parseInvite, parseLink } from '../../protocol/link.ts'
import { type Handler, requireAccount, viewContext, whoOf } from '../core.ts'
import { friendView } from '../views/views.ts'
import { callAboutFriend } from './friend-call.ts'

/** A friend's invite. Which relay the link names does not matter: on another one the invite is not known. */
function inviteIn(link: string): string {
  const { invite } = parseLink(link)
  if (invite === null || parseInvite(invite).from === null) {
    throw new ImError('USAGE', 'That link leads to a relay, not to a friend.', { hint: 'im register LINK' })
  }
  return invite
}

/** Asks somebody; one who has asked already is accepted by it. A friend already: as it is. */
export const friendAdd: Handler<'friend.add'> = async (core, { who, note }, session) => {
  const account = requireAccount(core)
  if (isLink(who)) {
    const invite = inviteIn(who)
    return callAboutFriend(core, session, (peer) => peer.call('friend.join', { invite }))
  }
  const uin = whoOf(core, session)(who)
  if (uin === account.uin) throw new ImError('USAGE', 'You are always there for yourself: im send me TEXT.')
  const known = core.ledger.state.friends.get(uin)
  if (known?.state === 'blocked') throw new ImError('BLOCKED_BY_ME', undefined, { hint: `im friend unblock ${uin}` })
  if (known?.state === 'friend') return friendView(known, viewContext(core, session))
  return callAboutFriend(core, session, (peer) => peer.call('friend.request', { uin, note: note ?? null }))
}
