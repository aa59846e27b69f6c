import { DAY_MS } from '../../domain/instant.ts'
import { hashInvite, makeInviteSecret } from '../../protocol/invite-secret.ts'
import { formatInvite, formatLink } from '../../protocol/link.ts'
import { type Handler, RELAY_WAIT_MS, requireAccount } from '../core.ts'

const LASTS_MS = 7 * DAY_MS

/** The secret stands in the link and nowhere else: the relay is given its hash. */
export const friendInvite: Handler<'friend.invite'> = async (core, { uses, lastsMs = LASTS_MS }) => {
  const account = requireAccount(core)
  const peer = await core.link.ready(RELAY_WAIT_MS)
  const secret = makeInviteSecret(core.host.random)
  const kept = await peer.call('friend.invite', { hash: hashInvite(secret), uses, lastsMs })
  const invite = formatInvite({ from: account.uin, secret })
  return {
    v: 1,
    link: formatLink({ relay: kept.relay ?? account.relay, invite }),
    uses: kept.uses,
    expiresAt: new Date(kept.expiresAt).toISOString(),
  }
}
