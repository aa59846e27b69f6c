import { ImError } from '../../protocol/errors.ts'
import { callRelay } from '../client/relay-admin.ts'
import type { Context } from '../context.ts'
import { askChoice } from '../input/prompt.ts'
import { uinWord } from '../input/uin-word.ts'

/** There is no way back: it is asked for, or said with -y. */
export async function run(context: Context): Promise<number> {
  const uin = uinWord(context, 'im relay user list')
  if (!context.flags.yes) {
    if (!context.canAsk) {
      throw new ImError('INPUT_NEEDED', `deleting ${uin} cannot be undone`, { hint: `im relay user delete ${uin} -y` })
    }
    const sure = await askChoice(context, `Delete ${uin} with all its messages and backups, for good?`, [
      { value: 'no', label: 'no' },
      { value: 'yes', label: 'yes' },
    ])
    if (sure === 'no') throw new ImError('INTERRUPTED', 'nothing was deleted')
  }
  const view = await callRelay(context, 'user.delete', { uin })
  await context.out.said(view, { id: view.uin, text: () => `${view.uin} is gone` })
  return 0
}
