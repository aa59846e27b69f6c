import { JsonText } from '../../rpc/message.ts'
import { pageOf } from '../connections/session.ts'
import type { DeviceHandler } from '../context.ts'

/** Messages of a conversation before number `before`, newest first, as many as fit in a page; numbers may be missing. */
export const logHistory: DeviceHandler<'log.history'> = ({ friend, before, limit }, relay, session) =>
  relay.accounts.read(session.uin, async (view) => {
    const messages = await view.log.messagesBefore(friend, before, limit)
    const page = pageOf(messages.map((message) => ({ json: JSON.stringify(message) }))).map(({ json }) => json)
    return new JsonText(`{"messages":[${page.join()}]}`)
  })
