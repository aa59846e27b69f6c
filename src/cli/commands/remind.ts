import { ImError } from '../../protocol/errors.ts'
import type { Context } from '../context.ts'
import { hasWhen, whenOf } from '../input/backup-flags.ts'
import { neededText } from '../input/text.ts'
import { addBackup } from './backup-add.ts'

export async function run(context: Context): Promise<number> {
  const { flags, words } = context
  if (!hasWhen(flags))
    throw new ImError('USAGE', 'say when: --at T, --in D or --every RULE', { hint: 'im remind TEXT --in 20m' })
  const text = await neededText(context, words[0])
  return addBackup(context, { to: 'me', text, textIsWord: text === words[0], when: whenOf(flags), action: 'remind' })
}
