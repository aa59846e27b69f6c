import { isStale } from '../client/is-stale.ts'
import type { Context } from '../context.ts'
import { friendColumns } from '../describe/friend.ts'

export async function run(context: Context): Promise<number> {
  const { call, out } = context
  await out.list(await call('friend.list', {}), {
    id: ({ uin }) => uin,
    columns: () => friendColumns(context),
    none: 'no friends yet; im friend invite, or im friend add UIN',
    isStale: () => isStale(context),
  })
  return 0
}
