import { NEVER_SEEN } from '../../domain/presence.ts'
import { ImError } from '../../protocol/errors.ts'
import { nextVeil } from '../accounts/veil.ts'
import type { DeviceHandler } from '../context.ts'
import { checkedQuiet } from '../firing/check-plan.ts'
import { checkPrivateSeal } from '../firing/check-seal.ts'
import { checkPrivateSize } from '../firing/content-size.ts'

/** What the owner keeps about a friend: popups, hiding, quiet hours, and the private part. */
export const friendSet: DeviceHandler<'friend.set'> = async ({ uin, ...change }, relay, session) => {
  relay.changes.take(session.uin, 1)
  if (change.private) {
    checkPrivateSize(change.private, relay.config.limits)
    checkPrivateSeal(change.private, uin)
  }
  const friend = await relay.accounts.one(session.uin, (account) => {
    const before = account.friend(uin)
    if (before === undefined) throw new ImError('NO_SUCH_FRIEND', undefined, { hint: 'im friend list' })
    const next = {
      ...before,
      notify: change.notify ?? before.notify,
      hide: change.hide ?? before.hide,
      quiet: change.quiet === undefined ? before.quiet : checkedQuiet(change.quiet),
      private: change.private === undefined ? before.private : change.private,
    }
    if (JSON.stringify(next) !== JSON.stringify(before)) account.putFriend(next)
    if (next.quiet !== before.quiet) account.lookSoon()
    if (next.hide !== before.hide) {
      account.putVeil(uin, nextVeil(account.presence ?? NEVER_SEEN, account.veils[uin], next.hide, account.now))
    }
    return next
  })
  if (change.hide !== undefined) await relay.board.friendChanged(session.uin, uin)
  return { friend }
}
