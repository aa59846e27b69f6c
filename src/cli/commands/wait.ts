import { ImError } from '../../protocol/errors.ts'
import type { BackupView, FriendView, MessageView } from '../../protocol/views.ts'
import type { Context } from '../context.ts'
import { shownBackup } from '../describe/backup.ts'
import { presenceWords } from '../describe/friend.ts'
import { messageText, shownMessage } from '../describe/message.ts'
import { finishedItem } from '../waiting/finished.ts'
import { waiting } from '../waiting/waiting.ts'

export async function run(context: Context): Promise<number> {
  const { call, flags, words } = context
  const [word = ''] = words
  const asked = (['online', 'message', 'read'] as const).filter((kind) => flags[kind])
  const [kind, other] = asked
  if (other !== undefined) throw new ImError('USAGE', `--${kind} and --${other} exclude each other`)
  if (flags.after !== undefined && kind !== 'message') throw new ImError('USAGE', '--after goes with --message')
  if (kind === undefined) {
    const item = waiting(context, ({ waitMs }) => call('wait.item', { id: word, waitMs }))
    return waitedFor(context, await item.catch((error: unknown) => Promise.reject(forFriend(error, word))))
  }
  const result = await waiting(context, ({ waitMs, since }) => {
    const after = kind === 'message' && since !== null ? { after: since } : {}
    return call('wait.friend', { who: word, for: kind, ...after, waitMs })
  })
  await ('presence' in result ? sayFriend(context, result) : sayMessage(context, result))
  return 0
}

/** A name where an id is due: it is said how to wait for a friend. */
function forFriend(error: unknown, word: string): unknown {
  if (!(error instanceof ImError && error.code === 'NO_SUCH_MESSAGE')) return error
  return new ImError(error.code, error.message, { hint: `for a friend: im wait ${word} --online, --message or --read` })
}

/** A backup or message: 0 when it got through, 7 when it ended otherwise, 8 when it still waits. */
async function waitedFor(context: Context, item: MessageView | BackupView): Promise<number> {
  if ('trigger' in item) await context.out.said(item, shownBackup(context, item))
  else await context.out.said(item, shownMessage(context, item))
  return finishedItem(item)
}

async function sayFriend({ io, out }: Context, friend: FriendView): Promise<void> {
  await out.said(friend, { id: friend.uin, text: () => presenceWords(friend, io.clock.now()) })
}

/** A message of theirs is its text; one of mine that was read is a sentence. */
async function sayMessage(context: Context, message: MessageView): Promise<void> {
  const shown = context.flags.message
    ? { id: message.id, text: () => messageText(message) }
    : shownMessage(context, message)
  await context.out.said(message, shown)
}
