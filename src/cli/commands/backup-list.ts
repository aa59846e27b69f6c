import type { BackupView } from '../../protocol/views.ts'
import { isStale } from '../client/is-stale.ts'
import type { Context } from '../context.ts'
import { backupColumns } from '../describe/backup.ts'
import { someOf } from '../input/one-of.ts'
import { pagesOf } from '../output/pages.ts'

const STATES = ['armed', 'held', 'due', 'sent', 'dismissed', 'cancelled', 'missed', 'expired', 'failed'] as const

export async function run(context: Context): Promise<number> {
  const { call, flags, out } = context
  const filter = {
    ...(flags.to !== undefined && { to: flags.to }),
    ...(flags.state !== undefined && { states: someOf('--state', flags.state, STATES) }),
    due: flags.due ?? false,
    all: flags.all ?? false,
  }
  const backups: BackupView[] = []
  for await (const page of pagesOf((after) => call('backup.page', { ...filter, after }))) {
    backups.push(...page.rows)
  }
  await out.list(backups, {
    isStale: () => isStale(context),
    id: ({ id }) => id,
    columns: () => backupColumns(context),
    none: 'no backups wait; im backup add WHO',
  })
  return 0
}
