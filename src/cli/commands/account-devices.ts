import type { Context } from '../context.ts'
import { instantCell } from '../describe/time.ts'

export async function run(context: Context): Promise<number> {
  const { call, out } = context
  await out.list(await call('account.devices', {}), {
    id: ({ id }) => id,
    columns: () => [
      { head: 'ID', cell: ({ id }) => id },
      { head: 'NAME', cell: ({ name }) => name },
      { head: 'HERE', cell: ({ current }) => (current ? 'this one' : '') },
      { head: 'SEEN', cell: (row) => (row.connected ? 'now' : instantCell(context, row.lastSeenAt)) },
    ],
    none: 'no devices',
  })
  return 0
}
