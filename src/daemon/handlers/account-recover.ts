import { type Handler, viewContext } from '../core.ts'
import { recover } from '../login/account.ts'
import { accountView } from '../views/views.ts'
import { settledIn } from './account-register.ts'

export const accountRecover: Handler<'account.recover'> = async (core, params, session) => {
  await recover(core, params)
  await settledIn(core)
  return accountView(viewContext(core, session))
}
