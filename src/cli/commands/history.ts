import { isStale } from '../client/is-stale.ts'
import type { Context } from '../context.ts'
import { messageColumns } from '../describe/message.ts'

const DEFAULT_LIMIT = 50

export async function run(context: Context): Promise<number> {
  const { call, flags, out, words } = context
  const messages = await call('message.history', {
    who: words[0] ?? '',
    ...(flags.since !== undefined && { since: flags.since }),
    limit: flags.limit ?? DEFAULT_LIMIT,
    ...(flags.grep !== undefined && { grep: flags.grep }),
  })
  await out.list(messages, {
    id: ({ id }) => id,
    columns: () => messageColumns(context),
    none: 'no messages',
    isStale: () => isStale(context),
  })
  return 0
}
