import { type Handler, requireAccount, viewContext } from '../core.ts'
import { exchange, proveOwner, replaceSecret } from '../login/proof.ts'
import { accountView } from '../views/views.ts'

/** The new code is in the answer and kept nowhere; the old one is worth nothing from then on. */
export const accountRecovery: Handler<'account.recovery'> = async (core, { password }, session) => {
  const { uin, relay } = requireAccount(core)
  const { formatRecoveryCode, makeRecoveryCode } = await import('../../sealing/recovery-code.ts')
  const code = makeRecoveryCode(core.host.random)
  await exchange(core, relay, async (given) => {
    const proved = await proveOwner(given, uin, password)
    await replaceSecret(given, { uin, kind: 'recovery' }, proved, code, core.host.random)
  })
  return accountView(viewContext(core, session), formatRecoveryCode(code))
}
