import type { DeviceHandler } from '../context.ts'
import { revoke } from '../revoke.ts'

/** Ends this device, or all devices of the account. The session itself ends when the client hangs up. */
export const sessionLogout: DeviceHandler<'session.logout'> = async ({ all }, relay, session) => {
  const ids = all
    ? await relay.accounts.read(session.uin, (view) => view.devices().map((device) => device.id))
    : [session.deviceId]
  for (const id of ids) await revoke(relay, session.uin, id, session)
  await relay.board.disconnected(session.uin, session.deviceId, true)
  return {}
}
