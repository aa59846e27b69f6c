import { randomUin, type Uin } from '../../domain/uin.ts'
import { callerOf } from '../../rpc/client-address.ts'
import type { OpenHandler, RelayParts } from '../context.ts'
import { admission } from '../login/admission.ts'

async function freeUin(relay: RelayParts): Promise<Uin> {
  for (;;) {
    const uin = randomUin(relay.host.random)
    const taken = await relay.accounts.peek(uin, ({ version }) => version > 0)
    if (!taken) return uin
  }
}

/** Offers a UIN; nothing is stored before `register.finish`. */
export const registerStart: OpenHandler<'register.start'> = async (params, relay, connection) => {
  relay.logins.take(callerOf(connection.remoteAddress), 1)
  const invite = await admission(relay, connection, params.invite)
  const uin = await freeUin(relay)
  const { password, recovery } = await relay.desk.run(connection, () => ({
    password: relay.login.answerRegistration({ uin, kind: 'password' }, params.password),
    recovery: relay.login.answerRegistration({ uin, kind: 'recovery' }, params.recovery),
  }))
  connection.offered = uin
  connection.invite = invite
  return { uin, password, recovery }
}
