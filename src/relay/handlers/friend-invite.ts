import type { DeviceHandler } from '../context.ts'
import { putInvite } from '../friends/invites.ts'

/** Somebody with more friends to make has a poster, not an invite. */
const MOST_USES = 20
const MOST_OPEN = 20

/** Keeps an invite of this account. The same hash again answers the same. */
export const friendInvite: DeviceHandler<'friend.invite'> = async ({ hash, uses, lastsMs }, relay, session) => {
  relay.changes.take(session.uin, 1)
  return relay.accounts.one(session.uin, async (account) => {
    const { now } = account
    const made = { hash, uses: Math.min(uses, MOST_USES), used: 0, createdAt: now, expiresAt: now + lastsMs }
    const kept = await putInvite(account, made, MOST_OPEN)
    return { uses: kept.uses, expiresAt: kept.expiresAt, relay: relay.publicAddress() }
  })
}
