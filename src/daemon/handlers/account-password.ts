import { type Handler, requireAccount, viewContext } from '../core.ts'
import { exchange, proveOwner, replaceSecret } from '../login/proof.ts'
import { accountView } from '../views/views.ts'

/** Every device goes on with its token; only the next login asks for the new one. */
export const accountPassword: Handler<'account.password'> = async (core, { password, next }, session) => {
  const { uin, relay } = requireAccount(core)
  const who = { uin, kind: 'password' as const }
  await exchange(core, relay, async (given) => {
    const proved = await proveOwner(given, uin, password)
    await replaceSecret(given, who, proved, next, core.host.random)
  })
  return accountView(viewContext(core, session))
}
