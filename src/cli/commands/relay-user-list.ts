import type { UserView } from '../../protocol/admin-api.ts'
import { withRelay } from '../client/relay-admin.ts'
import type { Context } from '../context.ts'
import { instantCell } from '../describe/time.ts'

export async function run(context: Context): Promise<number> {
  const users = await withRelay(context, async (call) => {
    const all: UserView[] = []
    let after: string | null = null
    do {
      const page: { users: UserView[]; next: string | null } = await call('user.list', { after })
      all.push(...page.users)
      after = page.next
    } while (after !== null)
    return all
  })
  await context.out.list(users, {
    id: ({ uin }) => uin,
    columns: () => [
      { head: 'UIN', cell: ({ uin }) => uin },
      { head: 'SINCE', cell: (row) => instantCell(context, row.createdAt) },
      { head: 'DEVICES', cell: ({ devices }) => String(devices) },
      { head: 'SEEN', cell: (row) => (row.connected ? 'now' : instantCell(context, row.lastSeenAt)) },
      { head: 'BACKUPS', cell: ({ backups }) => String(backups) },
      { head: 'STATE', cell: ({ disabled }) => (disabled ? 'disabled' : '') },
    ],
    none: 'no accounts yet',
  })
  return 0
}
