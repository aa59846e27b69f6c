import { isStale } from '../client/is-stale.ts'
import type { Context } from '../context.ts'
import { messageColumns } from '../describe/message.ts'

export async function run(context: Context): Promise<number> {
  const { call, flags, out } = context
  const messages = await call('message.inbox', { unread: flags.unread ?? false, markRead: flags.markRead ?? false })
  await out.list(messages, {
    id: ({ id }) => id,
    columns: () => messageColumns(context),
    none: 'nothing in the inbox',
    isStale: () => isStale(context),
  })
  return 0
}
