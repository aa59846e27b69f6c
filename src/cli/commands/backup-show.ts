import type { Context } from '../context.ts'
import { backupLines } from '../describe/backup-lines.ts'
import { namesOf } from '../describe/names.ts'

export async function run(context: Context): Promise<number> {
  const { call, out, io, words } = context
  const backup = await call('backup.show', { id: words[0] ?? '' })
  await out.said(backup, {
    id: backup.id,
    text: async () => backupLines(backup, await namesOf(context), io.clock.now()),
  })
  return 0
}
