import { type Handler, requireAccount, viewContext } from '../core.ts'
import { logout } from '../login/account.ts'
import { accountView } from '../views/views.ts'

/** Answers with the account that has left. */
export const accountLogout: Handler<'account.logout'> = async (core, params, session) => {
  requireAccount(core)
  const left = accountView(viewContext(core, session))
  await logout(core, params)
  return { ...left, connected: false }
}
