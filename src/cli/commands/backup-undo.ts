import type { Context } from '../context.ts'
import { shownBackup } from '../describe/backup.ts'

export async function run(context: Context): Promise<number> {
  const { call, out, words } = context
  const [id] = words
  const backup = await call('backup.undo', id === undefined ? {} : { id })
  await out.said(backup, shownBackup(context, backup))
  return 0
}
