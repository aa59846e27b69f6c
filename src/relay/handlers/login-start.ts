import { keys, type StoredLogin } from '../account-state.ts'
import type { OpenHandler } from '../context.ts'

/** Answers known and unknown UINs alike, in size and in work. */
export const loginStart: OpenHandler<'login.start'> = async ({ uin, with: kind, request }, relay, connection) => {
  relay.logins.take(connection.remoteAddress, 1)
  relay.logins.take(`uin ${uin}`, 1)
  const login = (await relay.accounts.row(uin, keys.login)) as StoredLogin | undefined
  const record = kind === 'password' ? login?.passwordRecord : login?.recoveryRecord
  const { state, response } = relay.login.startLogin({ uin, kind }, record ?? null, request)
  connection.pendingLogin = { uin, kind, state }
  return { response }
}
