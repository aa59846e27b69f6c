import type { Context } from '../context.ts'
import { requestColumns } from '../describe/friend.ts'

export async function run({ call, out }: Context): Promise<number> {
  await out.list(await call('friend.requests', {}), {
    id: ({ uin }) => uin,
    columns: requestColumns,
    none: 'no requests',
  })
  return 0
}
