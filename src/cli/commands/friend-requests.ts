import { isStale } from '../client/is-stale.ts'
import type { Context } from '../context.ts'
import { requestColumns } from '../describe/friend.ts'

export async function run(context: Context): Promise<number> {
  const { call, out } = context
  await out.list(await call('friend.requests', {}), {
    id: ({ uin }) => uin,
    columns: requestColumns,
    none: 'no requests',
    isStale: () => isStale(context),
  })
  return 0
}
