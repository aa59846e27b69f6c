import { ImError } from '../../protocol/errors.ts'
import type { OpenHandler } from '../context.ts'
import { stillProved, wrongLogin } from '../login/proof.ts'

/** What it gives is of use to whoever knows the password alone: the keys lie under it. */
export const loginProve: OpenHandler<'login.prove'> = async ({ request }, relay, connection) => {
  const pending = connection.pendingLogin
  connection.pendingLogin = null
  if (pending === null) throw new ImError('USAGE', 'Start the login first.')
  const { uin, kind, record, state } = pending
  const right = await relay.desk.run(connection, () => relay.login.finishLogin(state, request) !== null)
  if (!right || record === null) throw wrongLogin(kind)
  const proved = { uin, kind, record }
  const { bundle, nick } = await relay.accounts.read(uin, (view) => ({
    bundle: stillProved(view, proved).bundle,
    nick: view.setting.nick,
  }))
  connection.proved = proved
  return { bundle, nick }
}
