import { checkedQuiet } from '../check-plan.ts'
import type { DeviceHandler } from '../context.ts'

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
  return { setting }
}
