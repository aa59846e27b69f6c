import type { WatchEvent } from '../../protocol/views.ts'
import { shortId } from './backup.ts'
import { messageText } from './message.ts'
import { friendName, type Names } from './names.ts'

/** One event as one line: when, what, who, and the text where there is one. Newlines in it are for the reader to see. */
export function eventLine({ at, type, change, message, friend, backup }: WatchEvent, names: Names): string {
  const parts = [at, type, change]
  if (message !== undefined) parts.push(names(type === 'receipt' ? message.to : message.from), messageText(message))
  else if (friend !== undefined) parts.push(friendName(friend), friend.statusText ?? '')
  else if (backup !== undefined) parts.push(`${shortId(backup.id)} to ${names(backup.to)}`, backup.text ?? '')
  return parts
    .map((part) => part.replaceAll('\n', '\\n'))
    .join('\t')
    .trimEnd()
}
