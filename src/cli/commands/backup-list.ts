import type { Context } from '../context.ts'
import { backupColumns } from '../describe/backup.ts'
import { someOf } from '../one-of.ts'

const STATES = ['armed', 'held', 'due', 'sent', 'dismissed', 'cancelled', 'missed', 'expired', 'failed'] as const

export async function run(context: Context): Promise<number> {
  const { call, flags, out } = context
  const backups = await call('backup.list', {
    ...(flags.to !== undefined && { to: flags.to }),
    ...(flags.state !== undefined && { states: someOf('--state', flags.state, STATES) }),
    due: flags.due ?? false,
    all: flags.all ?? false,
  })
  await out.list(backups, {
    id: ({ id }) => id,
    columns: () => backupColumns(context),
    none: 'no backups wait; im backup add WHO',
  })
  return 0
}
