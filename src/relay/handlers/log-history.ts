import { JsonText } from '../../rpc/message.ts'
import { keys, within } from '../accounts/account-state.ts'
import { pageOf } from '../connections/session.ts'
import type { DeviceHandler } from '../context.ts'

/** Messages of a conversation before number `before`, newest first, as many as fit in a page; numbers may be missing. */
export const logHistory: DeviceHandler<'log.history'> = ({ friend, before, limit }, relay, session) =>
  relay.accounts.read(session.uin, async (view, reader) => {
    const { gte, lt } = within(`message/${friend}`)
    const below = before === null ? lt : keys.message(friend, before)
    const rows = await reader.range({ gte, lt: below, reverse: true, limit })
    const messages: { json: string }[] = []
    for (const [, seq] of rows) {
      const entry = await view.log.entry(seq as number)
      if (entry?.type === 'message') messages.push({ json: JSON.stringify(entry.message) })
    }
    const page = pageOf(messages).map(({ json }) => json)
    return new JsonText(`{"messages":[${page.join()}]}`)
  })
