import { isLive } from '../../domain/life.ts'
import type { ChatPersonView } from '../../protocol/views.ts'
import { type Handler, type LocalSession, requireAccount, viewContext } from '../core.ts'
import { draftedFor } from '../drafts.ts'
import { shownBackups } from '../mirror/overlay.ts'
import { unreadFrom } from '../views/unread.ts'
import { accountView, friendView } from '../views/views.ts'
import type { WatchBus } from '../views/watch.ts'

/** From memory and disk alone: never waits for the relay. */
export const chatPeople: Handler<'chat.people'> = async (core, _params, session) => {
  requireAccount(core)
  tellNextChange(core.watch, session)
  const { state } = core.ledger
  const context = viewContext(core, session)
  const live = shownBackups(state).filter(({ record }) => isLive(record.state))
  const drafted = await draftedFor(core)
  const people: ChatPersonView[] = []
  for (const friend of state.friends.values()) {
    if (friend.state !== 'friend') continue
    const theirs = live.filter(({ record }) => record.plan.to === friend.uin)
    people.push({
      friend: friendView(friend, context),
      unread: await unreadFrom(core, friend.uin),
      backups: theirs.length,
      due: theirs.filter(({ record }) => record.state === 'due').length,
      draft: drafted.has(friend.uin),
    })
  }
  const waiting = [...state.outbox.values()].filter(({ failed }) => failed === null).length
  return { v: 1, me: accountView(context), people, waiting, stale: !core.presence.live }
}

/** Once, so that a window that is slow to ask again is not told a thousand times. */
function tellNextChange(watch: WatchBus, session: LocalSession): void {
  const stop = watch.onChange(() => {
    forget()
    session.tell('chat.changed', {})
  })
  const forget = (): void => {
    stop()
    session.signal.removeEventListener('abort', forget)
  }
  session.signal.addEventListener('abort', forget, { once: true })
}
