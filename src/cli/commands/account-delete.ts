import { ImError } from '../../protocol/errors.ts'
import type { Context } from '../context.ts'
import { passwordOf } from '../input/password.ts'

/** The number has to be typed out: there is no way back, and -y is quickly said. */
export async function run(context: Context): Promise<number> {
  const { call, flags, out } = context
  const { confirm } = flags
  if (confirm === undefined) {
    throw new ImError('USAGE', 'deleting an account for good wants its number', {
      hint: 'im account delete --confirm UIN; before that, perhaps: im account export -o FILE',
    })
  }
  const password = await passwordOf(context, 'known')
  const account = await call('account.delete', { confirm, password })
  await out.said(account, { id: account.uin, text: () => `${account.uin} is deleted, on the relay and here` })
  return 0
}
