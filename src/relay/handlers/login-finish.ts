import { ImError } from '../../protocol/errors.ts'
import type { OpenHandler } from '../context.ts'
import { newDevice } from '../login/new-device.ts'
import { requireProof, stillProved } from '../login/proof.ts'

/** Whoever has proved the password gets a device with a token of its own. */
export const loginFinish: OpenHandler<'login.finish'> = async ({ deviceName }, relay, connection) => {
  const proved = requireProof(connection)
  const { device, token } = newDevice(relay.host, deviceName)
  return relay.accounts.one(proved.uin, (account) => {
    stillProved(account, proved)
    const active = account.devices().filter((known) => known.revokedAt === null)
    if (active.length >= relay.config.limits.devices) {
      throw new ImError('LIMIT', `This account has ${active.length} devices, the most there may be.`, {
        hint: 'im account revoke DEVICE, on another terminal',
      })
    }
    account.putDevice(device)
    return { deviceId: device.id, token }
  })
}
