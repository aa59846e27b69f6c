import { ImError } from '../../protocol/errors.ts'
import type { Context } from '../context.ts'
import { shownBackup } from '../describe/backup.ts'

/** "cancelled" is said, and 0 returned, only for what the relay has confirmed. */
export async function run(context: Context): Promise<number> {
  const { call, out, words } = context
  const backups = await call('backup.cancel', { ids: [...words] })
  for (const backup of backups) await out.said(backup, shownBackup(context, backup))
  const open = backups.filter(({ pending }) => pending === 'cancel')
  if (open.length === 0) return 0
  throw new ImError('NOT_YET', 'asked to cancel; until the relay answers it may still be sent', {
    hint: `im backup show ${open[0]?.id}`,
  })
}
