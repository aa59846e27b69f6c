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
  const none = 'no backups wait; im backup add WHO'
  if (out.reader === 'ids') {
    const { ids, stale } = await call('backup.ids', filter)
    const rows = ids.map((id) => ({ v: 1 as const, id, stale }))
    await out.list(rows, { isStale: async () => stale, id: ({ id }) => id, columns: () => [], none })
    return 0
  }
  const rows = async (): Promise<BackupView[]> => {
    const backups: BackupView[] = []
    for await (const page of pagesOf((after) => call('backup.page', { ...filter, after }))) {
      backups.push(...page.rows)
    }
    return backups
  }
  // The names beside the rows, not after them: one wait for both.
  const [backups, columns] = await Promise.all([rows(), out.reader === 'json' ? [] : backupColumns(context)])
  await out.list(backups, { isStale: () => isStale(context), id: ({ id }) => id, columns: () => columns, none })
  return 0
}
