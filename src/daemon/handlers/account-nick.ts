import { type Handler, RELAY_WAIT_MS, requireAccepted, viewContext } from '../core.ts'
import { keys } from '../mirror/rows.ts'
import { accountView } from '../views/views.ts'

/** Friends see the new name beside the one they know this account by, which stays. */
export const accountNick: Handler<'account.nick'> = async (core, { nick }, session) => {
  requireAccepted(core)
  const peer = await core.link.ready(RELAY_WAIT_MS)
  const { setting } = await peer.call('setting.put', { nick })
  await core.ledger.change((tx) => tx.put(keys.setting, setting))
  core.watch.changed()
  return accountView(viewContext(core, session))
}
