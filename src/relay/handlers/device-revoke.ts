import type { DeviceHandler } from '../context.ts'
import { revoke } from '../login/revoke.ts'

export const deviceRevoke: DeviceHandler<'device.revoke'> = async ({ id }, relay, session) => ({
  device: await revoke(relay, session.uin, id, null),
})
