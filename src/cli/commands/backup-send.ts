import type { Context } from '../context.ts'
import { shownBackup } from '../describe/backup.ts'
import { givenText } from '../input/text.ts'
import { finishedBackup, finishedItem } from '../waiting/finished.ts'

export async function run(context: Context): Promise<number> {
  const { call, flags, out, timeoutMs, words } = context
  const text = await givenText(context, undefined)
  const backup = await call('backup.send', {
    id: words[0] ?? '',
    ...(text !== null && { text }),
    waitMs: flags.waitDone ? timeoutMs : 0,
  })
  await out.said(backup, shownBackup(context, backup))
  if (!flags.waitDone) return 0
  if (backup.sent === null) return finishedBackup(backup)
  return finishedItem(await call('wait.item', { id: backup.sent.messageId, waitMs: 0 }))
}
