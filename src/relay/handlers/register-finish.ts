import { ImError } from '../../protocol/errors.ts'
import type { OpenHandler } from '../context.ts'
import { newDevice } from '../new-device.ts'

/** Makes the account, whole, in one transaction. */
export const registerFinish: OpenHandler<'register.finish'> = async (params, relay, connection) => {
  if (connection.offered !== params.uin) throw new ImError('USAGE', 'Ask for a UIN first.')
  if (!relay.login.isRecord(params.passwordRecord) || !relay.login.isRecord(params.recoveryRecord)) {
    throw new ImError('USAGE', 'That is no login record.')
  }
  connection.offered = null
  const { device, token } = newDevice(relay.host, params.deviceName)
  await relay.accounts.one(params.uin, (account) => {
    if (account.exists || account.gone) throw new ImError('USAGE', 'Ask for a UIN first.')
    const { passwordRecord, recoveryRecord, bundle } = params
    account.putLogin({ passwordRecord, recoveryRecord, bundle, createdAt: account.now })
    account.putSetting({ ...account.setting, nick: params.nick })
    account.putDevice(device)
  })
  return { deviceId: device.id, token }
}
