import { isStale } from '../client/is-stale.ts'
import type { Context } from '../context.ts'
import { messageColumns } from '../describe/message.ts'

export async function run(context: Context): Promise<number> {
  const { call, flags, out } = context
  // The names beside the messages, not after them: one wait for both.
  const [messages, columns] = await Promise.all([
    call('message.inbox', { unread: flags.unread ?? false, markRead: flags.markRead ?? false }),
    out.reader === 'json' || out.reader === 'ids' ? [] : messageColumns(context),
  ])
  await out.list(messages, {
    id: ({ id }) => id,
    columns: () => columns,
    none: 'nothing in the inbox',
    isStale: () => isStale(context),
  })
  return 0
}
