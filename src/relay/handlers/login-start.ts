import { callerOf } from '../../rpc/client-address.ts'
import { keys, type StoredLogin } from '../accounts/account-state.ts'
import type { OpenHandler } from '../context.ts'
import { recordOf } from '../login/proof.ts'

/** Answers known and unknown UINs alike, in size and in work. Budgets come first: they cost next to nothing. */
export const loginStart: OpenHandler<'login.start'> = async ({ uin, with: kind, request }, relay, connection) => {
  relay.logins.take(callerOf(connection.remoteAddress), 1)
  relay.logins.take(`uin ${uin}`, 1)
  const login = (await relay.accounts.row(uin, keys.login)) as StoredLogin | undefined
  const record = login === undefined ? null : recordOf(login, kind)
  const { state, response } = await relay.desk.run(connection, () =>
    relay.login.startLogin({ uin, kind }, record, request),
  )
  connection.pendingLogin = { uin, kind, record, state }
  connection.proved = null
  return { response }
}
