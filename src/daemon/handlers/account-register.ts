import { type Handler, viewContext } from '../core.ts'
import { register } from '../login/account.ts'
import { accountView } from '../views/views.ts'

export const accountRegister: Handler<'account.register'> = async (core, params, session) => {
  const recoveryCode = await register(core, params)
  await settledIn(core)
  return accountView(viewContext(core, session), recoveryCode)
}

/** The new session opens within a moment; the answer shows it. */
export async function settledIn({ link, follower, host }: Parameters<typeof accountRegister>[0]): Promise<void> {
  try {
    await link.ready(5_000)
    await follower.idle()
  } catch {
    host.log.warn('no session yet after login')
  }
}
