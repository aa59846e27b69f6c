import type { DeviceHandler } from '../context.ts'

export const settingPut: DeviceHandler<'setting.put'> = async (change, relay, session) => {
  relay.changes.take(session.uin, 1)
  const setting = await relay.accounts.one(session.uin, (account) => {
    const before = account.setting
    const next = {
      nick: change.nick === undefined ? before.nick : change.nick,
      status: change.status ?? before.status,
      statusText: change.statusText === undefined ? before.statusText : change.statusText,
    }
    const same = next.nick === before.nick && next.status === before.status && next.statusText === before.statusText
    if (!same) account.putSetting(next)
    return next
  })
  await relay.board.settingChanged(session.uin, setting)
  return { setting }
}
