import type { Uin } from '../../domain/uin.ts'
import { ImError } from '../../protocol/errors.ts'
import type { OpenHandler } from '../context.ts'
import { newDevice } from '../new-device.ts'

/** A proved password makes a device with a token of its own. */
export const loginFinish: OpenHandler<'login.finish'> = async ({ request, deviceName }, relay, connection) => {
  const pending = connection.pendingLogin
  connection.pendingLogin = null
  if (pending === null) throw new ImError('USAGE', 'Start the login first.')
  const uin = pending.uin as Uin
  if (relay.login.finishLogin(pending.state, request) === null) {
    throw new ImError('WRONG_LOGIN', 'UIN or password is wrong.')
  }
  const { device, token } = newDevice(relay.host, deviceName)
  return relay.accounts.one(uin, (account) => {
    const login = account.login
    if (login === null) throw new ImError('WRONG_LOGIN', 'UIN or password is wrong.')
    const active = account.devices().filter((known) => known.revokedAt === null)
    if (active.length >= relay.config.limits.devices) {
      throw new ImError('LIMIT', `This account has ${active.length} devices, the most there may be.`, {
        hint: 'im account revoke DEVICE, on another terminal',
      })
    }
    account.putDevice(device)
    return { deviceId: device.id, token, bundle: login.bundle, nick: account.setting.nick }
  })
}
