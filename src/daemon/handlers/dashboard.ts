import { type Core, type Handler, requireAccount, viewContext } from '../core.ts'
import { shownBackups } from '../mirror/overlay.ts'
import { backupView, nextInstant } from '../views/backup-view.ts'
import { unreadFrom } from '../views/unread.ts'
import { accountView, friendView } from '../views/views.ts'

const NEXT_SHOWN = 3

/** From memory and disk alone: never waits for the relay. */
export const dashboard: Handler<'dashboard'> = async (core, _params, session) => {
  requireAccount(core)
  const context = viewContext(core, session)
  const { state } = core.ledger
  const friends = [...state.friends.values()]
  const shown = shownBackups(state)
  const ahead = shown
    .filter(({ record }) => record.state === 'armed')
    .map((one) => ({ one, at: nextInstant(one.record.plan, context.now) ?? Number.POSITIVE_INFINITY }))
    .sort((a, b) => a.at - b.at)
  const views = friends.map((friend) => friendView(friend, context))
  return {
    v: 1,
    me: accountView(context),
    due: shown.filter(({ record }) => record.state === 'due').map((one) => backupView(one, context)),
    requests: views.filter((view) => view.state === 'incoming'),
    online: views.filter((view) => view.presence !== null && view.presence !== 'offline'),
    unread: await unread(core),
    next: ahead.slice(0, NEXT_SHOWN).map(({ one }) => backupView(one, context)),
    friends: friends.filter(({ state }) => state === 'friend').length,
    stale: !core.presence.live,
  }
}

async function unread(core: Core): Promise<number> {
  let count = 0
  for (const friend of core.ledger.state.marks.keys()) count += await unreadFrom(core, friend)
  return count
}
