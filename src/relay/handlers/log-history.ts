import type { DeviceHandler } from '../context.ts'
import { pageOf } from '../session.ts'

/** Messages of a conversation before number `before`, newest first, as many as fit in a page. */
export const logHistory: DeviceHandler<'log.history'> = ({ friend, before, limit }, relay, session) =>
  relay.accounts.read(session.uin, async (view) => {
    const messages = await view.messagesBelow(friend, before ?? (await view.count(friend)) + 1, limit)
    return { messages: pageOf(messages) }
  })
