import { ImError } from '../../protocol/errors.ts'
import { isDeviceToken, parseDeviceToken } from '../../sealing/device-token.ts'
import type { OpenHandler } from '../context.ts'
import { Session } from '../session.ts'

/** Proves the device; from here on this connection is its session. */
export const sessionOpen: OpenHandler<'session.open'> = async ({ uin, token, person }, relay, connection) => {
  if (connection.session !== null) throw new ImError('USAGE', 'This connection has a session already.')
  const parsed = parseDeviceToken(token)
  if (parsed === null) throw new ImError('TOKEN_REFUSED')
  const { accounts, sessions, board } = relay
  const opened = await accounts.read(uin, (view) => {
    const device = view.device(parsed.deviceId)
    if (device === undefined || device.revokedAt !== null || !isDeviceToken(parsed.token, device.tokenHash)) {
      throw new ImError('TOKEN_REFUSED', 'The relay no longer accepts this device.', { hint: `im login ${uin}` })
    }
    const friends = view.friends().filter((friend) => friend.state === 'friend')
    return { epoch: view.epoch, head: view.head, setting: view.setting, friends: friends.map((f) => f.uin) }
  })
  const session = new Session(connection.peer, accounts, uin, parsed.deviceId)
  connection.session = session
  sessions.add(session)?.close(new ImError('TOKEN_REFUSED', 'This device has connected again elsewhere.').toData())
  await board.connected(uin, session.deviceId, person)
  session.tell('presence.snapshot', await board.snapshot(uin, opened.friends))
  const { epoch, head, setting } = opened
  return { uin, deviceId: session.deviceId, epoch, head, setting }
}
