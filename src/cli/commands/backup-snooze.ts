import type { Context } from '../context.ts'
import { shownBackup } from '../describe/backup.ts'

export async function run(context: Context): Promise<number> {
  const { call, flags, out, words } = context
  const [id = '', until = ''] = words
  const backup = await call('backup.snooze', { id, until, ...(flags.tz !== undefined && { tz: flags.tz }) })
  await out.said(backup, shownBackup(context, backup))
  return 0
}
