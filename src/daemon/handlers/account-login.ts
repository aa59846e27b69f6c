import { type Handler, viewContext } from '../core.ts'
import { login } from '../login/account.ts'
import { accountView } from '../views/views.ts'
import { settledIn } from './account-register.ts'

export const accountLogin: Handler<'account.login'> = async (core, params, session) => {
  await login(core, params)
  await settledIn(core)
  return accountView(viewContext(core, session))
}
