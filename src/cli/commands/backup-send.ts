import { ImError } from '../../protocol/errors.ts'
import type { BackupView, MessageView } from '../../protocol/views.ts'
import { endOf } from '../client/time-limit.ts'
import type { Context } from '../context.ts'
import { shownBackup } from '../describe/backup.ts'
import { givenText } from '../input/text.ts'
import { finishedBackup, finishedMessage } from '../waiting/finished.ts'
import { backupConfirmed, messageAtLast, shownAtLast } from '../waiting/waiting.ts'

export async function run(context: Context): Promise<number> {
  const { call, flags, out, words } = context
  const text = await givenText(context, undefined)
  const endsAt = flags.waitDone ? endOf(context) : null
  const asked = await call('backup.send', {
    id: words[0] ?? '',
    ...(text !== null && { text }),
    again: flags.waitDone ?? false,
  })
  const show = (backup: BackupView) => out.said(backup, shownBackup(context, backup))
  if (!flags.waitDone) {
    await show(asked)
    return 0
  }
  const accepted: Sent = { backup: asked, message: null }
  const { backup, message } = await shownAtLast(
    accepted,
    () => sentAtLast(context, asked, endsAt),
    (sent) => show(sent.backup),
  )
  if (message !== null) return finishedMessage(message)
  if (backup.state === 'sent') throw new ImError('NOT_YET', undefined, { hint: `im wait ${backup.sent?.messageId}` })
  return finishedBackup(backup)
}

interface Sent {
  backup: BackupView
  /** Null: it was not sent, or not yet. */
  message: MessageView | null
}

/** The relay first has to have it, then a device of theirs. */
async function sentAtLast(context: Context, asked: BackupView, endsAt: number | null): Promise<Sent> {
  const backup = asked.pending === null ? asked : await backupConfirmed(context, asked.id ?? '', endsAt)
  const { sent, state, pending } = backup
  if (sent === null || state === 'failed' || pending !== null) return { backup, message: null }
  return { backup, message: await messageAtLast(context, sent.messageId, endsAt) }
}
