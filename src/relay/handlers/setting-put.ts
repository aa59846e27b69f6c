import type { Uin } from '../../domain/uin.ts'
import type { DeviceHandler, RelayParts } from '../context.ts'
import { checkedQuiet } from '../firing/check-plan.ts'

export const settingPut: DeviceHandler<'setting.put'> = async (change, relay, session) => {
  relay.changes.take(session.uin, 1)
  const setting = await relay.accounts.one(session.uin, (account) => {
    const before = account.setting
    const next = {
      nick: change.nick === undefined ? before.nick : change.nick,
      status: change.status ?? before.status,
      statusText: change.statusText === undefined ? before.statusText : change.statusText,
      quiet: change.quiet === undefined ? before.quiet : checkedQuiet(change.quiet),
    }
    if (JSON.stringify(next) === JSON.stringify(before)) return before
    account.putSetting(next)
    if (next.quiet !== before.quiet) account.lookSoon()
    return next
  })
  await relay.board.settingChanged(session.uin, setting)
  if (change.nick !== undefined) await tellNick(relay, session.uin, setting.nick)
  return { setting }
}

/** Friends see the later nick; the name they know the account by stays. One who has it is not written again. */
async function tellNick(relay: RelayParts, uin: Uin, nick: string | null): Promise<void> {
  const friends = await relay.accounts.read(uin, (view) => view.friends().filter(({ state }) => state === 'friend'))
  if (friends.length > 0) relay.changes.take(uin, friends.length)
  for (const friend of friends) {
    await relay.accounts.one(friend.uin, (account) => {
      const known = account.friend(uin)
      if (known?.state === 'friend' && known.nick !== nick) account.putFriend({ ...known, nick })
    })
  }
}
