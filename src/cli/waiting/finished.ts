/** The exit code of what was waited for. The object has been printed by then. */
import { ERRORS, type ErrorCode, ImError } from '../../protocol/errors.ts'
import type { BackupView, MessageView } from '../../protocol/views.ts'

/** 0 once a device of theirs has it. @throws ImError NOT_YET, or what refused it for good. */
export function finishedMessage(message: MessageView): number {
  switch (message.state) {
    case 'delivered':
    case 'read':
      return 0
    case 'queued':
    case 'sent':
      throw new ImError('NOT_YET', 'no device of theirs has it yet', { hint: `im wait ${message.id}` })
    case 'failed':
      throw refused(message.error)
    default:
      return message.state satisfies never
  }
}

/** 0 once it is sent, 7 if it ended otherwise. @throws ImError NOT_YET, or what refused it. */
export function finishedBackup(backup: BackupView): number {
  if (backup.state === 'sent') return 0
  if (backup.state === 'failed') throw refused(backup.error)
  if (backup.state === 'armed' || backup.state === 'held' || backup.state === 'due') {
    throw new ImError('NOT_YET', 'it has not been sent yet', { hint: `im backup show ${backup.id}` })
  }
  throw new ImError('ALREADY_FINISHED', `it ended without being sent: ${backup.state}`)
}

export function finishedItem(item: MessageView | BackupView): number {
  return 'trigger' in item ? finishedBackup(item) : finishedMessage(item)
}

/** A refusal for good is exit 7, whatever code it was refused with. */
function refused(error: { code: string; message: string } | null): ImError {
  const known = error !== null && Object.hasOwn(ERRORS, error.code) ? (error.code as ErrorCode) : null
  const code = known !== null && ERRORS[known].exit === 7 ? known : 'ALREADY_FINISHED'
  return new ImError(code, error?.message ?? 'it was refused')
}
