import type { Uin } from '../../domain/uin.ts'
import type { FriendRecord } from '../../protocol/records.ts'
import type { FriendView } from '../../protocol/views.ts'
import { type Core, type LocalSession, RELAY_WAIT_MS, viewContext } from '../core.ts'
import type { RelayPeer } from '../link/relay-peer.ts'
import { keys } from '../mirror/rows.ts'
import { friendView } from '../views/views.ts'

/** A change of a friendship needs the relay: it is made there at once, and the answer taken into the mirror. */
export async function callAboutFriend(
  core: Core,
  session: LocalSession,
  call: (peer: RelayPeer) => Promise<{ friend: FriendRecord }>,
): Promise<FriendView> {
  const { friend } = await call(await core.link.ready(RELAY_WAIT_MS))
  await core.ledger.change((tx) => tx.put(keys.friend(friend.uin), friend))
  core.watch.changed()
  return friendView(friend, viewContext(core, session))
}

/** A friend as it stands now, after a queued change. */
export function friendNow(core: Core, session: LocalSession, uin: Uin, fallback: FriendRecord): FriendView {
  return friendView(core.ledger.state.friends.get(uin) ?? fallback, viewContext(core, session))
}
