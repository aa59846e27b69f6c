import { randomUin, type Uin } from '../../domain/uin.ts'
import { keys } from '../account-state.ts'
import type { OpenHandler, RelayParts } from '../context.ts'

async function freeUin(relay: RelayParts): Promise<Uin> {
  for (;;) {
    const uin = randomUin(relay.host.random)
    if ((await relay.accounts.row(uin, keys.login)) === undefined) return uin
  }
}

/** Offers a UIN; nothing is stored before `register.finish`. */
export const registerStart: OpenHandler<'register.start'> = async (params, relay, connection) => {
  relay.logins.take(connection.remoteAddress, 1)
  const uin = await freeUin(relay)
  const password = relay.login.answerRegistration({ uin, kind: 'password' }, params.password)
  const recovery = relay.login.answerRegistration({ uin, kind: 'recovery' }, params.recovery)
  connection.offered = uin
  return { uin, password, recovery }
}
