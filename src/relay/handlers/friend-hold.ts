import type { DeviceHandler } from '../context.ts'
import { holdSends } from '../firing/key-change.ts'

/** A device knows the friend by other keys than the relay names: nothing goes to them until the owner has said yes. */
export const friendHold: DeviceHandler<'friend.hold'> = async ({ uin }, relay, session) => {
  relay.changes.take(session.uin, 1)
  return { held: await relay.accounts.one(session.uin, (account) => holdSends(account, uin)) }
}
