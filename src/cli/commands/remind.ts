import { ImError } from '../../protocol/errors.ts'
import { addBackup, hasWhen, whenOf } from '../add-backup.ts'
import type { Context } from '../context.ts'
import { neededText } from '../text.ts'

export async function run(context: Context): Promise<number> {
  const { flags, words } = context
  if (!hasWhen(flags))
    throw new ImError('USAGE', 'say when: --at T, --in D or --every RULE', { hint: 'im remind TEXT --in 20m' })
  const text = await neededText(context, words[0])
  return addBackup(context, { to: 'me', text, when: whenOf(flags), action: 'remind' })
}
