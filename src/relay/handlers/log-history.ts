import type { DeviceHandler } from '../context.ts'
import { pageOf } from '../session.ts'

/** Messages of a conversation before number `before`, newest first, as many as fit in a page. */
export const logHistory: DeviceHandler<'log.history'> = ({ friend, before, limit }, relay, session) =>
  relay.accounts.read(session.uin, async (view) => {
    const end = Math.min(before ?? Number.POSITIVE_INFINITY, (await view.count(friend)) + 1)
    const messages = await view.messagesFrom(friend, Math.max(0, end - 1 - limit), limit)
    return { messages: pageOf(messages.filter((message) => message.n < end).reverse()) }
  })
