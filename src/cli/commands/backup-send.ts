import type { Context } from '../context.ts'
import { shownBackup } from '../describe/backup.ts'
import { finishedBackup } from '../finished.ts'
import { givenText } from '../text.ts'

export async function run(context: Context): Promise<number> {
  const { call, flags, out, timeoutMs, words } = context
  const text = await givenText(context, undefined)
  const backup = await call('backup.send', {
    id: words[0] ?? '',
    ...(text !== null && { text }),
    waitMs: flags.waitDone ? timeoutMs : 0,
  })
  await out.said(backup, shownBackup(context, backup))
  return flags.waitDone ? finishedBackup(backup) : 0
}
