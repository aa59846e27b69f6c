import type { BackupPlan } from '../../domain/backup.ts'
import { namedBy } from '../../domain/conditions.ts'
import { counted } from '../../domain/counted.ts'
import { isLive } from '../../domain/life.ts'
import type { Uin } from '../../domain/uin.ts'
import type { FriendRecord } from '../../protocol/records.ts'
import type { FriendView } from '../../protocol/views.ts'
import { type Core, type LocalSession, RELAY_WAIT_MS, viewContext } from '../core.ts'
import type { RelayPeer } from '../link/relay-peer.ts'
import { shownBackups } from '../mirror/overlay.ts'
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

/** The same where the friendship ends: with how many backups that concerns, since none of them is told by itself. */
export async function endFriendship(
  core: Core,
  session: LocalSession,
  uin: Uin,
  call: (peer: RelayPeer) => Promise<{ friend: FriendRecord }>,
): Promise<FriendView> {
  const view = await callAboutFriend(core, session, call)
  const concerned = shownBackups(core.ledger.state).filter(
    ({ record }) => isLive(record.state) && needs(record.plan, uin),
  )
  if (concerned.length === 0) return view
  const message = `${counted(concerned.length, 'backup needs', 'backups need')} them: what waits for them is held, what is to be sent to them fails when it comes due; im backup list`
  return { ...view, warnings: [{ code: 'BACKUPS_NEED_THEM', message }] }
}

function needs({ to, action, trigger }: BackupPlan, friend: Uin): boolean {
  return (action.kind === 'send' && to === friend) || trigger.conditions.some((one) => namedBy(one) === friend)
}

/** A friend as it stands now, after a queued change. */
export function friendNow(core: Core, session: LocalSession, uin: Uin, fallback: FriendRecord): FriendView {
  return friendView(core.ledger.state.friends.get(uin) ?? fallback, viewContext(core, session))
}
