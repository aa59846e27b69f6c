import { ImError } from '../../protocol/errors.ts'
import type { MessageView } from '../../protocol/views.ts'
import { endOf } from '../client/time-limit.ts'
import type { Context } from '../context.ts'
import { shownMessage } from '../describe/message.ts'
import { actionOf, hasWhen, whenOf } from '../input/backup-flags.ts'
import { neededText } from '../input/text.ts'
import { ADD_FLAGS } from '../tree/backup.ts'
import { spelled } from '../tree/flags.ts'
import { finishedMessage } from '../waiting/finished.ts'
import { addBackup } from './backup-add.ts'

export async function run(context: Context): Promise<number> {
  const { call, flags, out, words } = context
  const [to = '', word] = words
  if (hasWhen(flags)) {
    if (flags.waitDone) throw new ImError('USAGE', '--wait and a when exclude each other', { hint: 'im wait ID' })
    const text = await neededText(context, word)
    return addBackup(context, {
      to,
      text,
      textIsWord: text === word,
      when: whenOf(flags),
      ...(actionOf({ flags: { ...flags, send: true }, command: [] }) ?? { action: 'send' as const }),
    })
  }
  const later = ADD_FLAGS.find((flag) => flag !== 'key' && flags[flag] !== undefined)
  if (later !== undefined) {
    throw new ImError('USAGE', `${spelled(later)} is for what is sent later: a when is missing`, {
      hint: 'im send WHO TEXT --at T',
    })
  }
  const text = await neededText(context, word)
  const endsAt = flags.waitDone ? endOf(context) : null
  const sent = await call('message.send', { to, text, ...(flags.key !== undefined && { key: flags.key }) })
  const show = (message: MessageView) => out.made(message, shownMessage(context, message))
  if (!flags.waitDone) {
    await show(sent)
    return 0
  }
  const { messageAtLast, shownAtLast } = await import('../waiting/waiting.ts')
  const wait = async () => ({ ...(await messageAtLast(context, sent.id, endsAt)), key: sent.key })
  return finishedMessage(await shownAtLast(sent, wait, show))
}
