import { ImError } from '../../protocol/errors.ts'
import type { AccountView } from '../../protocol/views.ts'
import type { Context } from '../context.ts'

/** Whoever is logged in here. @throws ImError NOT_LOGGED_IN. */
export async function myAccount({ call }: Pick<Context, 'call'>): Promise<AccountView> {
  const account = await call('account.whoami', {})
  if (account.uin === null) throw new ImError('NOT_LOGGED_IN', undefined, { hint: 'im register, or im login UIN' })
  return account
}
