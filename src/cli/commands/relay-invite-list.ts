import { callRelay } from '../client/relay-admin.ts'
import type { Context } from '../context.ts'
import { instantCell } from '../describe/time.ts'

export async function run(context: Context): Promise<number> {
  await context.out.list(await callRelay(context, 'invite.list', {}), {
    id: ({ id }) => id,
    columns: () => [
      { head: 'ID', cell: ({ id }) => id },
      { head: 'USED', cell: ({ used, uses }) => `${used} of ${uses}` },
      { head: 'MADE', cell: (row) => instantCell(context, row.createdAt) },
      { head: 'UNTIL', cell: (row) => instantCell(context, row.expiresAt) },
    ],
    none: 'no invites; im relay invite create',
  })
  return 0
}
