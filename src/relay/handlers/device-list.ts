import { shownDevice } from '../accounts/account-state.ts'
import type { DeviceHandler } from '../context.ts'

export const deviceList: DeviceHandler<'device.list'> = (_params, relay, session) =>
  relay.accounts.read(session.uin, (view) => ({
    devices: view
      .devices()
      .filter((device) => device.revokedAt === null)
      .map((device) => ({
        ...shownDevice(device),
        connected: relay.sessions.device(session.uin, device.id) !== undefined,
        lastSeenAt: device.lastSeenAt,
      })),
  }))
