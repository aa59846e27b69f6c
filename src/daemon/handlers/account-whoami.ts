import { type Handler, viewContext } from '../core.ts'
import { accountView } from '../views/views.ts'

/** All fields null when nobody is logged in. */
export const accountWhoami: Handler<'account.whoami'> = (core, _params, session) =>
  accountView(viewContext(core, session))
