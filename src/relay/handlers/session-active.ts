import type { DeviceHandler } from '../context.ts'

export const sessionActive: DeviceHandler<'session.active'> = async (_params, relay, session) => {
  await relay.board.active(session.uin, session.deviceId)
  return {}
}
