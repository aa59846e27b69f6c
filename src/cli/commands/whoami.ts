import { ImError } from '../../protocol/errors.ts'
import type { Context } from '../context.ts'
import { accountLines } from '../describe/account.ts'

export async function run({ call, out }: Context): Promise<number> {
  const account = await call('account.whoami', {})
  if (account.uin === null) throw new ImError('NOT_LOGGED_IN', undefined, { hint: 'im register, or im login UIN' })
  await out.said(account, { id: account.uin, text: () => accountLines(account) })
  return 0
}
