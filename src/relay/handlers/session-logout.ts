import { ImError } from '../../protocol/errors.ts'
import type { DeviceHandler } from '../context.ts'
import { revoke } from '../login/revoke.ts'

/** How long a client has to hang up once it has the answer. */
const HANG_UP_MS = 1_000

/** Ends this device, or all devices of the account. The session is over with the answer. */
export const sessionLogout: DeviceHandler<'session.logout'> = async ({ all }, relay, session) => {
  const active = await relay.accounts.read(session.uin, (view) =>
    view.devices().filter((device) => device.revokedAt === null),
  )
  const ids = all ? active.map((device) => device.id) : [session.deviceId]
  for (const id of ids) await revoke(relay, session.uin, id, session)
  await relay.board.disconnected(session.uin, session.deviceId, true)
  session.ended()
  relay.host.timers.after(HANG_UP_MS, () => session.close(new ImError('TOKEN_REFUSED', 'Logged out.').toData()))
  return {}
}
