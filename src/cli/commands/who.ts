import { isStale } from '../client/is-stale.ts'
import type { Context } from '../context.ts'
import { friendColumns } from '../describe/friend.ts'

export async function run(context: Context): Promise<number> {
  const { call, out } = context
  await out.list(await call('presence.who', {}), {
    id: ({ uin }) => uin,
    columns: () => friendColumns(context),
    none: 'no friend is there; im friend list has them all',
    isStale: () => isStale(context),
  })
  return 0
}
