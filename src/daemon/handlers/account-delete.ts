import { uinDigits } from '../../domain/uin.ts'
import { ImError } from '../../protocol/errors.ts'
import { type Handler, requireAccount, viewContext } from '../core.ts'
import { forget } from '../login/account.ts'
import { deleteProved, exchange, proveOwner } from '../login/proof.ts'
import { accountView } from '../views/views.ts'

/** First the relay, which takes no word for it but the password; then what lies here. Answers with what is gone. */
export const accountDelete: Handler<'account.delete'> = async (core, { confirm, password }, session) => {
  const account = requireAccount(core)
  const { uin, relay } = account
  if (uinDigits(confirm) !== uin) {
    throw new ImError('USAGE', `You are ${uin}, not ${confirm}; nothing was deleted.`, {
      hint: `im account delete --confirm ${uin}`,
    })
  }
  const left = accountView(viewContext(core, session))
  await exchange(core, relay, async (given) => {
    await proveOwner(given, uin, password)
    await deleteProved(given)
  })
  await forget(core, account)
  return { ...left, connected: false }
}
