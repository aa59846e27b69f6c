import { ImError } from '../../protocol/errors.ts'
import { callerOf } from '../../rpc/client-address.ts'
import type { Connection, RelayParts } from '../context.ts'
import { type InviteUse, inviteUse, OPERATOR, requireOpen } from '../friends/invites.ts'

/**
 * Whether this relay makes an account for whoever shows `invite`, looked at before any work is done; the use is counted
 * when the account is made. Throws INPUT_NEEDED where one is needed, LIMIT where it cannot be used.
 */
export async function admission(
  relay: RelayParts,
  { remoteAddress }: Connection,
  invite: string | null,
): Promise<InviteUse | null> {
  if (invite === null) {
    if (relay.inviteOnly) throw inviteNeeded('This relay makes accounts for those who are invited only.')
    return null
  }
  relay.invites.take(callerOf(remoteAddress), 1)
  const use = inviteUse(invite)
  await relay.accounts.read(use.giver, (giver) => requireOpen(giver, use.hash))
  if (relay.inviteOnly && use.giver !== OPERATOR && !relay.config.friendsInvite) {
    throw inviteNeeded("This relay takes its operator's invites only.")
  }
  return use
}

function inviteNeeded(sentence: string): ImError {
  return new ImError('INPUT_NEEDED', sentence, { hint: 'ask whoever runs it for a link, then: im register LINK' })
}
