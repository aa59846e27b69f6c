import type { Context } from '../context.ts'
import { backupLines } from '../describe/backup-lines.ts'
import { namesOf } from '../describe/names.ts'

export async function run(context: Context): Promise<number> {
  const { call, out, io, words } = context
  // The names beside it, not after it: one wait for both.
  const [backup, names] = await Promise.all([
    call('backup.show', { id: words[0] ?? '' }),
    out.reader === 'json' || out.reader === 'ids' ? String : namesOf(context),
  ])
  await out.said(backup, { id: backup.id, text: () => backupLines(backup, names, io.clock.now()) })
  return 0
}
